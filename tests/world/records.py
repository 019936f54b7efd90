"""Records as a MIS would send them, with plain defaults."""

from __future__ import annotations

from datetime import datetime, timedelta
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
    Slot,
    Specialty,
)
from tests.world.clock import NOW, later

CANARY = "Kanarek"
"""The family name of every patient; where it must not be seen, tests look for it."""
PHONE = "+48601100001"
"""The mobile of patient 1, as the store writes it."""
EMAIL = "anna.kanarek1@example.org"
"""The address of patient 1, as the store writes it."""


def a_patient(number: int = 1, **fields: Any) -> Patient:
    """Patient `number`, with a mobile, a landline, an address and an identifier that nobody else has."""
    plain: dict[str, Any] = {
        "ref": MisRef(f"Patient/{number}"),
        "version": "1",
        "updated_at": NOW,
        "identifiers": (Identifier("urn:mrn", f"MRN 00{number}"),),
        "name": HumanName(family=CANARY, given=("Anna", "Maria")),
        "birth_date": "1980-02-29",
        "sex": "female",
        "languages": ("pl",),
        "contact_points": (
            ContactPoint("phone", f"601 {100_000 + number}", rank=1),
            ContactPoint("phone", f"22 555 {1000 + number}", rank=2),
            ContactPoint("email", f"Anna.Kanarek{number}@Example.org"),
        ),
    }
    return Patient(**(plain | fields))


def a_visit(number: int = 1, patient: int = 1, **fields: Any) -> Appointment:
    """Appointment `number` of patient number `patient`: cardiology in a week."""
    plain: dict[str, Any] = {
        "ref": MisRef(f"Appointment/{number}"),
        "version": "1",
        "updated_at": NOW,
        "patient": MisRef(f"Patient/{patient}"),
        "status": AppointmentStatus.BOOKED,
        "start": later(7),
        "end": later(7) + timedelta(minutes=20),
        "specialty": Specialty("cardiology"),
    }
    return Appointment(**(plain | fields))


def a_consent(number: int = 1, patient: int = 1, **fields: Any) -> Consent:
    """A permit for recalls on every channel."""
    plain: dict[str, Any] = {
        "ref": MisRef(f"Consent/{number}"),
        "version": "1",
        "updated_at": NOW,
        "patient": MisRef(f"Patient/{patient}"),
        "decision": "permit",
        "purposes": (Purpose.RECALL,),
        "given_at": later(-30),
    }
    return Consent(**(plain | fields))


def a_slot(name: str = "1", start: datetime | None = None, **fields: Any) -> Slot:
    """A free half hour of cardiology, tomorrow unless it says when."""
    begins = start or later(1)
    plain: dict[str, Any] = {
        "ref": MisRef(f"Slot/{name}"),
        "version": "1",
        "start": begins,
        "end": begins + timedelta(minutes=30),
        "specialty": Specialty("cardiology"),
    }
    return Slot(**(plain | fields))


def free_slots(start: datetime, number: int) -> list[Slot]:
    """A slot a day at the same time, from the day after `start`."""
    return [a_slot(str(day), start + timedelta(days=day)) for day in range(1, number + 1)]
