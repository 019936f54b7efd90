"""A compiled campaign: a flat table of nodes that `step` walks. Immutable, like a campaign version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from nextvisit.flow.engine.events import Intent
from nextvisit.flow.engine.state import NodeId, Outcome
from nextvisit.sdk.records import ChannelKind, Purpose, Specialty
from nextvisit.segments.model import Predicate

ConditionId = str
"""`invite.message.0`: the `when` of a message variant or an arm of a branch."""


@dataclass(frozen=True, slots=True)
class Rung:
    """channels: those of the campaign's rung that the site has; empty: the rung is passed over.

    until: the news that stops the climb to the next rung, waited for `lasts`; None: nothing is awaited.
    """

    channels: tuple[ChannelKind, ...]
    until: Literal["delivered", "opened"] | None = None
    lasts: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Variant:
    """A template for those of whom the condition holds; None: for all."""

    condition: ConditionId | None
    template: str


@dataclass(frozen=True, slots=True)
class Send:
    variants: tuple[Variant, ...]
    next: NodeId


@dataclass(frozen=True, slots=True)
class Ask:
    variants: tuple[Variant, ...]
    answers: Mapping[Intent, NodeId]
    silence_after: timedelta
    silence: NodeId


@dataclass(frozen=True, slots=True)
class Pause:
    lasts: timedelta
    next: NodeId


@dataclass(frozen=True, slots=True)
class Listen:
    """`wait_for: reply`: the next reply is matched against the answers of `ask`."""

    ask: NodeId


@dataclass(frozen=True, slots=True)
class Branch:
    """The first arm whose condition holds (None: always), else `otherwise`."""

    arms: tuple[tuple[ConditionId | None, NodeId], ...]
    otherwise: NodeId


@dataclass(frozen=True, slots=True)
class Offer:
    template: str
    specialty: Specialty
    slots: int
    hold: timedelta
    answer_within: timedelta
    booked: NodeId
    none_free: NodeId
    silence: NodeId


@dataclass(frozen=True, slots=True)
class Task:
    queue: str
    next: NodeId


@dataclass(frozen=True, slots=True)
class Jump:
    next: NodeId


@dataclass(frozen=True, slots=True)
class End:
    outcome: Outcome


Node = Send | Ask | Pause | Listen | Branch | Offer | Task | Jump | End


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
