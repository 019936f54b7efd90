"""The SDK's records and errors as JSON. What comes from the other process is a stranger's, and validated."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from nextvisit.sdk.channels import Accepted, ChannelEvent, MessageId, OutgoingMessage, Reachability
from nextvisit.sdk.doors import RawInbound, RawRequest, Received
from nextvisit.sdk.errors import (
    Bug,
    ConfigError,
    NextVisitError,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    RejectedScope,
    RetryLater,
    SlotTaken,
)
from nextvisit.sdk.records import (
    AppointmentRef,
    BookingRequest,
    CancelReason,
    Cursor,
    Listed,
    MisEvent,
    MisRef,
    RawBatch,
    Slot,
    SlotQuery,
)

_STRICT: Final = ConfigDict(
    ser_json_bytes="base64", val_json_bytes="base64", strict=True, hide_input_in_errors=True
)
_LONGEST_CODE, _LONGEST_TEXT = 200, 4_000


def adapter(*kinds: Any) -> TypeAdapter[tuple[Any, ...]]:
    """Of several values in their order: the configuration of bytes reaches into records only from around."""
    of_several: Any = tuple.__class_getitem__(kinds or ((),))
    return TypeAdapter(of_several, config=_STRICT)


TAKES: Final[Mapping[str, TypeAdapter[tuple[Any, ...]]]] = {
    "check": adapter(),
    "close": adapter(),
    "time": adapter(),
    "look_up": adapter(Sequence[MisRef]),
    "free_slots": adapter(SlotQuery),
    "find_booking": adapter(BookingRequest),
    "book": adapter(BookingRequest),
    "cancel": adapter(AppointmentRef, CancelReason),
    "reschedule": adapter(AppointmentRef, BookingRequest),
    "send": adapter(OutgoingMessage),
    "find_message": adapter(MessageId),
    "reachable": adapter(Sequence[str]),
    "changes": adapter(Cursor | None),
    "listing": adapter(),
    "receive": adapter(RawRequest),
    "parse": adapter(bytes),
    "parse_inbound": adapter(bytes),
    "parse_webhook": adapter(RawRequest),
    "serve": adapter(),
    "serve_sending": adapter(),
}
"""What each method is called with; of `serve` all but the inbox."""

GIVES: Final[Mapping[str, TypeAdapter[tuple[Any, ...]]]] = {
    "check": adapter(str),
    "close": adapter(None),
    "time": adapter(datetime | None),
    "look_up": adapter(bytes),
    "free_slots": adapter(Sequence[Slot]),
    "find_booking": adapter(AppointmentRef | None),
    "book": adapter(AppointmentRef),
    "cancel": adapter(None),
    "reschedule": adapter(AppointmentRef),
    "send": adapter(Accepted),
    "find_message": adapter(Accepted | None),
    "reachable": adapter(Mapping[str, Reachability]),
    "changes": adapter(RawBatch),
    "listing": adapter(Sequence[Listed]),
    "receive": adapter(Received),
    "serve": adapter(None),
    "serve_sending": adapter(None),
}
"""What each method gives, or each page of it; what parsers give has lines of its own (`dump_things`)."""

INBOUND: Final = adapter(RawInbound)
SPAN: Final = adapter(timedelta)

_KINDS: Final[Mapping[str, type[Any]]] = {
    each.__name__: each for each in (*get_args(MisEvent), *get_args(ChannelEvent))
}
_OF_KIND: Final = {name: adapter(kind) for name, kind in _KINDS.items()}


class Unlike:
    """Stands for something that was given and is none of what was to be."""


def dump(by: TypeAdapter[tuple[Any, ...]], *values: Any) -> bytes:
    """Raises pydantic's errors where a value is of another type."""
    return by.dump_json(values, warnings="error")


def load(by: TypeAdapter[tuple[Any, ...]], body: bytes) -> Any:
    """The one value of an answer; `Unlike` for what is none."""
    try:
        return by.validate_json(body)[0]
    except ValidationError:
        return Unlike()


def dump_things(things: Sequence[Any]) -> bytes:
    """A line each: its kind, and its fields. What is wrong in one is seen on the other side as here."""
    return b"\n".join(map(_dump_thing, things))


def load_things(body: bytes) -> list[Any]:
    """See `dump_things`. Each is a record, sound or not, or `Unlike`."""
    return [_load_thing(each) for each in body.split(b"\n")] if body else []


