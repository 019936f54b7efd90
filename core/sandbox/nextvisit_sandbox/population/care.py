"""How some patients are insured, what they have, what was done, and which results are ready."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.population.systems import SNOMED
from nextvisit_sandbox.resource import Resource, coding, reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from nextvisit_sandbox.population.people import Person
    from nextvisit_sandbox.population.staff import Doctor, Staff

_TERMS: Final = "http://terminology.hl7.org/CodeSystem"
_ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
_PAYERS: Final = (
    coding(f"{_TERMS}/v3-ActCode", "PUBLICPOL"),
    coding(f"{_TERMS}/v3-ActCode", "EHCPOL"),
    coding(f"{_TERMS}/coverage-selfpay", "pay"),
)
_DIAGNOSES: Final = (("I10", "active"), ("I50.1", "active"), ("E11.9", "active"), ("J45.0", "resolved"))
_DONE: Final = (("40701008", "completed"), ("29303009", "completed"), ("73761001", "stopped"))
_REPORTS: Final = ("final", "final", "amended", "preliminary")


def roles(staff: Staff) -> list[Resource]:
    """In which each doctor works in the clinic."""
    return [_role(doctor, staff) for doctor in staff.doctors]


def _role(doctor: Doctor, staff: Staff) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "id": str(doctor.practitioner["id"]).replace("practitioner", "role", 1),
        "active": True,
        "practitioner": reference(doctor.practitioner),
        "specialty": doctor.schedule["specialty"],
        "location": [reference(staff.location)],
    }


def care(seed: int, people: Sequence[Person], *, today: date, zone: ZoneInfo) -> Iterator[Resource]:
    """Of about one patient in four each. Drawn by themselves, so that nothing else changes."""
    rng = Random(f"care {seed}")
    number = 0
    for person in people:
        for make in (_coverage, _condition, _procedure, _report):
            if rng.random() < 0.25:
                number += 1
                day = today - timedelta(days=rng.randrange(1, 900))
                made = make(rng, day, zone)
                yield {**made, "id": f"{made['resourceType'].lower()}-{number:06d}", **_whose(made, person)}


def _whose(made: Resource, person: Person) -> Resource:
    element = "beneficiary" if made["resourceType"] == "Coverage" else "subject"
    return {element: reference(person.resource)}


def _coverage(rng: Random, day: date, zone: ZoneInfo) -> Resource:
    del zone
    plan = {"coding": [coding(f"{_TERMS}/coverage-class", "plan")]}
    return {
        "resourceType": "Coverage",
        "status": "active" if rng.random() < 0.9 else "cancelled",
        "type": {"coding": [rng.choice(_PAYERS)]},
        "class": [{"type": plan, "value": rng.choice(("BASIC", "GOLD"))}],
        "period": {"start": day.isoformat(), "end": (day + timedelta(days=365)).isoformat()},
    }


def _condition(rng: Random, day: date, zone: ZoneInfo) -> Resource:
    del zone
    code, status = rng.choice(_DIAGNOSES)
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [coding(f"{_TERMS}/condition-clinical", status)]},
        "verificationStatus": {"coding": [coding(f"{_TERMS}/condition-ver-status", "confirmed")]},
        "code": {"coding": [coding(_ICD10, code)]},
        "recordedDate": day.isoformat(),
    }


def _procedure(rng: Random, day: date, zone: ZoneInfo) -> Resource:
    del zone
    code, status = rng.choice(_DONE)
    return {
        "resourceType": "Procedure",
        "status": status,
        "code": {"coding": [coding(SNOMED, code)]},
        "performedDateTime": day.isoformat(),
    }


def _report(rng: Random, day: date, zone: ZoneInfo) -> Resource:
    """As a laboratory writes it; what was found is in it, and none of ours."""
    return {
        "resourceType": "DiagnosticReport",
        "status": rng.choice(_REPORTS),
        "code": {"coding": [coding("http://loinc.org", "58410-2")]},
        "issued": datetime.combine(day, time(14), zone).isoformat(),
        "conclusion": "w normie",
    }
