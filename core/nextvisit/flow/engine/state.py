"""Where a journey stands. Serialisable, holds opaque ids, enums and instants only.

What belongs to one phase lives with that phase; `TRANSITIONS` says which phase may follow which on what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, NewType

from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Opened, Replied

NodeId = NewType("NodeId", str)
"""A node of a program: the step's id, or a path such as `invite.answers.too_expensive.0`."""


class Outcome(StrEnum):
    """How a journey ended."""

    COMPLETED = "completed"  # reached `end`
    GOAL = "goal"
    OPTED_OUT = "opted_out"
    DECEASED = "deceased"
    MERGED = "merged"
    INACTIVE = "inactive"  # the MIS says that the record is out of use
    TEST = "test"  # the MIS says that the record is a test and nobody's
    RESTRICTED = "restricted"  # the MIS says that the record is very restricted
    ERASED = "erased"
    STOPPED = "stopped"  # a person stopped the journey, or its campaign
    HANDED_OVER = "handed_over"  # a task for staff took over
    UNREACHABLE = "unreachable"  # no rung of the ladder could be used
    SKIPPED = "skipped"  # the gate refused the whole journey


@dataclass(frozen=True, slots=True)
class New:
    """Not begun."""

    name: Literal["new"] = "new"


@dataclass(frozen=True, slots=True)
class PutOff:
    """The gate said: not before `wake_at`."""

    wake_at: datetime
    name: Literal["put_off"] = "put_off"


@dataclass(frozen=True, slots=True)
class Climbing:
    """Sent; waits for the rung's `until` before the next rung."""

    wake_at: datetime
    name: Literal["climbing"] = "climbing"


@dataclass(frozen=True, slots=True)
class Listening:
    """Sent; waits for an answer, or for silence to last."""

    wake_at: datetime
    name: Literal["listening"] = "listening"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plain wait."""

    wake_at: datetime
    name: Literal["waiting"] = "waiting"


Pausing = PutOff | Climbing | Listening | Waiting
"""A phase that a timer ends."""


@dataclass(frozen=True, slots=True)
class Acting:
    """An action is out. action: its kind.

    answering: it is a task for a reply that the campaign has no answer to. resume: the phase to go back to
    after that task; None: a person takes over.
    """

    action: str
    answering: bool = False
    resume: Pausing | None = None
    name: Literal["acting"] = "acting"


@dataclass(frozen=True, slots=True)
class Ended:
    """For good."""

    outcome: Outcome
    name: Literal["ended"] = "ended"


Phase = New | Acting | Pausing | Ended
"""What the journey is doing at its node."""

Heard = Replied | Delivered | Opened | DeliveryFailed
"""A signal that came while an action was out; it is taken up when the action's result is in."""


@dataclass(frozen=True, slots=True)
class Entered:
    """How often a node was entered; bounds loops and numbers the sends of a node."""

    node: NodeId
    times: int


@dataclass(frozen=True, slots=True)
class InHand:
    """The message of this node.

    rung: the one that is tried. deadline: of the message on this rung. message: the newest that went out.
    out: all that went out and did not fail. last_sent: when the newest went out, or might have.
    """

    rung: int = 0
    deadline: datetime | None = None
    message: str | None = None
    out: tuple[str, ...] = ()
    last_sent: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """The times on offer. slots: how many."""

    offer: str
    slots: int


@dataclass(frozen=True, slots=True)
class State:
    """One journey's state between two events.

    seen: number of the last journey event consumed (see store.journeys.journey_events); 0 for none.
    rung: index into the ladder; it never goes down within a journey, so that later messages start
        where the patient was last reached.
    goal_by: when the campaign's patience ends; None once we have booked.
    in_hand, offer: of this node. wanted: a time that the patient asked for.
    flags: the campaign's conditions that held for the patient at enrolment, by condition id.
    ask: the ask whose answers a reply is matched against.
    heard: what came before the journey began or while an action is out.
    replying: the patient's word, and no timer, led here.
    reason: what led here, as a task for staff names it.
    tasks: how many tasks there were for replies that the campaign has no answer to.
    refused: the offers whose times the patient did not want.
    booked: we booked. goal: the goal came true while our own booking was out.
    """

    node: NodeId
    phase: Phase = New()
    seen: int = 0
    rung: int = 0
    entered: tuple[Entered, ...] = ()
    goal_by: datetime | None = None
    in_hand: InHand = InHand()
    offer: OpenOffer | None = None
    wanted: datetime | None = None
    flags: tuple[str, ...] = ()
    ask: NodeId | None = None
    heard: tuple[Heard, ...] = ()
    replying: bool = False
    reason: TaskReason = TaskReason.CAMPAIGN
    tasks: int = 0
    refused: tuple[str, ...] = ()
    booked: bool = False
    goal: bool = False

    @property
    def wake_at(self) -> datetime | None:
        """When a Timer event is due, if one is."""
        return self.phase.wake_at if isinstance(self.phase, Pausing) else None

    @property
    def outcome(self) -> Outcome | None:
        """None while the journey runs."""
        return self.phase.outcome if isinstance(self.phase, Ended) else None


PhaseName = Literal["new", "acting", "put_off", "climbing", "listening", "waiting", "ended"]
Cause = Literal["started", "timer", "result", "reply", "news", "goal", "end"]
"""What an event is to the table: `news` are delivered, opened and delivery_failed; `end` is whatever ends a
journey from outside (the patient is gone or opts out, a person has taken over, the campaign is stopped)."""

_ANYWHERE: tuple[PhaseName, ...] = ("acting", "listening", "waiting", "ended")

TRANSITIONS: Mapping[tuple[PhaseName, Cause], tuple[PhaseName, ...]] = MappingProxyType(
    {
        ("new", "started"): ("acting", "waiting", "ended"),
        ("new", "reply"): ("new",),
        ("new", "news"): ("new",),
        ("new", "goal"): ("ended",),
        ("new", "end"): ("ended",),
        ("acting", "result"): ("acting", "put_off", "climbing", "listening", "waiting", "ended"),
        ("acting", "reply"): ("acting",),
        ("acting", "news"): ("acting",),
        ("acting", "goal"): ("acting", "ended"),
        ("acting", "end"): ("ended",),
        ("put_off", "timer"): ("put_off", "acting", "ended"),
        ("put_off", "reply"): _ANYWHERE,
        ("put_off", "news"): ("put_off",),
        ("put_off", "goal"): ("put_off", "ended"),
        ("put_off", "end"): ("ended",),
        ("climbing", "timer"): ("climbing", "acting", "ended"),
        ("climbing", "reply"): _ANYWHERE,
        ("climbing", "news"): ("climbing", *_ANYWHERE),
        ("climbing", "goal"): ("climbing", "ended"),
        ("climbing", "end"): ("ended",),
        ("listening", "timer"): _ANYWHERE,
        ("listening", "reply"): _ANYWHERE,
        ("listening", "news"): ("listening", "acting", "ended"),
        ("listening", "goal"): ("listening", "ended"),
        ("listening", "end"): ("ended",),
        ("waiting", "timer"): _ANYWHERE,
        ("waiting", "reply"): _ANYWHERE,
        ("waiting", "news"): ("waiting",),
        ("waiting", "goal"): ("waiting", "ended"),
        ("waiting", "end"): ("ended",),
    }
)
"""What may follow. A pair that is not here cannot happen and raises Bug, but for an ended journey, which
never changes."""
