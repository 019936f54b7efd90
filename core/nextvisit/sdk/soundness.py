"""Whether what a plugin gives is what its port promises: kits fail by it, and the core keeps nothing else.

Pure. No value is said, because it may be a patient's.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, NewType, Union, get_args, get_origin, get_type_hints

from nextvisit.sdk.channels import DeliveryReport, InboundMessage, UnreadableEvent
from nextvisit.sdk.records import (
    Appointment,
    Change,
    Condition,
    Coverage,
    Limit,
    Oddity,
    Patient,
    Payment,
    Procedure,
    SlotFreed,
    Unreadable,
)

CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)*")
"""What codes look like; anything else may be a patient's words."""
_LONGEST_CODE: Final = 80
NO_CODE: Final = "plugin.no_code"
"""What an error is called whose own code is none, for that may be anything."""
LONGEST_NAME: Final = 500
"""Characters of a reference or a version. They stand in indexes, and FHIR's are of 64."""
_LONGEST_TEXT: Final = 10_000
_MOST: Final = 1_000
_LARGEST: Final = 2**31
_RICHEST: Final = Decimal(10**12)
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_UNIT: Final = re.compile(r"[A-Z]{3}|[a-z][a-z_]{0,39}")
_WORD: Final = re.compile(r"\S{1,80}")
_OTHERS: Final = frozenset(
    {"appointment", "replaced_by", "practitioner", "service", "location", "role_of", "part_of", "visit"}
)
"""References to other things."""
_LISTED: Final = frozenset({"replaces", "locations"})
_NAMING: Final = _OTHERS | {"ref", "patient", "version", "sender", "provider_ref", "caller", "line", "plan"}

_Wrong = Literal["type", "no_zone", "text", "size"]
_SENTENCES: Final[dict[_Wrong, tuple[str, str]]] = {
    "type": ("is of another type", "the types are those that nextvisit.sdk declares"),
    "no_zone": ("has no zone", "every instant is aware: read it in the zone of the settings, by zoneinfo"),
    "text": (
        "cannot be kept",
        "no U+0000 or half of a surrogate pair, no instant outside the years 1 to 9999",
    ),
    "size": (
        "is too large",
        f"a name has at most {LONGEST_NAME} characters, a text {_LONGEST_TEXT}, a list {_MOST} entries",
    ),
}
_OF_WORDS: Final = {
    ("Patient", "sex"): ("is no known word", "female, male, other or unknown"),
    ("Appointment", "status"): (
        "is no AppointmentStatus",
        "map the MIS's words; an unknown one is Unreadable",
    ),
    ("Consent", "decision"): ("is no known word", "permit or deny; anything else is Unreadable"),
    ("Consent", "purposes"): (
        "holds no Purpose",
        "map the MIS's words to nextvisit.sdk.records.Purpose",
    ),
    ("Coverage", "kind"): (
        "is no CoverageKind",
        "map the MIS's words; None and an Oddity for an unknown one",
    ),
    ("Condition", "status"): (
        "is no ConditionStatus",
        "map the MIS's words; None and an Oddity for an unknown one",
    ),
    ("Procedure", "status"): (
        "is no ProcedureStatus",
        "map the MIS's words; None and an Oddity for an unknown one",
    ),
    ("PhoneCall", "answered"): (
        "is neither true nor false",
        "an unknown word is Unreadable: it may have been missed",
    ),
    ("DeliveryReport", "status"): (
        "is no DeliveryStatus",
        "map the provider's words; one that says nothing is no report",
    ),
}


@dataclass(frozen=True, slots=True)
class Unsound:
    """Something that is wrong with a thing. field: of it. code: which field and how, `start.no_zone`.

    wrong, right: in words. bars: it cannot be kept so; otherwise it is only told.
    """

    field: str
    code: str
    wrong: str
    right: str
    bars: bool = True


def faults_of(thing: Any) -> Iterator[Unsound]:
    """What nothing that a plugin gives may be. thing: of a class that `nextvisit.sdk` declares."""
    mistyped = list(_mistyped(thing))
    yield from mistyped
    # What has not even its type is asked nothing more.
    sound = {each.name for each in fields(thing)} - {each.field for each in mistyped}
    for fault in _misvalued(thing, sound):
        if fault.field in sound:
            yield fault


def is_code(code: object) -> bool:
    """Whether it may be kept and logged in the clear: `acme.no_credit`, no sentence and nobody's name."""
    return isinstance(code, str) and len(code) <= _LONGEST_CODE and CODE.fullmatch(code) is not None


