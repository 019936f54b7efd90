"""What of an adapter's answer can be kept at all. What cannot costs itself and none of its neighbours.

An adapter is a plugin, and may lie about its types. What reaches the store has the types of `sdk.records`,
instants with a zone, and text that PostgreSQL takes: no U+0000, no half of a surrogate pair.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NewType, Union, get_args, get_origin, get_type_hints

from nextvisit.sdk.records import (
    Address,
    Consent,
    ContactPoint,
    Deleted,
    HumanName,
    Identifier,
    MisEvent,
    Oddity,
    Patient,
    PullSoon,
    Unreadable,
)

UNSTORABLE: Final = "record.unstorable"

_LONGEST_NAME: Final = 500
"""Characters of a reference or a version. They stand in indexes, and FHIR's are of 64."""
_LARGEST: Final = 2**31
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
"""What codes look like; anything else may be a patient's words."""
_HINTS: Final = {
    kind: get_type_hints(kind) for kind in (*get_args(MisEvent), Address, ContactPoint, HumanName, Identifier)
}


def sifted(things: Sequence[MisEvent]) -> list[MisEvent]:
    """Each as it is, or what is left of it: an `Unreadable` that names it as far as it can be named."""
    return [thing if _keepable(thing) else _rest(thing) for thing in things]


def _keepable(thing: MisEvent) -> bool:
    if isinstance(thing, PullSoon):
        return True
    if not _fields_fit(thing):
        return False
    if isinstance(thing, Oddity):
        return _is_code(thing.code) and all(map(_is_ref, _refs(thing)))
    if isinstance(thing, Unreadable) and not _is_code(thing.reason):
        return False
    version = "" if isinstance(thing, Deleted) else thing.version
    return len(version) <= _LONGEST_NAME and all(map(_is_ref, _refs(thing)))


def _is_code(code: str) -> bool:
    return _CODE.fullmatch(code) is not None


def _refs(thing: MisEvent) -> list[str]:
    """All that it names."""
    named = [getattr(thing, name, None) for name in ("ref", "patient", "appointment", "replaced_by")]
    replaces = thing.replaces if isinstance(thing, Patient) else ()
    return [each for each in (*named, *replaces) if each is not None]


def _is_ref(ref: object) -> bool:
    return isinstance(ref, str) and 0 < len(ref) <= _LONGEST_NAME and _is_text(ref)


def _rest(thing: MisEvent) -> Unreadable | Oddity:
    ref = None if isinstance(thing, PullSoon) or not _is_ref(thing.ref) else thing.ref
    if isinstance(thing, Oddity):
        return Oddity(ref, UNSTORABLE)
    patient = ref if isinstance(thing, Patient) else None
    if isinstance(thing, Consent | Unreadable) and _is_ref(thing.patient):
        patient = thing.patient
    return Unreadable(ref=ref, reason=UNSTORABLE, patient=patient, **_dated(thing))


def _dated(thing: Any) -> dict[str, Any]:
    version, updated_at = getattr(thing, "version", ""), getattr(thing, "updated_at", None)
    told: dict[str, Any] = {}
    if isinstance(version, str) and len(version) <= _LONGEST_NAME and _is_text(version):
        told["version"] = version
    if isinstance(updated_at, datetime) and updated_at.tzinfo is not None and _has_utc(updated_at):
        told["updated_at"] = updated_at
    return told


def _is_text(value: str) -> bool:
    if "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _has_utc(value: datetime) -> bool:
    try:
        value.astimezone(UTC)
    except OverflowError:  # the first and the last hours of all, west and east of Greenwich
        return False
    return True


def _fields_fit(thing: Any) -> bool:
    hints = _HINTS[type(thing)]
    return all(_fits(getattr(thing, each.name), hints[each.name]) for each in dataclasses.fields(thing))


def _fits(value: Any, hint: Any) -> bool:
    if isinstance(hint, NewType):
        return _fits(value, hint.__supertype__)
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return any(_fits(value, each) for each in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(each, get_args(hint)[0]) for each in value)
    return isinstance(value, hint) and _leaf_fits(value)


def _leaf_fits(value: Any) -> bool:
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, datetime):
        return value.tzinfo is not None and _has_utc(value)
    if isinstance(value, int):
        return abs(value) < _LARGEST
    return not dataclasses.is_dataclass(value) or _fields_fit(value)
