"""The FHIR R4 adapter."""
