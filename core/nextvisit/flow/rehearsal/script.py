"""What a rehearsal's script may say, in words: `opens`, `replies choice 2`, `slot 2 taken`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from nextvisit.files.part import did_you_mean
from nextvisit.flow.engine.effects import Action, BookSlot, MakeOffer, SendMessage
from nextvisit.flow.engine.events import (
    BookingFailed,
    CampaignStopped,
    Deferred,
    Delivered,
    DeliveryFailed,
    GoalReached,
    GoneReason,
    Intent,
    NoneFree,
    Opened,
    PatientGone,
    Replied,
    Result,
    SendFailed,
    SendUnknown,
    Signal,
    Skipped,
    SlotGone,
)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event from outside. `event(at, newest message, seq)` makes it; `told` is its line."""

    told: str
    event: Callable[[datetime, str, int], Signal]


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the next fitting action comes out."""

    of: Literal["message", "offer", "booking"]
    ends: str
    result: Callable[[datetime, str], Result]
    choice: int | None = None

    def fits(self, action: Action) -> bool:
        match self.of:
            case "message":
                return isinstance(action, SendMessage)
            case "offer":
                return isinstance(action, MakeOffer)
            case "booking":
                return isinstance(action, BookSlot) and self.choice in {None, action.choice}

    def told(self, action: Action) -> str:
        match action:
            case SendMessage():
                return f"clinic would write `{action.template}` by {action.channels[0].value}: {self.ends}"
            case MakeOffer():
                return f"clinic looks for free times: {self.ends}"
            case _:
                return f"clinic tries to book: {self.ends}"


_GONE: dict[str, tuple[str, GoneReason]] = {
    "dies": ("the MIS says that the patient has died", "deceased"),
    "is merged": ("the MIS merges the patient with another", "merged"),
    "becomes inactive": ("the MIS says that the patient's record is out of use", "inactive"),
    "is erased": ("the patient's data are erased", "erased"),
    "opts out elsewhere": ("the patient opts out elsewhere", "opted_out"),
}

_NEWS: dict[str, Callable[[datetime, str, int], Signal]] = {
    "opens": Opened,
    "is delivered": Delivered,
    "delivery fails": lambda at, message, seq: DeliveryFailed(at, message, "undeliverable", seq),
}

_PREPARED: dict[str, Prepared] = {
    "next message fails": Prepared("message", "refused for good", lambda at, _: SendFailed(at, "rejected")),
    "next message unknown": Prepared("message", "outcome unknown", SendUnknown),
    "next message refused on this channel": Prepared(
        "message", "not on this channel", lambda at, _: Skipped(at, "consent.channel", "rung")
    ),
    "next message refused": Prepared(
        "message", "not this message", lambda at, _: Skipped(at, "frequency.exceeded", "message")
    ),
    "journey refused": Prepared(
        "message", "not at all", lambda at, _: Skipped(at, "consent.none", "journey")
    ),
    "nothing free": Prepared("offer", "nothing free", lambda at, _: NoneFree(at)),
    "booking fails": Prepared("booking", "the MIS refuses", lambda at, _: BookingFailed(at, "rejected")),
}

_REPLY = re.compile(r"replies (\w+)(?: (\d+))?(?: wanting (\d{4}-\d\d-\d\d \d\d:\d\d))?")
_SLOT = re.compile(r"slot (\d+) taken")
_DEFER = re.compile(r"next (message|offer) deferred until (\d{4}-\d\d-\d\d \d\d:\d\d)")


def read_happening(text: str, zone: ZoneInfo) -> Happening | Prepared:
    """One line of a script. Raises ValueError with what would be right."""
    if text in _PREPARED:
        return _PREPARED[text]
    if text in _NEWS:
        told = {"opens": "patient opens it", "is delivered": "it is delivered"}.get(
            text, "it cannot be delivered"
        )
        return Happening(told, _NEWS[text])
    if text in _GONE:
        told, reason = _GONE[text]
        return Happening(told, lambda at, _, seq: PatientGone(at, reason, seq))
    if text == "appointment appears":
        return Happening("the MIS shows an appointment", lambda at, _, seq: GoalReached(at, seq))
    if text == "campaign stops":
        return Happening("the campaign is stopped", lambda at, _, seq: CampaignStopped(at, seq))
    if slot := _SLOT.fullmatch(text):
        ends = f"time {slot[1]} has been taken by somebody else"
        return Prepared("booking", ends, lambda at, _: SlotGone(at), choice=int(slot[1]))
    if defer := _DEFER.fullmatch(text):
        until = _instant(defer[2], zone)
        of: Literal["message", "offer"] = "offer" if defer[1] == "offer" else "message"
        ends = f"not before {defer[2]}"
        return Prepared(of, ends, lambda at, _: Deferred(at, until, "quiet_hours"))
    if reply := _REPLY.fullmatch(text):
        return _reply(reply, zone)
    known = {*_PREPARED, *_NEWS, *_GONE, "appointment appears", "campaign stops", "replies wants_visit"}
    message = f"`{text}` is nothing that can happen{did_you_mean(text, known)}"
    raise ValueError(message)


def _reply(found: re.Match[str], zone: ZoneInfo) -> Happening:
    if found[1] not in set(Intent):
        message = f"`{found[1]}` is no meaning of a reply{did_you_mean(found[1], set(Intent))}"
        raise ValueError(message)
    intent = Intent(found[1])
    choice = int(found[2]) if found[2] else None
    wanted = _instant(found[3], zone) if found[3] else None
    told = f"patient replies: {found[0].removeprefix('replies ')}"
    return Happening(told, lambda at, _, seq: Replied(at, intent, choice=choice, wanted=wanted, seq=seq))


def _instant(text: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone).astimezone(UTC)
