"""Names of the code and identifier systems that the sandbox clinic uses."""

from __future__ import annotations

from typing import Final

SNOMED: Final = "http://snomed.info/sct"
MRN: Final = "https://sandbox-clinic.example/mrn"
APPOINTMENT: Final = "https://sandbox-clinic.example/appointment"
CONTACT_PURPOSE: Final = "https://sandbox-clinic.example/contact-purpose"
CONTACT_CHANNEL: Final = "https://sandbox-clinic.example/contact-channel"
# The Polish personal number's registered object identifier.
PESEL: Final = "urn:oid:2.16.840.1.113883.3.4424.1.1.616"
ZONE: Final = "Europe/Warsaw"
