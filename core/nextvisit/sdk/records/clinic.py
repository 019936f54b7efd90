"""The clinic: who works there, where, and what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nextvisit.sdk.records.names import Address, HumanName, MisRef, ServiceType, Specialty


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Somebody who treats patients, or one of the roles in which they do.

    role_of: of a role, whose it is; the name is theirs then.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    name: HumanName | None = None
    specialties: tuple[Specialty, ...] = ()
    locations: tuple[MisRef, ...] = ()
    role_of: MisRef | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    """A place where patients are seen: a site, a building, a room. part_of: what it is a part of."""

    ref: MisRef
    version: str
    updated_at: datetime | None
    name: str = ""
    address: Address | None = None
    part_of: MisRef | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """An entry of the MIS's catalogue of what a clinic offers; FHIR's HealthcareService."""

    ref: MisRef
    version: str
    updated_at: datetime | None
    name: str = ""
    service_type: ServiceType | None = None
    specialty: Specialty | None = None
    locations: tuple[MisRef, ...] = ()
    active: bool = True
