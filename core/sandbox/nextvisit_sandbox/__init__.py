"""A clinic that does not exist: its FHIR server, its mail and text carriers and its patients.

For the demo and the tests. Production code never imports it; it meets the appliance on the wire only.
"""
