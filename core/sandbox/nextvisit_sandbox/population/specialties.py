"""What the clinic treats; codes from SNOMED CT's practice settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nextvisit_sandbox.population.systems import SNOMED
from nextvisit_sandbox.resource import Resource, coding


@dataclass(frozen=True, slots=True)
class Practice:
    """One specialty and how many doctors the clinic has for it."""

    code: str
    display: str
    doctors: int

    def concept(self) -> Resource:
        """As a CodeableConcept."""
        return {"coding": [coding(SNOMED, self.code, self.display)]}


class Specialty(Enum):
    """The clinic's specialties."""

    CARDIOLOGY = Practice("394579002", "Cardiology", 6)
    DERMATOLOGY = Practice("394582007", "Dermatology", 2)
    GYNAECOLOGY = Practice("394586005", "Gynaecology", 3)
    DENTISTRY = Practice("394812008", "Dental medicine", 3)
    OPHTHALMOLOGY = Practice("394594003", "Ophthalmology", 2)
    ORTHOPAEDICS = Practice("394801008", "Trauma and orthopaedics", 2)
    GENERAL_PRACTICE = Practice("394814009", "General practice", 4)
