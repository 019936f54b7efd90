"""A clinic that does not exist: its FHIR server, its mail and text carriers and its patients.

For the demo and the tests, which start it as a process: it meets the appliance on the wire only. May import
`clock`; nobody but tests may import it.
"""
