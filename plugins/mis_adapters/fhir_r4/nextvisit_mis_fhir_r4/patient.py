"""FHIR Patient → Patient, and the guardians that stand in it.

What stops us is `stops`'; the rest is read element by element, and an odd one costs itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from nextvisit.sdk.records import Identifier, MisRef, Patient, RelatedPerson
from nextvisit_mis_fhir_r4.modifiers import must_be_plain
from nextvisit_mis_fhir_r4.person import (
    is_guardian,
    read_address,
    read_contact_points,
    read_languages,
    read_name,
    read_period,
)
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, items, node, partial_date, text
from nextvisit_mis_fhir_r4.stops import read_stops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nextvisit_mis_fhir_r4.oddities import Oddities
    from nextvisit_mis_fhir_r4.stamp import Stamp
    from nextvisit_mis_fhir_r4.words import Words

Sex = Literal["female", "male", "other", "unknown"]
# https://hl7.org/fhir/R4/valueset-administrative-gender.html
_SEXES: Final[dict[str, Sex]] = {"female": "female", "male": "male", "other": "other", "unknown": "unknown"}
_DATE_AND_TIME: Final = len("1980-02-29T")


def read_patient(
    resource: Json, stamp: Stamp, words: Words, odd: Oddities
) -> Iterator[Patient | RelatedPerson]:
    """The patient first. Raises Unfit when a modifier may mean anything and nothing else stops us."""
    stops = read_stops(resource, stamp.ref, words.base, odd)
    if not stops.deceased and stops.replaced_by is None:
        must_be_plain(resource)
    yield Patient(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        identifiers=tuple(_identifiers(resource.get("identifier"), odd)),
        name=read_name(resource.get("name"), stamp, odd),
        birth_date=_birth_date(resource.get("birthDate"), odd),
        sex=odd.spared("gender", _sex, resource.get("gender")) or "unknown",
        languages=read_languages(resource.get("communication"), odd),
        contact_points=read_contact_points(resource.get("telecom"), odd),
        address=read_address(resource.get("address"), stamp, odd),
        active=stops.active,
        deceased=stops.deceased,
        replaced_by=stops.replaced_by,
        replaces=stops.replaces,
        test=stops.test,
        restricted=stops.restricted,
    )
    yield from _guardians(resource.get("contact"), stamp, odd)


def _guardians(value: Any, stamp: Stamp, odd: Oddities) -> Iterator[RelatedPerson]:
    """`Patient/x#contact-1` is the first contact."""
    for number, one in enumerate(odd.spared("contact", items, value) or [], start=1):
        part = odd.spared("contact", node, one) or {}
        if not odd.spared("relationship", is_guardian, part.get("relationship")):
            continue
        starts, ends = read_period(part, odd)
        own = replace(stamp, ref=MisRef(f"{stamp.ref}#contact-{number}"))
        yield RelatedPerson(
            ref=own.ref,
            version=own.version,
            updated_at=own.updated_at,
            patient=stamp.ref,
            guardian=True,
            name=read_name([part["name"]] if "name" in part else None, stamp, odd),
            contact_points=read_contact_points(part.get("telecom"), odd),
            starts=starts,
            ends=ends,
            within=True,
        )


def _identifiers(value: Any, odd: Oddities) -> Iterator[Identifier]:
    for one in odd.spared("identifier", items, value) or []:
        found = odd.spared("identifier", _identifier, one)
        if found is not None and found.value:
            yield found


def _identifier(value: Any) -> Identifier:
    part = node(value)
    return Identifier(system=text(part.get("system")), value=text(part.get("value")))


def _birth_date(value: Any, odd: Oddities) -> str | None:
    """A date with the precision that it has; of one with a time its date, as the digits stand there."""
    if type(value) is str and value.strip()[len("1980-02-29") : _DATE_AND_TIME] in {"T", " "}:
        value = value.strip()[: len("1980-02-29")]
        odd.note("birth_date.with_time")
    return odd.spared("birth_date", partial_date, value)


def _sex(value: Any) -> Sex:
    code = text(value) or "unknown"
    if code not in _SEXES:
        raise Unfit("gender.unknown")
    return _SEXES[code]
