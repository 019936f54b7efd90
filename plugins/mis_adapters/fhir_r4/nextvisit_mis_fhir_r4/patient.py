"""FHIR Patient → Patient."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from nextvisit.sdk.records import Address, ContactPoint, HumanName, Identifier, MisRef, Patient
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    codings,
    items,
    latest,
    node,
    partial_date,
    ref_of,
    reference,
    text,
    version_of,
)

Sex = Literal["female", "male", "other", "unknown"]
_SEXES: Final[dict[str, Sex]] = {"female": "female", "male": "male", "other": "other"}
_TEXTED: Final = "sms"
"""FHIR tells a phone that is for texts from others; whether texts arrive is for a channel to say."""
_NAME_USES: Final = ("official", "usual", "")
_ADDRESS_USES: Final = ("home", "", "temp", "work", "billing")


def read_patient(resource: Json, base: str) -> Patient:
    """One Patient. Raises Unfit."""
    version, updated = version_of(resource)
    return Patient(
        ref=ref_of(resource, "Patient"),
        version=version,
        updated_at=updated,
        identifiers=_identifiers(resource.get("identifier")),
        name=_name(resource.get("name"), updated),
        birth_date=partial_date(resource.get("birthDate")),
        sex=_SEXES.get(text(resource.get("gender")), "unknown"),
        languages=_languages(resource.get("communication")),
        contact_points=_contact_points(resource.get("telecom"), updated),
        address=_address(resource.get("address"), updated),
        active=_flag(resource.get("active"), missing=True),
        deceased=_deceased(resource),
        replaced_by=_replaced_by(resource.get("link"), base),
    )


def _flag(value: Any, *, missing: bool) -> bool:
    if value is None:
        return missing
    if type(value) is not bool:
        raise Unfit("shape.flag")
    return value


def _deceased(resource: Json) -> bool:
    # A hard stop for every message: either form is enough, and a contradiction counts as deceased.
    return bool(text(resource.get("deceasedDateTime"))) or _flag(
        resource.get("deceasedBoolean"), missing=False
    )


def _is_over(part: Json, at: datetime) -> bool:
    """Old at the time of the snapshot. Not "now": the same bytes must give the same record."""
    if part.get("use") == "old":
        return True
    period = part.get("period")
    if period is None:
        return False
    end = latest(node(period).get("end"))
    return end is not None and end < at


def _identifiers(value: Any) -> tuple[Identifier, ...]:
    found = []
    for one in items(value):
        part = node(one)
        number = text(part.get("value"))
        if number:
            found.append(Identifier(system=text(part.get("system")), value=number))
    return tuple(found)


def _name(value: Any, at: datetime) -> HumanName | None:
    names = [part for part in map(node, items(value)) if not _is_over(part, at)]
    for use in _NAME_USES:
        for part in names:
            if text(part.get("use")) == use:
                name = _human_name(part)
                if name is not None:
                    return name
    return next((name for name in map(_human_name, names) if name is not None), None)


def _human_name(part: Json) -> HumanName | None:
    given = tuple(name for name in map(text, items(part.get("given"))) if name)
    name = HumanName(family=text(part.get("family")), given=given, text=text(part.get("text")))
    return name if name.family or name.given or name.text else None


def _contact_points(value: Any, at: datetime) -> tuple[ContactPoint, ...]:
    found = []
    for one in items(value):
        part = node(one)
        system = text(part.get("system"))
        raw = text(part.get("value"))
        if not system or not raw or _is_over(part, at):
            continue
        kind = "phone" if system == _TEXTED else system
        # An odd rank costs the preference and not the patient.
        rank = part.get("rank") if type(part.get("rank")) is int else None
        found.append(ContactPoint(kind=kind, value=raw, use=text(part.get("use")) or None, rank=rank))
    return tuple(found)


def _address(value: Any, at: datetime) -> Address | None:
    addresses = [part for part in map(node, items(value)) if not _is_over(part, at)]
    for use in _ADDRESS_USES:
        for part in addresses:
            if text(part.get("use")) == use:
                lines = tuple(line for line in map(text, items(part.get("line"))) if line)
                return Address(
                    lines=lines or tuple(filter(None, [text(part.get("text"))])),
                    city=text(part.get("city")),
                    postal_code=text(part.get("postalCode")),
                    country=text(part.get("country")),
                )
    return None


def _languages(value: Any) -> tuple[str, ...]:
    preferred: list[str] = []
    others: list[str] = []
    for one in items(value):
        part = node(one)
        code = next((code for _, code in codings(part.get("language"))), "")
        if code:
            (preferred if part.get("preferred") is True else others).append(code)
    return tuple(dict.fromkeys(preferred + others))


def _replaced_by(value: Any, base: str) -> MisRef | None:
    for one in items(value):
        part = node(one)
        if part.get("type") == "replaced-by":
            survivor = reference(part.get("other"), "Patient", base)
            if survivor is None:
                raise Unfit("link.malformed")
            return survivor
    return None
