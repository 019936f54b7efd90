"""What can happen to a journey. Each carries its instant and a literal tag (it crosses a wire).

Results of effects: Sent, Skipped, Deferred, SendFailed, SendUnknown, Offered, NoneFree, Booked,
SlotGone, BookingFailed, TaskCreated. From outside, numbered (`seq`) by store.journey_events: Delivered,
Opened, DeliveryFailed, Replied, GoalReached, PatientGone, CampaignStopped. From the shell: Started,
Timer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class Intent(StrEnum):
    """What a reply means. Opt-out is found by rules first and wins over everything."""

    WANTS_VISIT = "wants_visit"
    DECLINES = "declines"
    TOO_EXPENSIVE = "too_expensive"
    QUESTION = "question"
    OPT_OUT = "opt_out"
    CHOICE = "choice"  # one of the offered slots
    OTHER_TIMES = "other_times"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    CONFIRM = "confirm"
    HUMAN = "human"
    URGENT = "urgent"
    WRONG_NUMBER = "wrong_number"
    UNCLEAR = "unclear"


SkipScope = Literal["rung", "message", "journey"]
"""How far a refusal reaches: this channel only, this message on any channel, the whole journey."""


@dataclass(frozen=True, slots=True)
class Started:
    at: datetime
    flags: tuple[str, ...] = ()
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Timer:
    """The instant of `wake_at` has come."""

    at: datetime
    kind: Literal["timer"] = "timer"


@dataclass(frozen=True, slots=True)
class Sent:
    at: datetime
    message: str
    kind: Literal["sent"] = "sent"


@dataclass(frozen=True, slots=True)
class Skipped:
    """The gate, or the absence of an address, refused. `reason` is a domain reason code."""

    at: datetime
    reason: str
    scope: SkipScope
    kind: Literal["skipped"] = "skipped"


@dataclass(frozen=True, slots=True)
class Deferred:
    at: datetime
    until: datetime
    reason: str
    kind: Literal["deferred"] = "deferred"


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The provider refused for good; the next rung is tried."""

    at: datetime
    code: str
    kind: Literal["send_failed"] = "send_failed"


@dataclass(frozen=True, slots=True)
class SendUnknown:
    """Claimed and never settled. The campaign's rule for the purpose decides: hold or next rung."""

    at: datetime
    message: str
    kind: Literal["send_unknown"] = "send_unknown"


@dataclass(frozen=True, slots=True)
class Offered:
    """Slots were found, kept for a while and sent. `count` of them."""

    at: datetime
    offer: str
    message: str
    count: int
    kind: Literal["offered"] = "offered"


@dataclass(frozen=True, slots=True)
class NoneFree:
    at: datetime
    kind: Literal["none_free"] = "none_free"


@dataclass(frozen=True, slots=True)
class Booked:
    """`appointment` is our booking id."""

    at: datetime
    appointment: str
    kind: Literal["booked"] = "booked"


@dataclass(frozen=True, slots=True)
class SlotGone:
    """Somebody else took the slot between offer and choice."""

    at: datetime
    kind: Literal["slot_gone"] = "slot_gone"


@dataclass(frozen=True, slots=True)
class BookingFailed:
    at: datetime
    code: str
    kind: Literal["booking_failed"] = "booking_failed"


@dataclass(frozen=True, slots=True)
class TaskCreated:
    at: datetime
    task: str
    kind: Literal["task_created"] = "task_created"


@dataclass(frozen=True, slots=True)
class Delivered:
    at: datetime
    message: str
    seq: int = 0
    kind: Literal["delivered"] = "delivered"


@dataclass(frozen=True, slots=True)
class Opened:
    at: datetime
    message: str
    seq: int = 0
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    at: datetime
    message: str
    code: str
    seq: int = 0
    kind: Literal["delivery_failed"] = "delivery_failed"


@dataclass(frozen=True, slots=True)
class Replied:
    """choice: 1-based index into the open offer. wanted: a time the patient asked for."""

    at: datetime
    intent: Intent
    choice: int | None = None
    wanted: datetime | None = None
    seq: int = 0
    kind: Literal["replied"] = "replied"


@dataclass(frozen=True, slots=True)
class GoalReached:
    """The campaign's goal came true, by us or by anybody."""

    at: datetime
    seq: int = 0
    kind: Literal["goal_reached"] = "goal_reached"


GoneReason = Literal["deceased", "merged", "inactive", "erased", "opted_out"]
"""merged: the MIS has replaced the record by another; inactive: it is out of use."""


@dataclass(frozen=True, slots=True)
class PatientGone:
    at: datetime
    reason: GoneReason
    seq: int = 0
    kind: Literal["patient_gone"] = "patient_gone"


@dataclass(frozen=True, slots=True)
class CampaignStopped:
    at: datetime
    seq: int = 0
    kind: Literal["campaign_stopped"] = "campaign_stopped"


Result = (
    Sent
    | Skipped
    | Deferred
    | SendFailed
    | SendUnknown
    | Offered
    | NoneFree
    | Booked
    | SlotGone
    | BookingFailed
    | TaskCreated
)
"""What an effect came to."""

Signal = Delivered | Opened | DeliveryFailed | Replied | GoalReached | PatientGone | CampaignStopped
"""What reaches a journey from outside, in the order of `seq`."""

Event = Started | Timer | Result | Signal
