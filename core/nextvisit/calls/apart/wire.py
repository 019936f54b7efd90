"""Frames between a role and a connection's process: a length, a line that says what, and its value.

A frame is bounded, and so is what stands in each line; whatever else comes is not read on.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from nextvisit.calls.apart.values import SaidError
from nextvisit.calls.troubles import TroubleKind

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a frame. The largest page that our client takes is a third of it, in base64."""
_HEAD: Final = struct.Struct(">I")
_Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,80}$")]
_Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)*$", max_length=80)]
_Shown = Annotated[str, Field(pattern=r"^[ -~]*$", max_length=200)]


class BrokenWire(Exception):
    """What came is no frame, or says what nobody may say."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Load and build what the value says."""

    do: Literal["begin"] = "begin"


@dataclass(frozen=True, slots=True)
class Ask:
    """Call this method. Of one that gives pages: be ready to."""

    id: int
    method: str
    do: Literal["ask"] = "ask"


@dataclass(frozen=True, slots=True)
class NextPage:
    """The next page of those that were asked for as `of`."""

    id: int
    of: int
    do: Literal["next_page"] = "next_page"


@dataclass(frozen=True, slots=True)
class Drop:
    """Nobody waits for this call any more, or wants more pages of it."""

    id: int
    do: Literal["drop"] = "drop"


@dataclass(frozen=True, slots=True)
class Granted:
    """To what the plugin wanted of us; without an error it is done."""

    to: int
    error: SaidError | None = None
    do: Literal["granted"] = "granted"


@dataclass(frozen=True, slots=True)
class KeepPace:
    """From now on each request takes its turn."""

    do: Literal["keep_pace"] = "keep_pace"


@dataclass(frozen=True, slots=True)
class Ping:
    """Say that your event loop turns."""

    do: Literal["ping"] = "ping"


Order = Begin | Ask | NextPage | Drop | Granted | KeepPace | Ping
"""What the role says."""


@dataclass(frozen=True, slots=True)
class Built:
    """The plugin is there. name: of its class."""

    name: _Name
    methods: tuple[_Name, ...]
    says: Literal["built"] = "built"


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """It could not be made."""

    error: SaidError
    says: Literal["unbuilt"] = "unbuilt"


@dataclass(frozen=True, slots=True)
class Gave:
    """The answer of a call, or a page. left_out: what `left_out` of the plugin counted meanwhile."""

    id: int
    left_out: Annotated[dict[_Shown, Annotated[int, Field(ge=0, le=1_000_000_000)]], Field(max_length=1_000)]
    says: Literal["gave"] = "gave"


@dataclass(frozen=True, slots=True)
class NoMorePages:
    """There is no further page."""

    id: int
    says: Literal["no_more_pages"] = "no_more_pages"


@dataclass(frozen=True, slots=True)
class Failed:
    """The call, with this."""

    id: int
    error: SaidError
    says: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Wants:
    """Something of us, and waits: a thing put into the inbox of call `of`, a turn, a rest."""

    id: int
    what: Literal["put", "turn", "rest"]
    of: int = 0
    says: Literal["wants"] = "wants"


@dataclass(frozen=True, slots=True)
class Hears:
    """Call `of`, a listener, hears the other side; with an error, it does not."""

    of: int
    error: SaidError | None = None
    says: Literal["hears"] = "hears"


@dataclass(frozen=True, slots=True)
class MetThere:
    """A trouble that the guard or the eye in the process met with (`calls.troubles`)."""

    method: _Name
    kind: TroubleKind
    what: _Shown
    place: _Shown
    times: Annotated[int, Field(ge=1)]
    longest: timedelta
    says: Literal["met"] = "met"


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the plugin's log, by its event alone."""

    code: _Code
    says: Literal["logged"] = "logged"


@dataclass(frozen=True, slots=True)
class Spent:
    """It ends itself, for its memory is used up."""

    says: Literal["spent"] = "spent"


@dataclass(frozen=True, slots=True)
class Pong:
    """The event loop turns."""

    says: Literal["pong"] = "pong"


Word = Built | Unbuilt | Gave | NoMorePages | Failed | Wants | Hears | MetThere | Logged | Spent | Pong
"""What the process says."""

_STRICT: Final = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)
_ORDER: Final[TypeAdapter[tuple[Order]]] = TypeAdapter(
    tuple[Annotated[Order, Field(discriminator="do")]], config=_STRICT
)
_WORD: Final[TypeAdapter[tuple[Word]]] = TypeAdapter(
    tuple[Annotated[Word, Field(discriminator="says")]], config=_STRICT
)


def frame(said: Order | Word, body: bytes = b"") -> bytes:
    """To be sent. Raises BrokenWire when it would be too large."""
    by: TypeAdapter[Any] = _ORDER if hasattr(said, "do") else _WORD
    head = by.dump_json((said,))
    size = len(head) + 1 + len(body)
    if size > LARGEST:
        raise BrokenWire("it is larger than a frame may be")
    return b"".join((_HEAD.pack(size), head, b"\n", body))


def order_of(payload: bytes) -> tuple[Order, bytes]:
    """What a frame of the role says. Raises BrokenWire."""
    head, _, body = payload.partition(b"\n")
    try:
        return _ORDER.validate_json(head)[0], body
    except ValidationError:
        raise BrokenWire("what came is no order") from None


def word_of(payload: bytes) -> tuple[Word, bytes]:
    """What a frame of the process says. Raises BrokenWire."""
    head, _, body = payload.partition(b"\n")
    try:
        return _WORD.validate_json(head)[0], body
    except ValidationError:
        raise BrokenWire("it said what is no word of the wire") from None


class Frames:
    """Bytes, as they come, cut into frames."""

    def __init__(self) -> None:
        self._come = bytearray()

    def cut(self, more: bytes) -> list[bytes]:
        """The frames that are whole now. Raises BrokenWire for one that is announced too large."""
        self._come += more
        whole: list[bytes] = []
        at = 0
        while len(self._come) - at >= _HEAD.size:
            (size,) = _HEAD.unpack_from(self._come, at)
            if size > LARGEST:
                raise BrokenWire("it announced a frame that is too large")
            if len(self._come) - at - _HEAD.size < size:
                break
            at += _HEAD.size
            whole.append(bytes(self._come[at : at + size]))
            at += size
        del self._come[:at]
        return whole
