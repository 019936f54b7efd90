"""Where a journey stands. Serialisable, holds opaque ids, enums and instants only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Opened, Replied

NodeId = NewType("NodeId", str)
"""A node of a program: the step's id, or a path such as `invite.answers.too_expensive.0`."""


class Phase(StrEnum):
    """What the journey is doing at its node."""

    NEW = "new"
    ACTING = "acting"  # an effect with a result is out
    DEFERRED = "deferred"  # the gate said: not before `wake_at`
    CLIMBING = "climbing"  # sent; waits for the rung's `until` before the next rung
    LISTENING = "listening"  # sent; waits for an answer, or for silence to last
    WAITING = "waiting"  # a plain wait
    ENDED = "ended"


class Outcome(StrEnum):
    """How a journey ended."""

    COMPLETED = "completed"  # reached `end`
    GOAL = "goal"
    OPTED_OUT = "opted_out"
    DECEASED = "deceased"
    MERGED = "merged"
    INACTIVE = "inactive"  # the MIS says that the record is out of use
    ERASED = "erased"
    STOPPED = "stopped"  # the campaign was stopped
    HANDED_OVER = "handed_over"  # a task for staff took over
    UNREACHABLE = "unreachable"  # no rung of the ladder could be used
    SKIPPED = "skipped"  # the gate refused the whole journey


@dataclass(frozen=True, slots=True)
class Visit:
    """How often a node was entered; bounds loops and numbers the sends of a node."""

    node: NodeId
    times: int


Acting = Literal["send", "offer", "book", "task"]
"""Which action is out."""

Heard = Replied | Delivered | Opened | DeliveryFailed
"""A signal that came while an action was out; it is taken up when the action's result is in."""


@dataclass(frozen=True, slots=True)
class State:
    """One journey's state between two events.

    seen: number of the last journey event consumed (see store.journeys.journey_events); 0 for none.
    rung: index into the ladder; it never goes down within a journey, so that later messages start
        where the patient was last reached.
    wake_at: when a Timer event is due, if one is.
    goal_by: when the campaign's patience ends; None once we have booked.
    message: the newest message of this node. out: all of its messages that went out and did not fail.
    flags: the campaign's conditions that held for the patient at enrolment, by condition id.
    trying: the rung of the message in hand. deadline, last_sent: of the message in hand.
    ask: the ask whose answers a reply is matched against.
    resume: the phase to go back to after a task for a reply that the campaign has no answer to.
    replying: the patient's word, and no timer, led here.
    reason: what led here, as a task for staff names it.
    slots: how many the open offer holds. tasks: how many such tasks there were.
    booked: we booked. goal: the goal came true while our own booking was out.
    """

    node: NodeId
    phase: Phase = Phase.NEW
    seen: int = 0
    rung: int = 0
    visits: tuple[Visit, ...] = ()
    wake_at: datetime | None = None
    goal_by: datetime | None = None
    message: str | None = None
    offer: str | None = None
    wanted: datetime | None = None
    choice: int | None = None
    flags: tuple[str, ...] = ()
    outcome: Outcome | None = None
    acting: Acting | None = None
    resume: Phase | None = None
    trying: int = 0
    deadline: datetime | None = None
    last_sent: datetime | None = None
    out: tuple[str, ...] = ()
    ask: NodeId | None = None
    heard: tuple[Heard, ...] = ()
    replying: bool = False
    reason: str = "campaign"
    slots: int = 0
    tasks: int = 0
    booked: bool = False
    goal: bool = False
