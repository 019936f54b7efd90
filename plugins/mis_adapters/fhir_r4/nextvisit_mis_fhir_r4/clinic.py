"""FHIR Practitioner, PractitionerRole, Location and HealthcareService → Practitioner, Location, Service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nextvisit.sdk.records import Location, MisRef, Practitioner, Service, Specialty
from nextvisit_mis_fhir_r4.modifiers import must_be_plain
from nextvisit_mis_fhir_r4.person import read_address, read_name
from nextvisit_mis_fhir_r4.primitives import Json, items, reference, text
from nextvisit_mis_fhir_r4.stops import flag, said
from nextvisit_mis_fhir_r4.visit import read_service_type

if TYPE_CHECKING:
    from nextvisit_mis_fhir_r4.oddities import Oddities
    from nextvisit_mis_fhir_r4.stamp import Stamp
    from nextvisit_mis_fhir_r4.words import Words


def read_practitioner(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Practitioner:
    """One Practitioner. A qualification counts as a specialty where it names one. Raises Unfit."""
    must_be_plain(resource)
    qualified = [one.get("code") for one in _objects("specialty", resource.get("qualification"), odd)]
    return Practitioner(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        name=read_name(resource.get("name"), stamp, odd),
        specialties=odd.spared("specialty", lambda them: words.specialties_of(*them), qualified) or (),
        active=_active(resource.get("active"), odd),
    )


def read_role(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Practitioner:
    """One PractitionerRole. Raises Unfit."""
    must_be_plain(resource)
    return Practitioner(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        specialties=_specialties(resource.get("specialty"), words, odd),
        locations=_references("location", resource.get("location"), "Location", words, odd),
        role_of=odd.spared(
            "practitioner", reference, resource.get("practitioner"), "Practitioner", words.base
        ),
        active=_active(resource.get("active"), odd),
    )


def read_location(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Location:
    """One Location. Raises Unfit."""
    must_be_plain(resource)
    status = odd.spared("status", text, resource.get("status")) or "active"
    address = resource.get("address")
    return Location(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        name=odd.spared("name", text, resource.get("name")) or "",
        address=read_address([address] if said(address) else None, stamp, odd),
        part_of=odd.spared("location", reference, resource.get("partOf"), "Location", words.base),
        active=status == "active",
    )


def read_service(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Service:
    """One HealthcareService. Raises Unfit."""
    must_be_plain(resource)
    specialties = _specialties(resource.get("specialty"), words, odd)
    return Service(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        name=odd.spared("name", text, resource.get("name")) or "",
        service_type=read_service_type(resource.get("type"), words, odd),
        specialty=next(iter(specialties), None),
        locations=_references("location", resource.get("location"), "Location", words, odd),
        active=_active(resource.get("active"), odd),
    )


def _active(value: Any, odd: Oddities) -> bool:
    active = flag(value) if said(value) else True
    if active is None:
        odd.note("active.malformed")
    return active is True


def _specialties(value: Any, words: Words, odd: Oddities) -> tuple[Specialty, ...]:
    found = odd.spared("specialty", words.specialties_of, value) or ()
    if not found:
        odd.unknown("specialty.unknown", value)
    return found


def _references(element: str, value: Any, kind: str, words: Words, odd: Oddities) -> tuple[MisRef, ...]:
    listed = odd.spared(element, items, value) or []
    found = (odd.spared(element, reference, one, kind, words.base) for one in listed)
    return tuple(dict.fromkeys(filter(None, found)))


def _objects(element: str, value: Any, odd: Oddities) -> list[Json]:
    return [one for one in odd.spared(element, items, value) or [] if isinstance(one, dict)]