def _dump_thing(thing: Any) -> bytes:
    kind: Any = next((each for each in type(thing).__mro__ if _KINDS.get(each.__name__) is each), None)
    if kind is None:
        return b"-"
    try:
        text = dump(_OF_KIND[kind.__name__], thing)
    except MemoryError:
        raise
    # Half of a surrogate pair, a field of another type, a zone of the plugin's own making.
    except Exception:  # noqa: BLE001
        text = json.dumps([{each: _dump_field(kind, each, thing) for each in _hints(kind)}]).encode()
    return b"%b %b" % (kind.__name__.encode(), text)


def _dump_field(kind: Any, field: str, thing: Any) -> Any:
    try:
        value = getattr(thing, field)
        return json.loads(dump(_of_field(kind, field), value))[0]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as above
        if isinstance(value := getattr(thing, field, None), str):
            return {"text": base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()}
        return {}


def _load_thing(line: bytes) -> Any:
    name, _, text = line.partition(b" ")
    kind: Any = _KINDS.get(name.decode("ascii", "replace"))
    if kind is None:
        return Unlike()
    try:
        return _OF_KIND[kind.__name__].validate_json(text)[0]
    except ValidationError:
        return _load_fields(kind, text)


def _load_fields(kind: Any, text: bytes) -> Any:
    """A record of which some fields are of another type. It says so by having them (`sdk.soundness`)."""
    try:
        (told,) = json.loads(text)
        return kind(**{name: _load_field(kind, name, value) for name, value in told.items()})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Unlike()


def _load_field(kind: Any, field: str, value: Any) -> Any:
    match value:
        case {"text": str(coded), **rest} if not rest:
            return base64.b64decode(coded).decode("utf-8", "surrogatepass")
    try:
        return _of_field(kind, field).validate_json(json.dumps([value]))[0]
    except ValidationError:
        return value


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


@cache
def _of_field(kind: Any, field: str) -> TypeAdapter[tuple[Any, ...]]:
    return adapter(_hints(kind)[field])


_Kind = Literal[
    "RetryLater", "OutcomeUnknown", "SlotTaken", "Rejected", "ProtocolError", "ConfigError", "Bug", "OSError"
]


@dataclass(frozen=True, slots=True)
class SaidError:
    """An error of the SDK, or one of the system with its number, which says whose a port is."""

    kind: _Kind
    code: Annotated[str, Field(max_length=_LONGEST_CODE)] = ""
    message: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""
    after: timedelta | None = None
    scope: RejectedScope | None = None
    permanent: bool = True
    whose: Literal["ours", "theirs"] = "theirs"
    place: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""
    number: int = 0


def said_error(error: NextVisitError | OSError) -> SaidError:
    """It, to be told. One of a class of the plugin's own is told as what it is one of."""
    if isinstance(error, OSError):
        return SaidError("OSError", number=error.errno or 0)
    code = _plain(error.code, _LONGEST_CODE)
    message = _plain(f"{error}".removeprefix(f"{error.code}: ").removeprefix(error.code), _LONGEST_TEXT)
    match error:
        case RetryLater():
            return SaidError("RetryLater", code, message, after=error.after, scope=error.scope)
        case OutcomeUnknown():
            return SaidError("OutcomeUnknown", code, message)
        case SlotTaken():
            return SaidError("SlotTaken", code, message)
        case Rejected():
            return SaidError("Rejected", code, message, scope=error.scope, permanent=error.permanent)
        case ProtocolError():
            return SaidError("ProtocolError", code, message, whose=error.whose)
        case ConfigError():
            why, place = _plain(error.why, _LONGEST_TEXT), _plain(error.place, _LONGEST_TEXT)
            return SaidError("ConfigError", code, why, place=place)
    return SaidError("Bug", code, message)


def error_of(said: SaidError) -> NextVisitError | OSError:
    """What was told, to be raised."""
    match said.kind:
        case "RetryLater":
            scope: Literal["recipient", "account"] = "recipient" if said.scope == "recipient" else "account"
            return RetryLater(said.code, said.message, after=said.after, scope=scope)
        case "OutcomeUnknown":
            return OutcomeUnknown(said.code, said.message)
        case "SlotTaken":
            return SlotTaken(said.code, said.message)
        case "Rejected":
            return Rejected(
                said.code, said.message, scope=said.scope or "recipient", permanent=said.permanent
            )
        case "ProtocolError":
            return ProtocolError(said.code, said.message, whose=said.whose)
        case "ConfigError":
            return ConfigError(said.code, said.message, place=said.place)
        case "Bug":
            return Bug(said.code, said.message)
        case "OSError":
            return OSError(said.number, "")


def _plain(text: str, longest: int) -> str:
    return text[:longest].encode("utf-8", "replace").decode()
