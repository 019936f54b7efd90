"""What a journey asks its shell to do.

`step` asks for at most one Action at a time; its Result comes back as an event. Wait is no action:
the shell delivers a Timer at `until` unless something happens before. Finish is always last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from nextvisit.flow.engine.state import NodeId, Outcome
from nextvisit.sdk.records import ChannelKind, Purpose, Specialty

Relay = Literal["delivered", "opened"]
"""Delivery news that the journey wants to hear of a message; failures it always hears."""


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send `template` on the first usable of `channels` (one rung of the ladder).

    (journey, node, occurrence, rung) is the ledger key. deadline: after it the message is skipped.
    in_reply: the patient has just written, so quiet hours do not hold it back.
    """

    node: NodeId
    occurrence: int
    rung: int
    channels: tuple[ChannelKind, ...]
    template: str
    purpose: Purpose
    deadline: datetime
    relay: tuple[Relay, ...] = ()
    in_reply: bool = False
    kind: Literal["send_message"] = "send_message"


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Find free slots, keep them for `hold`, send them as `template` on the rung's channel.

    wanted: a time the patient asked for; slots nearest to it come first. The ledger key and `in_reply`
    are as for SendMessage; besides the results of its own, those of a send may come back.
    """

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
    in_reply: bool = False
    kind: Literal["make_offer"] = "make_offer"


@dataclass(frozen=True, slots=True)
class BookSlot:
    """Book choice `choice` (1-based) of `offer`.

    The booking id is derived from (journey, node, occurrence).
    """

    node: NodeId
    occurrence: int
    offer: str
    choice: int
    kind: Literal["book_slot"] = "book_slot"


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Ask staff. `queue` is who (`reception`), `reason` an enum-like code, never a text."""

    node: NodeId
    occurrence: int
    queue: str
    reason: str
    kind: Literal["create_task"] = "create_task"


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime
    kind: Literal["wait"] = "wait"


@dataclass(frozen=True, slots=True)
class Finish:
    outcome: Outcome
    kind: Literal["finish"] = "finish"


Action = SendMessage | MakeOffer | BookSlot | CreateTask
Effect = Action | Wait | Finish