def code_or_none(code: str) -> str:
    """It, or what stands for one that is none."""
    return code if is_code(code) else NO_CODE


def naive_instants(thing: Any) -> list[str]:
    """Where in it an instant has no zone."""
    return [path for path, wrong in _wrongs(thing, type(thing), "") if wrong == "no_zone"]


def _mistyped(thing: Any) -> Iterator[Unsound]:
    kind = type(thing).__name__
    # A provider cuts texts in the middle of an emoji: the core marks what of them nobody can keep.
    lenient = isinstance(thing, DeliveryReport | InboundMessage)
    for path, wrong in _wrongs(thing, type(thing), ""):
        if lenient and (wrong == "text" or (path == "text" and wrong == "size")):
            continue
        field = path.partition(".")[0]
        says, right = _OF_WORDS.get((kind, path), _SENTENCES[wrong]) if wrong == "type" else _SENTENCES[wrong]
        yield Unsound(field, f"{field}.{wrong}", f"{kind}.{path} {says}", right)


def _wrongs(value: Any, hint: Any, path: str) -> Iterator[tuple[str, _Wrong]]:
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        yield from _wrongs_of_each([list(_wrongs(value, each, path)) for each in get_args(hint)], path)
    elif origin is Literal:
        if not isinstance(value, str) or value not in get_args(hint):
            yield path, "type"
    elif not isinstance(value, hint if origin is None else origin):
        yield path, "type"
    else:
        yield from _wrongs_within(value, hint, path)


def _wrongs_within(value: Any, hint: Any, path: str) -> Iterator[tuple[str, _Wrong]]:
    """Of a value of this type."""
    if isinstance(value, tuple):
        if len(value) > _MOST:
            yield path, "size"
        for each in value[:_MOST]:
            yield from _wrongs(each, get_args(hint)[0], path)
    elif is_dataclass(value):
        hints = _hints(value.__class__)
        for field in fields(value):
            below = f"{path}.{field.name}" if path else field.name
            yield from _wrongs(getattr(value, field.name), hints[field.name], below)
    elif (wrong := _wrong_leaf(value)) is not None:
        yield path, wrong


def _wrongs_of_each(ways: Sequence[Sequence[tuple[str, _Wrong]]], path: str) -> Iterator[tuple[str, _Wrong]]:
    """Of what may be one of several: none if it is one, else those of the one that it is nearest to."""
    if all(ways):
        yield from next((way for way in ways if way[0] != (path, "type")), ways[0])


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _wrong_leaf(value: Any) -> _Wrong | None:
    match value:
        case str():
            if len(value) > _LONGEST_TEXT:
                return "size"
            return None if is_text(value) else "text"
        case datetime():
            return _wrong_instant(value)
        case int():
            return None if abs(value) < _LARGEST else "size"
        case Decimal():
            return None if value.is_finite() and abs(value) < _RICHEST else "size"
        case _:
            return None


def _wrong_instant(value: datetime) -> _Wrong | None:
    try:
        if value.utcoffset() is None:
            return "no_zone"
        value.astimezone(UTC)
    except OverflowError:  # the first and the last hours of all, west and east of Greenwich
        return "text"
    # A zone may be a plugin's own class.
    except Exception:  # noqa: BLE001
        return "no_zone"
    return None


def is_text(value: str) -> bool:
    """Whether PostgreSQL takes it."""
    if "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _misvalued(thing: Any, sound: set[str]) -> Iterator[Unsound]:
    kind = type(thing).__name__
    yield from _misnamed(thing, sound)
    match thing:
        case Unreadable():
            yield from _faults_of_code(kind, "reason", thing.reason, "start.malformed")
        case Oddity():
            yield from _faults_of_code(kind, "code", thing.code, "birth_date.malformed")
            if "word" in sound and thing.word and not _WORD.fullmatch(thing.word):
                right = "one code of the MIS, without blanks, as it stands in its catalogue"
                yield _fault(kind, "word", "no_word", "is more than a code", right)
        case UnreadableEvent():
            yield from _faults_of_code(kind, "code", thing.code, "acme.reaction")
        case _ if isinstance(thing, Change):
            yield from _faults_of_change(thing, sound)
        case InboundMessage() if "sender" in sound and not thing.sender.strip():
            yield _fault(kind, "sender", "empty", "is empty", "who wrote, as the provider says it")
        case _:
            pass
    if "ref" in sound and thing.ref is not None and not thing.ref.strip():
        right = "the MIS's own id of the thing; what has none is Unreadable"
        yield _fault(kind, "ref", "empty", "is empty", right)


