"""A compiled campaign: a flat table of nodes that `step` walks. Immutable, like a campaign version."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from nextvisit.flow.engine.effects import Awaited
from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Opened, Replied, Result
from nextvisit.flow.engine.moves import Turn, illegal, unmoved
from nextvisit.flow.engine.state import NodeId, State
from nextvisit.sdk.records import ChannelKind, Purpose, Specialty
from nextvisit.sdk.replies import Intent
from nextvisit.segments.model import Predicate

ConditionId = str
"""`invite.message.0`: the `when` of a message variant or an arm of a branch."""


@dataclass(frozen=True, slots=True)
class Rung:
    """channels: those of the campaign's rung that the site has; empty: the rung is passed over.

    until: the news that stops the climb to the next rung, waited for `lasts`; None: nothing is awaited.
    """

    channels: tuple[ChannelKind, ...]
    until: Awaited | None = None
    lasts: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Variant:
    """A template for those of whom the condition holds; None: for all."""

    condition: ConditionId | None
    template: str


class Node(ABC):
    """One step as the engine walks it. What a verb does not override cannot happen at its node.

    Each reaction gets the state as it is and says what it comes to; `step` has taken care of what ends a
    journey wherever it stands, of the order of events and of a timer's own arithmetic.
    """

    __slots__ = ()

    @abstractmethod
    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        """The journey has come here; `state.node` is this node already."""

    @abstractmethod
    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        """Where it leads, and whether time passes on the way."""

    def choices(self) -> tuple[tuple[ConditionId | None, str], ...]:
        """Where it chooses by the patient: what is taken on which condition, the first that holds."""
        return ()

    def specialties(self) -> frozenset[Specialty]:
        """What visits it is about."""
        return frozenset()

    def purpose(self, program: Program) -> Purpose:
        """What its messages are for."""
        return program.purpose

    def answer_to(self, intent: Intent) -> NodeId | None:
        """Where an answer of this meaning leads, if this node has asked."""
        del intent
        return None

    def books(self) -> frozenset[str]:
        """The kinds of its actions by which the goal itself may come true."""
        return frozenset()

    def on_result(self, program: Program, state: State, event: Result) -> Turn:
        """Of the action that it asked for."""
        del program
        raise illegal(state, event.kind)

    def on_timer(self, program: Program, state: State, at: datetime) -> Turn:
        """Its wait is over."""
        del program, at
        raise illegal(state, "timer")

    def on_reply(self, program: Program, state: State, event: Replied) -> Turn | None:
        """While it listens. None: the reply says nothing to it."""
        del program, state, event
        return None

    def on_news(self, program: Program, state: State, event: Delivered | Opened | DeliveryFailed) -> Turn:
        """Of a message, perhaps of an earlier node's."""
        del program, event
        return unmoved(state)

    def after_climb(self, state: State, at: datetime) -> Turn:
        """Its message is out on as many rungs as it needs."""
        del at
        raise illegal(state, "climb")


@dataclass(frozen=True, slots=True)
class Program:
    """One campaign version on one site's channels.

    conditions: to be evaluated at enrolment; the ids that hold are the journey's flags.
    """

    campaign: str
    version: str
    purpose: Purpose
    priority: int | None
    ladder: tuple[Rung, ...]
    unknown: Literal["hold", "next_rung"]
    deadline: timedelta
    goal_within: timedelta
    nodes: Mapping[NodeId, Node]
    start: NodeId
    conditions: Mapping[ConditionId, Predicate]
    specialties: frozenset[Specialty]
    templates: frozenset[str]

    def usable_rung(self, lowest: int) -> int | None:
        """The first rung from `lowest` up that has a channel on this site."""
        rungs = range(lowest, len(self.ladder))
        return next((rung for rung in rungs if self.ladder[rung].channels), None)
