"""What a Patient says that stops us, read before anything else and whatever else is odd.

What stops us is read tolerantly: a flag that cannot be understood stops, as inactive, until a version comes
that can. Only what is surely said is taken for a death or a merge, which cannot be undone so easily.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nextvisit.sdk.records import MisRef
from nextvisit_mis_fhir_r4.address import Address
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, reference

if TYPE_CHECKING:
    from nextvisit_mis_fhir_r4.oddities import Oddities

_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
# https://hl7.org/fhir/R4/extension-data-absent-reason.html
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_NOT_APPLICABLE: Final = "not-applicable"
# https://hl7.org/fhir/R4/valueset-link-type.html
_BESIDE: Final = {"refer", "seealso"}
# http://terminology.hl7.org/CodeSystem/v3-ActReason: "test health data". No other code reads so.
_TEST: Final = "HTEST"
# "very restricted"; other code systems have a V of their own.
# Of R4, of DSTU2 and by its OID (https://terminology.hl7.org/CodeSystem-v3-Confidentiality.html).
_CONFIDENTIALITY: Final = ("v3-confidentiality", "v3/confidentiality", "2.16.840.1.113883.5.25")
_VERY_RESTRICTED: Final = "V"


@dataclass(frozen=True, slots=True)
class Stops:
    """As in `sdk.records.Patient`."""

    active: bool
    deceased: bool
    replaced_by: MisRef | None
    replaces: tuple[MisRef, ...]
    test: bool
    restricted: bool


def read_stops(resource: Json, ref: MisRef, base: Address, odd: Oddities) -> Stops:
    """Raises nothing."""
    active = _active(resource.get("active"), odd)
    deceased, understood = _deceased(resource, odd)
    replaced_by, replaces, followed = _links(resource.get("link"), ref, base, odd)
    test, restricted = _labels(resource.get("meta"), odd)
    return Stops(
        active=active and understood and followed,
        deceased=deceased,
        replaced_by=replaced_by,
        replaces=replaces,
        test=test,
        restricted=restricted,
    )


def said(value: Any) -> bool:
    """Whether anything stands there."""
    return value not in (None, "", [], {}) and not (type(value) is str and not value.strip())


def flag(value: Any) -> bool | None:
    """A boolean, also written as a text or a number; None when it is neither true nor false."""
    if type(value) is bool:
        return value
    return _FLAGS.get(str(value).strip().casefold()) if type(value) in (str, int) else None


def _active(value: Any, odd: Oddities) -> bool:
    if not said(value):
        return True
    understood = flag(value)
    if understood is None:
        odd.note("active.malformed")
    return understood is True


def _deceased(resource: Json, odd: Oddities) -> tuple[bool, bool]:
    """Whether the patient is dead, and whether that could be understood.

    Any form is enough, and a contradiction counts as deceased. A date counts whatever it looks like, and so
    does one that is said to be absent: deceased, nobody knows when.
    """
    at, whether = resource.get("deceasedDateTime"), resource.get("deceasedBoolean")
    understood = flag(whether)
    dated = said(at) and flag(at) is not False
    absent = (not said(at) and _is_absent(resource.get("_deceasedDateTime"))) or (
        not said(whether) and _is_absent(resource.get("_deceasedBoolean"))
    )
    if dated or understood is True or absent:
        return True, True
    if said(whether) and understood is None:
        odd.note("deceased.malformed")
        return False, False
    return False, True


def _is_absent(beside: Any) -> bool:
    """An element without a value that says why it has none, other than that there can be none."""
    extensions = beside.get("extension") if isinstance(beside, dict) else None
    reasons = [
        one.get("valueCode")
        for one in (extensions if isinstance(extensions, list) else [extensions])
        if isinstance(one, dict) and one.get("url") == _ABSENT
    ]
    return bool(reasons) and _NOT_APPLICABLE not in reasons


def _links(
    value: Any, ref: MisRef, base: Address, odd: Oddities
) -> tuple[MisRef | None, tuple[MisRef, ...], bool]:
    """Who took this record's place, whose place it took, and whether every link could be understood."""
    survivor: MisRef | None = None
    replaced: dict[MisRef, None] = {}
    followed = True
    for one in _each(value):
        kind = str(one.get("type")).strip().casefold() if isinstance(one, dict) else ""
        if kind in _BESIDE:
            continue
        other = _other(one, ref, base) if kind in {"replaced-by", "replaces"} else None
        if other is None:
            odd.note("link.malformed")
            followed = followed and kind == "replaces"
        elif kind == "replaces":
            replaced[other] = None
        else:
            survivor = survivor or other
    return survivor, tuple(replaced), followed


def _other(link: Json, ref: MisRef, base: Address) -> MisRef | None:
    try:
        other = reference(link.get("other"), "Patient", base)
    except Unfit:
        return None
    return None if other == ref else other


def _labels(meta: Any, odd: Oddities) -> tuple[bool, bool]:
    """Whether the record is a test, and whether it is very restricted."""
    meta = meta if isinstance(meta, dict) else {}
    # HL7's own examples carry it among the tags.
    tags = [one.get("code") for one in _each(meta.get("tag")) if isinstance(one, dict)]
    test = any(type(code) is str and code.strip().upper() == _TEST for code in tags)
    restricted = False
    for one in _each(meta.get("security")):
        code = one.get("code") if isinstance(one, dict) else None
        if type(code) is not str:
            odd.note("security.malformed")
            restricted = True
            continue
        test = test or code.strip().upper() == _TEST
        restricted = restricted or (
            code.strip().upper() == _VERY_RESTRICTED and _is_confidentiality(one.get("system"))
        )
    return test, restricted


def _is_confidentiality(system: Any) -> bool:
    """Whether that code system is meant, by any of its names, or none is."""
    name = system.strip().casefold().rstrip("/") if isinstance(system, str) else ""
    return not name or name.endswith(_CONFIDENTIALITY)


def _each(value: Any) -> Iterator[Any]:
    """What stands in a list, or alone where a list should be."""
    if said(value):
        yield from value if isinstance(value, list) else [value]
