"""What identifies a patient: one sealed JSON per patient, and the blind indexes that find it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NewType
from uuid import UUID

import orjson

from nextvisit.domain.identity import Phone, Unusable, normalise_email, normalise_identifier, normalise_phone
from nextvisit.sdk.records import Address, ContactPoint, HumanName, Identifier, MisRef, Patient
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.seal import DataKey, open_sealed, seal

PatientId = NewType("PatientId", UUID)
"""Ours, without meaning; what everything but `patient_identity` knows of a person."""

ContactKind = Literal["phone", "email", "identifier"]
ContactDigest = tuple[ContactKind, bytes]


@dataclass(frozen=True, slots=True, repr=False)
class PhoneNumber:
    """E.164 with +. textable: an SMS has a chance to arrive."""

    e164: str
    textable: bool

    def __repr__(self) -> str:
        return f"PhoneNumber(textable={self.textable})"


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who a patient is and how to reach them; best contact points first. `repr` shows nothing."""

    ref: MisRef
    name: str
    given_name: str
    phones: tuple[PhoneNumber, ...]
    emails: tuple[str, ...]
    address: Address | None
    identifiers: tuple[Identifier, ...]

    def __repr__(self) -> str:
        return "Identity()"


def _display(name: HumanName | None) -> str:
    if name is None:
        return ""
    return name.text or " ".join((*name.given, name.family)).strip()


def _by_preference(points: tuple[ContactPoint, ...], kind: Literal["phone", "email"]) -> list[str]:
    # FHIR's `old`: no longer in use, https://hl7.org/fhir/R4/valueset-contact-point-use.html
    usable = [point for point in points if point.kind == kind and point.use != "old"]
    return [point.value for point in sorted(usable, key=lambda point: point.rank or 1_000)]


def identity_of(patient: Patient, region: str) -> Identity:
    """A MIS record's identity with normalised contact points; unusable ones are left out.

    region: ISO 3166, where phone numbers without a country code live.
    """
    phones = [normalise_phone(raw, region) for raw in _by_preference(patient.contact_points, "phone")]
    emails = [normalise_email(raw) for raw in _by_preference(patient.contact_points, "email")]
    numbers = {
        phone.e164: PhoneNumber(phone.e164, phone.textable) for phone in phones if isinstance(phone, Phone)
    }
    name = patient.name
    return Identity(
        ref=patient.ref,
        name=_display(name),
        given_name=name.given[0] if name is not None and name.given else "",
        phones=tuple(numbers.values()),
        emails=tuple(dict.fromkeys(email for email in emails if not isinstance(email, Unusable))),
        address=patient.address,
        identifiers=patient.identifiers,
    )


def identifier_digest(vault: Vault, system: str, value: str) -> bytes:
    """Blind index of an identifier within its system."""
    return vault.digest("identifier", f"{system}\0{normalise_identifier(value)}")


def contact_digests(vault: Vault, identity: Identity) -> frozenset[ContactDigest]:
    """All blind indexes that lead to this identity."""
    found: list[ContactDigest] = [("phone", vault.digest("phone", phone.e164)) for phone in identity.phones]
    found += [("email", vault.digest("email", email)) for email in identity.emails]
    found += [("identifier", identifier_digest(vault, i.system, i.value)) for i in identity.identifiers]
    return frozenset(found)


def seal_identity(key: DataKey, patient: UUID, identity: Identity) -> bytes:
    """For `patient_identity.sealed_identity`."""
    address = identity.address
    plain: dict[str, Any] = {
        "ref": identity.ref,
        "name": identity.name,
        "given_name": identity.given_name,
        "phones": [[phone.e164, phone.textable] for phone in identity.phones],
        "emails": identity.emails,
        "address": None
        if address is None
        else [address.lines, address.city, address.postal_code, address.country],
        "identifiers": [[i.system, i.value] for i in identity.identifiers],
    }
    return seal(key, "patient_identity", "sealed_identity", patient, orjson.dumps(plain))


def open_identity(key: DataKey, patient: UUID, sealed: bytes) -> Identity:
    """The inverse of `seal_identity`."""
    plain = orjson.loads(open_sealed(key, "patient_identity", "sealed_identity", patient, sealed))
    address = plain["address"]
    return Identity(
        ref=MisRef(plain["ref"]),
        name=plain["name"],
        given_name=plain["given_name"],
        phones=tuple(PhoneNumber(e164, textable) for e164, textable in plain["phones"]),
        emails=tuple(plain["emails"]),
        address=None if address is None else Address(tuple(address[0]), *address[1:]),
        identifiers=tuple(Identifier(system, value) for system, value in plain["identifiers"]),
    )