def _misnamed(thing: Any, sound: set[str]) -> Iterator[Unsound]:
    """Of what it names, itself among it."""
    kind = type(thing).__name__
    for field in sound.intersection(_NAMING):
        value = getattr(thing, field)
        if value is not None and len(value) > LONGEST_NAME:
            yield _fault(kind, field, "size", *_SENTENCES["size"])
        elif field in _OTHERS and value == "":
            yield _fault(kind, field, "empty", "is empty", "the MIS's own id of the thing, or None")
    for field in sound.intersection(_LISTED):
        if not all(0 < len(each) <= LONGEST_NAME for each in getattr(thing, field)):
            yield _fault(kind, field, "empty", "names nothing", "the MIS's own ids of the things")


def _faults_of_code(kind: str, field: str, code: object, such: str) -> Iterator[Unsound]:
    if not is_code(code):
        right = f"lower-case words with dots, `{such}`; it quotes nothing"
        yield _fault(kind, field, "no_code", "is no code", right)


def _faults_of_change(thing: Any, sound: set[str]) -> Iterator[Unsound]:
    kind = type(thing).__name__
    if not thing.version:
        # The core goes by the dates then.
        right = "what the MIS calls this version; a digest of what the thing says, if it does not"
        yield _fault(kind, "version", "empty", "is empty", right, bars=False)
    match thing:
        case Patient():
            yield from _faults_of_patient(thing, sound)
        case _ if "patient" in sound and not thing.patient.strip():
            right = "whose it is; what belongs to nobody is Unreadable"
            yield _fault(kind, "patient", "empty", "is empty", right)
        case Appointment() | SlotFreed() if {"start", "end"} <= sound and _is_reversed(
            thing.start, thing.end
        ):
            # What it says besides may be right, and patients are written to by the start.
            right = "start and end as the MIS says them"
            yield Unsound("end", "end.early", f"{kind} ends before it begins", right, bars=False)
        case Coverage():
            yield from _faults_of_coverage(thing, sound)
        case Condition() | Procedure():
            yield from _faults_of_coded(thing, sound)
        case Payment() if "currency" in sound and not _CURRENCY.fullmatch(thing.currency):
            right = "three capital letters of ISO 4217, such as PLN; the MIS's sign of it is mapped"
            yield _fault(kind, "currency", "unknown", "is no currency", right)
        case _:
            pass


def _faults_of_patient(thing: Patient, sound: set[str]) -> Iterator[Unsound]:
    if "birth_date" in sound and thing.birth_date is not None and not _DATE.fullmatch(thing.birth_date):
        right = "YYYY, YYYY-MM or YYYY-MM-DD; anything else is an Oddity"
        yield _fault("Patient", "birth_date", "malformed", "is no date", right)


def _faults_of_coverage(thing: Coverage, sound: set[str]) -> Iterator[Unsound]:
    if "limit" in sound and thing.limit is not None and not _is_limit(thing.limit):
        right = "zero or more, and a currency (ISO 4217) or what is counted, such as `visit`"
        yield _fault("Coverage", "limit", "malformed", "is no limit", right)
    if {"starts", "ends"} <= sound and _is_reversed(thing.starts, thing.ends):
        right = "starts and ends as the MIS says them"
        yield Unsound("ends", "ends.early", "Coverage ends before it begins", right, bars=False)


def _is_limit(limit: Limit) -> bool:
    return limit.unused >= 0 and _UNIT.fullmatch(limit.unit) is not None


def _faults_of_coded(thing: Condition | Procedure, sound: set[str]) -> Iterator[Unsound]:
    kind = type(thing).__name__
    if "codes" in sound and not all(
        _is_word(each.code) and len(each.system) <= LONGEST_NAME for each in thing.codes
    ):
        right = "each a code as its system spells it, without blanks; what has words alone has no code"
        yield _fault(kind, "codes", "malformed", "holds what is no code", right)
    if "on" in sound and thing.on is not None and not _DATE.fullmatch(thing.on):
        right = "YYYY, YYYY-MM or YYYY-MM-DD; anything else is an Oddity"
        yield _fault(kind, "on", "malformed", "is no date", right)


def _is_word(code: str) -> bool:
    return _WORD.fullmatch(code) is not None


def _is_reversed(start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and end < start


def _fault(kind: str, field: str, how: str, wrong: str, right: str, *, bars: bool = True) -> Unsound:
    return Unsound(field, f"{field}.{how}", f"{kind}.{field} {wrong}", right, bars)
