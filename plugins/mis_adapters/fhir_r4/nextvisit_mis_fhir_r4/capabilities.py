"""What this adapter can do, and what is left of it where `resources` leaves types out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nextvisit.sdk.capabilities import MisCapabilities, RecordKind, SlotsBy
from nextvisit_mis_fhir_r4.settings import FhirR4Settings, SyncedType

CAPABILITIES: Final = MisCapabilities(
    reads=frozenset(RecordKind) - {RecordKind.PAYMENT, RecordKind.PHONE_CALL, RecordKind.SLOT_FREED},
    lists=True,
    finds_slots_by=frozenset(SlotsBy),
    books=True,
    cancels=True,
    reschedules=True,
    paced=True,
)
_READ_FROM: Final[dict[SyncedType, RecordKind]] = {
    "Patient": RecordKind.PATIENT,
    "RelatedPerson": RecordKind.RELATED_PERSON,
    "Consent": RecordKind.CONSENT,
    "Appointment": RecordKind.APPOINTMENT,
    "Encounter": RecordKind.APPOINTMENT,
    "Practitioner": RecordKind.PRACTITIONER,
    "PractitionerRole": RecordKind.PRACTITIONER,
    "Location": RecordKind.LOCATION,
    "HealthcareService": RecordKind.SERVICE,
    "Coverage": RecordKind.COVERAGE,
    "Condition": RecordKind.CONDITION,
    "Procedure": RecordKind.PROCEDURE,
    "DiagnosticReport": RecordKind.RESULT_READY,
    "Observation": RecordKind.RESULT_READY,
}


def capabilities(settings: FhirR4Settings) -> MisCapabilities:
    """Where appointments are not read, nobody would learn what became of one that was booked."""
    books = "Appointment" in settings.resources
    reads = frozenset(_READ_FROM[kind] for kind in settings.resources)
    return replace(CAPABILITIES, reads=reads, books=books, cancels=books, reschedules=books)
