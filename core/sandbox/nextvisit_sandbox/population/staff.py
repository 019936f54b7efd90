"""The clinic itself: its building, services, doctors and their schedules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nextvisit_sandbox.population.names import Gender, a_name
from nextvisit_sandbox.population.specialties import Specialty
from nextvisit_sandbox.population.systems import ZONE
from nextvisit_sandbox.resource import Resource, reference

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Doctor:
    """One practitioner with one schedule."""

    specialty: Specialty
    practitioner: Resource
    schedule: Resource


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works there, and where."""

    location: Resource
    services: tuple[Resource, ...]
    doctors: tuple[Doctor, ...]

    def of(self, specialty: Specialty) -> list[Doctor]:
        """The doctors of a specialty."""
        return [doctor for doctor in self.doctors if doctor.specialty is specialty]

    def resources(self) -> list[Resource]:
        """Everything as FHIR."""
        doctors = [each for d in self.doctors for each in (d.practitioner, d.schedule)]
        return [self.location, *self.services, *doctors]


def the_staff(rng: Random) -> Staff:
    """Klinika Pod Lipą in Warsaw."""
    location: Resource = {
        "resourceType": "Location",
        "id": "location-pod-lipa",
        "status": "active",
        "name": "Klinika Pod Lipą",
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": ZONE},
        ],
        "telecom": [{"system": "phone", "value": "+48 22 620 00 00"}],
        "address": {"line": ["ul. Lipowa 1"], "city": "Warszawa", "postalCode": "00-316", "country": "PL"},
    }
    services = tuple(_service(specialty, location) for specialty in Specialty)
    doctors = tuple(
        _doctor(rng, specialty, number, location)
        for specialty in Specialty
        for number in range(1, specialty.value.doctors + 1)
    )
    return Staff(location, services, doctors)


def _slug(specialty: Specialty) -> str:
    return specialty.name.lower().replace("_", "-")


def _service(specialty: Specialty, location: Resource) -> Resource:
    return {
        "resourceType": "HealthcareService",
        "id": f"service-{_slug(specialty)}",
        "active": True,
        "name": specialty.value.display,
        "specialty": [specialty.value.concept()],
        "location": [reference(location)],
    }


def _doctor(rng: Random, specialty: Specialty, number: int, location: Resource) -> Doctor:
    gender: Gender = "female" if rng.random() < 0.5 else "male"
    name = a_name(rng, "pl", gender)
    practitioner: Resource = {
        "resourceType": "Practitioner",
        "id": f"practitioner-{_slug(specialty)}-{number}",
        "active": True,
        "name": [{"family": name.family, "given": list(name.given), "prefix": ["lek."]}],
        "gender": gender,
        "qualification": [{"code": specialty.value.concept()}],
    }
    schedule: Resource = {
        "resourceType": "Schedule",
        "id": f"schedule-{_slug(specialty)}-{number}",
        "active": True,
        "specialty": [specialty.value.concept()],
        "actor": [reference(practitioner), reference(location)],
    }
    return Doctor(specialty, practitioner, schedule)
