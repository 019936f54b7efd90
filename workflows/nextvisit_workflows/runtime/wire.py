"""Everything that crosses Temporal, and the names it crosses under.

Opaque ids, enums and instants only. Histories outlive releases: never rename an activity, a signal, a
workflow or a field; new fields get defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, assert_never

from pydantic import Field

from nextvisit.flow.engine.effects import Carrier
from nextvisit.flow.engine.events import Signal
from nextvisit.flow.engine.follow import Past
from nextvisit.flow.engine.state import NodeId, Outcome, State
from nextvisit.flow.verbs import AnyEffect, AnyResult
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind

QUEUE_JOURNEYS = "journeys"
QUEUE_MIS = "mis"
QUEUE_BULK = "bulk"

_BY_KIND = Field(discriminator="kind")
TaggedSignal = Annotated[Signal, _BY_KIND]
TaggedEffect = Annotated[AnyEffect, _BY_KIND]
TaggedPast = Annotated[Past, _BY_KIND]
TaggedResult = Annotated[AnyResult, _BY_KIND]


def queue_of(kind: ChannelKind) -> str:
    """The task queue of one kind of channel; its rate limit is the provider's."""
    return f"send-{kind}"


def queue_for(carrier: Carrier) -> str:
    """Where an action waits for whoever carries it out."""
    match carrier.what:
        case "channel":
            if carrier.channel is None:
                raise Bug("carrier.no_channel", "an action goes by a channel and names none")
            return queue_of(carrier.channel)
        case "mis":
            return QUEUE_MIS
        case "store":
            return QUEUE_JOURNEYS
        case _:
            assert_never(carrier.what)


def journey_workflow_id(journey: str) -> str:
    """The workflow of a journey."""
    return f"journey:{journey}"


@dataclass(frozen=True, slots=True)
class JourneyIn:
    """A journey from its beginning (`state` is None) or from where it stands.

    channels: what the site had when the journey was enrolled; a channel added later must not change its
    history. pending: the effects of the step that led to `state`. backlog: signals after `state.seen`.
    actions: how many it has asked for. past: what it consumed since it asked for the last of them.
    """

    journey: str
    campaign: str
    version: str
    enrolled_at: datetime
    channels: tuple[ChannelKind, ...]
    flags: tuple[str, ...] = ()
    state: State | None = None
    pending: tuple[TaggedEffect, ...] = ()
    backlog: tuple[TaggedSignal, ...] = ()
    actions: int = 0
    past: tuple[TaggedPast, ...] = ()


@dataclass(frozen=True, slots=True)
class SignalIn:
    """One numbered event from outside."""

    event: TaggedSignal


@dataclass(frozen=True, slots=True)
class ActionIn:
    """Carry out the journey's action with this number, counted from 1.

    past: what the journey consumed since it asked for the one before. What the action is follows from that
    and from what the store has of the journey; node and occurrence are what the workflow takes it for.
    """

    journey: str
    number: int
    past: tuple[TaggedPast, ...]
    node: NodeId
    occurrence: int


@dataclass(frozen=True, slots=True)
class ActionOut:
    """What the effect came to. news: signals that the gate found in the store before they got here."""

    result: TaggedResult
    news: tuple[TaggedSignal, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishIn:
    """The journey is over: `past` led from its last action, `number`, to `outcome`."""

    journey: str
    number: int
    past: tuple[TaggedPast, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CampaignRunIn:
    """Fire `campaign` by its schedule. last: the firing before this run."""

    campaign: str
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextFiringIn:
    """When, after `after`, does the campaign fire?"""

    campaign: str
    after: datetime


@dataclass(frozen=True, slots=True)
class NextFiringOut:
    """due_at is None while there is nothing to wait for: not running, or no schedule."""

    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class FireIn:
    """Enrol what the segment holds. due_at: an instant of its schedule; a firing repeated changes nothing."""

    campaign: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class FireOut:
    """What one firing came to; `fired` is False when the campaign was not running."""

    fired: bool
    contacted: int = 0
    held_out: int = 0
    over_pace: int = 0


@dataclass(frozen=True, slots=True)
class MisSyncIn:
    """Pull `source` every `every` (by the clinic's clock)."""

    source: str
    every: timedelta


@dataclass(frozen=True, slots=True)
class PullIn:
    """Pull what is new in `source`."""

    source: str


@dataclass(frozen=True, slots=True)
class PullOut:
    """How much came."""

    pages: int
    things: int


@dataclass(frozen=True, slots=True)
class UpkeepIn:
    """Tidy up every `every` (by the clinic's clock)."""

    every: timedelta


@dataclass(frozen=True, slots=True)
class UpkeepOut:
    """What was tidied up."""

    claims_unknown: int
