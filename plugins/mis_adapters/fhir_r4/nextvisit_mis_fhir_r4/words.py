"""What the settings say about codes, references and clocks, for everything that reads resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from nextvisit.sdk.records import ServiceType, Specialty
from nextvisit_mis_fhir_r4.address import Address
from nextvisit_mis_fhir_r4.primitives import codings

if TYPE_CHECKING:
    from nextvisit_mis_fhir_r4.settings import FhirR4Settings


@dataclass(frozen=True, slots=True)
class Words:
    """zone: of clocks that name none."""

    base: Address
    zone: ZoneInfo | None
    booking_system: str
    purpose_system: str
    channel_system: str
    specialties: Mapping[str, Specialty]
    default_specialty: Specialty | None
    services: Mapping[str, ServiceType]

    @classmethod
    def of(cls, settings: FhirR4Settings) -> Words:
        """Those of a connection."""
        return cls(
            base=settings.address,
            zone=settings.clock_zone,
            booking_system=settings.booking_system,
            purpose_system=settings.purpose_system,
            channel_system=settings.channel_system,
            specialties=settings.specialties,
            default_specialty=settings.default_specialty,
            services=settings.services,
        )

    def specialty(self, *concepts: Any) -> Specialty | None:
        """The specialty of the first coding that we know."""
        for system, code in codings(*(concept for concept in concepts if concept is not None)):
            known = self.specialties.get(f"{system}|{code}")
            if known is not None:
                return known
        return self.default_specialty

    def specialties_of(self, *concepts: Any) -> tuple[Specialty, ...]:
        """Those of all codings that we know, each once."""
        said = codings(*(concept for concept in concepts if concept is not None))
        known = (self.specialties.get(f"{system}|{code}") for system, code in said)
        return tuple(dict.fromkeys(each for each in known if each is not None))

    def service_type(self, concepts: Any) -> ServiceType | None:
        """What the first coding that we know is of our services."""
        said = codings(*([] if concepts is None else [concepts]))
        return next(filter(None, (self.services.get(f"{system}|{code}") for system, code in said)), None)
