"""What `offer` asks of its shell, what comes of it, and how a simulation plays it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from nextvisit.flow.engine.effects import Action, Carrier
from nextvisit.flow.engine.phrases import deferral
from nextvisit.flow.engine.play import Phrase, Play, Played, Prepared, fixed
from nextvisit.flow.engine.state import NodeId
from nextvisit.sdk.records import ChannelKind, Purpose, Specialty


@dataclass(frozen=True, slots=True)
class Offered:
    """Slots were found, kept for a while and sent. `count` of them."""

    why: ClassVar[str | None] = None

    at: datetime
    offer: str
    message: str
    count: int
    kind: Literal["offered"] = "offered"


@dataclass(frozen=True, slots=True)
class NoneFree:
    why: ClassVar[str | None] = None

    at: datetime
    kind: Literal["none_free"] = "none_free"


@dataclass(frozen=True, slots=True)
class Booked:
    """`appointment` is our booking id."""

    why: ClassVar[str | None] = None

    at: datetime
    appointment: str
    kind: Literal["booked"] = "booked"


@dataclass(frozen=True, slots=True)
class SlotGone:
    """Somebody else took the slot between offer and choice."""

    why: ClassVar[str | None] = None

    at: datetime
    kind: Literal["slot_gone"] = "slot_gone"


@dataclass(frozen=True, slots=True)
class BookingFailed:
    at: datetime
    code: str
    kind: Literal["booking_failed"] = "booking_failed"

    @property
    def why(self) -> str | None:
        return self.code


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Find free slots, keep them for `hold`, send them as `template` on the rung's channel.

    wanted: a time the patient asked for; slots nearest to it come first. refused: earlier offers of which no
    time is offered again. The ledger key and `in_reply`
    are as for SendMessage; besides the results of its own, those of a send may come back.
    """

    activity: ClassVar[str] = "make_offer"

    node: NodeId
    occurrence: int
    rung: int
    channels: tuple[ChannelKind, ...]
    template: str
    purpose: Purpose
    deadline: datetime
    specialty: Specialty
    slots: int
    hold: timedelta
    wanted: datetime | None = None
    refused: tuple[str, ...] = ()
    in_reply: bool = False
    kind: Literal["make_offer"] = "make_offer"

    @property
    def carrier(self) -> Carrier:
        return Carrier("channel", self.channels[0])

    def play(self, play: Play) -> Played:
        near = f" near {self.wanted.astimezone(play.zone):%d.%m %H:%M}" if self.wanted else ""
        channel = self.channels[0]
        line = f"clinic offers {self.slots} times{near} by {channel}"
        said = play.say(self.template, channel)
        return Played(Offered(play.at, play.name, play.name, self.slots), line, said)


@dataclass(frozen=True, slots=True)
class BookSlot:
    """Book choice `choice` (1-based) of `offer`.

    The booking id is derived from (journey, node, occurrence).
    """

    activity: ClassVar[str] = "book_slot"
    rung: ClassVar[int] = 0

    node: NodeId
    occurrence: int
    offer: str
    choice: int
    kind: Literal["book_slot"] = "book_slot"

    @property
    def carrier(self) -> Carrier:
        return Carrier("mis")

    def play(self, play: Play) -> Played:
        return Played(Booked(play.at, play.name), f"clinic books time {self.choice}")


def _is_offer(action: Action) -> bool:
    return isinstance(action, MakeOffer)


def _is_booking(action: Action) -> bool:
    return isinstance(action, BookSlot)


def _looks(_action: Action) -> str:
    return "clinic looks for free times"


def _tries(_action: Action) -> str:
    return "clinic tries to book"


def _taken(found: re.Match[str], _zone: ZoneInfo) -> Prepared:
    choice = int(found[1])
    return Prepared(
        lambda action: isinstance(action, BookSlot) and action.choice == choice,
        _tries,
        f"time {choice} has been taken by somebody else",
        lambda at, _: SlotGone(at),
    )


PHRASES = (
    fixed("nothing free", Prepared(_is_offer, _looks, "nothing free", lambda at, _: NoneFree(at))),
    fixed(
        "booking fails",
        Prepared(_is_booking, _tries, "the MIS refuses", lambda at, _: BookingFailed(at, "rejected")),
    ),
    Phrase("slot 2 taken", re.compile(r"slot (\d+) taken"), _taken),
    deferral("offer", _is_offer, _looks),
)
