"""Records as a MIS would send them, with plain defaults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Consent,
    ContactPoint,
    HumanName,
    Identifier,
    MisRef,
    Patient,
    Purpose,
)

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOURCE = "his"


def later(days: int) -> datetime:
    """DAY and some days."""
    return DAY + timedelta(days=days)


def a_patient(number: int = 1, **fields: Any) -> Patient:
    """Patient `number`, with a mobile, a landline, an address and an identifier."""
    plain: dict[str, Any] = {
        "ref": MisRef(f"Patient/{number}"),
        "version": "1",
        "updated_at": DAY,
        "identifiers": (Identifier("urn:mrn", f"MRN 00{number}"),),
        "name": HumanName(family="Nowak", given=("Anna", "Maria")),
        "birth_date": "1980-02-29",
        "sex": "female",
        "languages": ("pl",),
        "contact_points": (
            ContactPoint("phone", f"601 {100_000 + number}", rank=1),
            ContactPoint("phone", "22 555 12 12", rank=2),
            ContactPoint("email", f"Anna.Nowak{number}@Example.org"),
        ),
    }
    return Patient(**(plain | fields))


def an_appointment(number: int = 1, patient: int = 1, **fields: Any) -> Appointment:
    """Appointment `number` of patient number `patient`."""
    plain: dict[str, Any] = {
        "ref": MisRef(f"Appointment/{number}"),
        "version": "1",
        "updated_at": DAY,
        "patient": MisRef(f"Patient/{patient}"),
        "status": AppointmentStatus.BOOKED,
        "start": later(7),
        "end": later(7) + timedelta(minutes=20),
    }
    return Appointment(**(plain | fields))


def a_consent(number: int = 1, patient: int = 1, **fields: Any) -> Consent:
    """A permit for recalls on every channel."""
    plain: dict[str, Any] = {
        "ref": MisRef(f"Consent/{number}"),
        "version": "1",
        "updated_at": DAY,
        "patient": MisRef(f"Patient/{patient}"),
        "decision": "permit",
        "purposes": (Purpose.RECALL,),
        "given_at": later(-30),
    }
    return Consent(**(plain | fields))
