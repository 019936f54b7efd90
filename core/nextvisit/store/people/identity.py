"""What identifies a patient: one sealed JSON per patient, and the blind indexes that find it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NewType
from uuid import UUID

import orjson

from nextvisit.domain.identity import normalise_identifier, personal_number
from nextvisit.sdk.addresses import POSTAL_SYSTEM, Addresses, Destination, posted
from nextvisit.sdk.records import Address, ContactPoint, HumanName, Identifier, MisRef, Patient, RelatedPerson
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.seal import DataKey, open_sealed, seal

PatientId = NewType("PatientId", UUID)
"""Ours, without meaning; what everything but `patient_identity` knows of a person."""

IDENTIFIER: Final = "identifier"

ContactDigest = tuple[str, bytes]
"""A space of addresses, or IDENTIFIER, and the blind index of one in it."""


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """The blind index of what makes a record a person's; see `store.people.kinship`."""

    digest: bytes
    with_birth: bool


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who a patient is and how to reach them. `repr` shows nothing.

    points: as the MIS writes them, the best first; what can be made of them is for a channel's `Addresses`.
    """

    ref: MisRef
    name: str
    given_name: str
    points: tuple[ContactPoint, ...]
    address: Address | None
    identifiers: tuple[Identifier, ...]

    def __repr__(self) -> str:
        return "Identity()"

    def destinations(self, addresses: Addresses, country: str, now: datetime) -> tuple[Destination, ...]:
        """The patient's addresses in one space that are in use now, the best first, each once.

        country: ISO 3166, where addresses live that name none.
        """
        points = [*(point for point in self.points if _is_in_use(point, now)), *self._posted()]
        return _reached(points, addresses, country)

    def known_by(self, addresses: Addresses, country: str, now: datetime) -> tuple[Destination, ...]:
        """As `destinations`, with those of later: everything that leads to the patient unless it is over."""
        points = [*(point for point in self.points if not _is_over(point, now)), *self._posted()]
        return _reached(points, addresses, country)

    def _posted(self) -> tuple[ContactPoint, ...]:
        """The postal address as a contact point, for channels that write there."""
        return () if self.address is None else (ContactPoint(POSTAL_SYSTEM, posted(self.address)),)


def formerly_known_by(
    points: Iterable[ContactPoint], addresses: Addresses, country: str, now: datetime
) -> tuple[Destination, ...]:
    """What of these was somebody's address and is no more."""
    return _reached([point for point in points if _is_old(point) or _is_over(point, now)], addresses, country)


def _reached(points: Iterable[ContactPoint], addresses: Addresses, country: str) -> tuple[Destination, ...]:
    raw = [point.value for point in points if point.kind in addresses.systems]
    found = [addresses.normalise(value, country) for value in raw]
    return tuple({each.value: each for each in found if each is not None}.values())


def _display(name: HumanName | None) -> str:
    if name is None:
        return ""
    return name.text or " ".join((*name.given, name.family)).strip()


def _is_in_use(point: ContactPoint, now: datetime) -> bool:
    return not _is_over(point, now) and (point.starts is None or point.starts <= now)


def _is_over(point: ContactPoint, now: datetime) -> bool:
    return point.ends is not None and point.ends <= now


def _is_old(point: ContactPoint) -> bool:
    # FHIR's `old`: no longer in use, https://hl7.org/fhir/R4/valueset-contact-point-use.html
    return point.use == "old"


def _by_preference(points: Iterable[ContactPoint]) -> tuple[ContactPoint, ...]:
    usable = [point for point in points if not _is_old(point)]
    return tuple(sorted(usable, key=lambda point: point.rank or 1_000))


def identity_of(patient: Patient) -> Identity:
    """A MIS record's identity."""
    name = patient.name
    return Identity(
        ref=patient.ref,
        name=_display(name),
        given_name=name.given[0] if name is not None and name.given else "",
        points=_by_preference(patient.contact_points),
        address=patient.address,
        identifiers=patient.identifiers,
    )


def unreadable_points(points: Iterable[ContactPoint], spaces: Iterable[Addresses], country: str) -> list[str]:
    """The kind of each contact point that is in use and of which no space that reads it makes an address."""
    found = []
    for point in _by_preference(points):
        readers = [own for own in spaces if point.kind in own.systems]
        if readers and all(own.normalise(point.value, country) is None for own in readers):
            found.append(point.kind)
    return found


def identity_of_related(person: RelatedPerson) -> Identity:
    """Of somebody who belongs to a patient."""
    name = person.name
    return Identity(
        ref=person.ref,
        name=_display(name),
        given_name=name.given[0] if name is not None and name.given else "",
        points=_by_preference(person.contact_points),
        address=None,
        identifiers=(),
    )


def identifier_digest(vault: Vault, system: str, value: str) -> bytes:
    """Blind index of an identifier within its system."""
    return vault.digest("identifier", f"{system}\0{normalise_identifier(value)}")


def personal_numbers(vault: Vault, source: str, patient: Patient) -> frozenset[PersonalNumber]:
    """By which the record is one with others, alone and with the date of birth where all of it is known."""
    # Whose numbering it is that says no system, only its MIS knows.
    told = [personal_number(each.system or f"mis {source}", each.value) for each in patient.identifiers]
    borne = [each for each in told if each is not None]
    found = {PersonalNumber(vault.digest("personal_number", each), with_birth=False) for each in borne}
    born = patient.birth_date
    if born is not None and len(born) == len("1980-02-29"):
        found |= {
            PersonalNumber(vault.digest("personal_number", f"{each}\0{born}"), with_birth=True)
            for each in borne
        }
    return frozenset(found)


def contact_digests(
    vault: Vault, identity: Identity, reached: Mapping[Addresses, Iterable[Destination]]
) -> frozenset[ContactDigest]:
    """All blind indexes that lead to this identity. reached: what could be made of its contact points."""
    identifiers = {(IDENTIFIER, identifier_digest(vault, i.system, i.value)) for i in identity.identifiers}
    return address_digests(vault, reached) | identifiers


def address_digests(
    vault: Vault, reached: Mapping[Addresses, Iterable[Destination]]
) -> frozenset[ContactDigest]:
    """The blind indexes of these addresses."""
    return frozenset(
        (str(own.space), vault.address_digest(own.space, each.value))
        for own, many in reached.items()
        for each in many
    )


def seal_identity(key: DataKey, patient: UUID, identity: Identity) -> bytes:
    """For `patient_identity.sealed_identity`."""
    plain = identity_to_json(identity)
    return seal(key, "patient_identity", "sealed_identity", patient, orjson.dumps(plain))


def open_identity(key: DataKey, patient: UUID, sealed: bytes) -> Identity:
    """The inverse of `seal_identity`."""
    plain = orjson.loads(open_sealed(key, "patient_identity", "sealed_identity", patient, sealed))
    return identity_from_json(plain)


def identity_to_json(identity: Identity) -> dict[str, Any]:
    """In clear, for whoever seals it."""
    address = identity.address
    return {
        "ref": identity.ref,
        "name": identity.name,
        "given_name": identity.given_name,
        "points": [
            [point.kind, point.value, point.use, point.rank, point.starts, point.ends]
            for point in identity.points
        ],
        "address": None
        if address is None
        else [address.lines, address.city, address.postal_code, address.country],
        "identifiers": [[i.system, i.value] for i in identity.identifiers],
    }


def identity_from_json(plain: Any) -> Identity:
    """The inverse of `identity_to_json`, once it was read."""
    address = plain["address"]
    return Identity(
        ref=MisRef(plain["ref"]),
        name=plain["name"],
        given_name=plain["given_name"],
        points=tuple(
            ContactPoint(kind, value, use, rank, _instant(starts), _instant(ends))
            for kind, value, use, rank, starts, ends in plain["points"]
        ),
        address=None if address is None else Address(tuple(address[0]), *address[1:]),
        identifiers=tuple(Identifier(system, value) for system, value in plain["identifiers"]),
    )


def _instant(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw)
