"""(program, state, event) → (state, effects). Docs: docs/flow_semantics.md.

Laws: one action out at a time; a state that is neither acting nor ended always waits for something; an
ended journey never changes; an event that cannot happen raises Bug and changes nothing. Signals that
come while an action is out wait in `heard`, except for those that end the journey. What a step of a
campaign does is its verb's business (`flow.verbs`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.answering import TAKEN_OVER, on_answering_task, on_reply
from nextvisit.flow.engine.effects import Effect
from nextvisit.flow.engine.events import (
    CampaignStopped,
    Delivered,
    DeliveryFailed,
    Event,
    GoalReached,
    Opened,
    PatientGone,
    Replied,
    Result,
    Signal,
    Started,
    TaskCreated,
    Timer,
)
from nextvisit.flow.engine.moves import Go, Stay, Turn, finish, illegal, unmoved
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, Ended, Entered, Heard, New, NodeId, Outcome, Pausing, State
from nextvisit.sdk.replies import Intent

MOST_ENTERED = 50
"""Nodes entered in one journey; a campaign that needs more has lost its way, and staff take over."""

MOST_HEARD = 20
"""Signals kept while an action is out; the oldest go first."""

_GONE = {
    "deceased": Outcome.DECEASED,
    "merged": Outcome.MERGED,
    "inactive": Outcome.INACTIVE,
    "test": Outcome.TEST,
    "restricted": Outcome.RESTRICTED,
    "erased": Outcome.ERASED,
    "opted_out": Outcome.OPTED_OUT,
    "staff": Outcome.STOPPED,
}


def begin(program: Program, at: datetime, flags: tuple[str, ...] = ()) -> State:
    """A journey before its Started event. The campaign's patience counts from `at`."""
    return State(node=program.start, flags=flags, goal_by=at + program.goal_within)


def step(program: Program, state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """What the event comes to. Raises Bug for an event that cannot happen in this state."""
    if isinstance(state.phase, Ended):
        return state, ()
    if isinstance(event, Signal):
        state = replace(state, seen=max(state.seen, event.seq))
    stay = _arrive(program, _react(program, state, event), event.at)
    while stay.state.heard and isinstance(stay.state.phase, Pausing):
        first, *rest = stay.state.heard
        turn = _on_signal(program, replace(stay.state, heard=tuple(rest)), replace(first, at=event.at))
        stay = _arrive(program, turn, event.at)
    return stay.state, stay.effects


def _react(program: Program, state: State, event: Event) -> Turn:
    if isinstance(event, Started):
        if not isinstance(state.phase, New):
            raise illegal(state, event.kind)
        return Go(replace(state, flags=event.flags or state.flags), program.start)
    if isinstance(event, Timer):
        return _on_timer(program, state, event.at)
    if isinstance(event, Signal):
        return _on_signal(program, state, event)
    return _on_result(program, state, event)


def _on_timer(program: Program, state: State, at: datetime) -> Turn:
    if not isinstance(state.phase, Pausing):
        raise illegal(state, "timer")
    if at < state.phase.wake_at:
        return unmoved(state)
    if state.goal_by is not None and at >= state.goal_by:
        return finish(state, Outcome.COMPLETED)
    state = replace(state, replying=False, reason=TaskReason.SILENCE)
    return program.nodes[state.node].on_timer(program, state, at)


def _on_signal(program: Program, state: State, event: Signal) -> Turn:
    match event:
        case PatientGone():
            return finish(state, _GONE[event.reason])
        case CampaignStopped():
            return finish(state, Outcome.STOPPED)
        case GoalReached():
            return _on_goal(program, state)
        case Replied(intent=Intent.OPT_OUT):
            return finish(state, Outcome.OPTED_OUT)
        case Replied(intent=intent) if intent in TAKEN_OVER:
            return finish(state, Outcome.HANDED_OVER)
        case Replied() | Delivered() | Opened() | DeliveryFailed():
            return _on_word(program, state, event)
        case _:
            assert_never(event)


def _on_word(program: Program, state: State, event: Heard) -> Turn:
    if isinstance(state.phase, Acting | New):
        return unmoved(replace(state, heard=(*state.heard, event)[-MOST_HEARD:]))
    if isinstance(event, Replied):
        return on_reply(program, state, event)
    return program.nodes[state.node].on_news(program, state, event)


def _on_goal(program: Program, state: State) -> Turn:
    """The MIS tells us of our own booking too: then the journey goes on to confirm it."""
    if state.booked:
        return unmoved(state)
    if isinstance(state.phase, Acting) and state.phase.action in program.nodes[state.node].books():
        return unmoved(replace(state, goal=True))
    return finish(state, Outcome.GOAL)


def _on_result(program: Program, state: State, event: Result) -> Turn:
    if not isinstance(state.phase, Acting):
        raise illegal(state, event.kind)
    if state.phase.answering:
        if not isinstance(event, TaskCreated):
            raise illegal(state, event.kind)
        return on_answering_task(program, state, state.phase.resume, event.at)
    return program.nodes[state.node].on_result(program, state, event)


def _arrive(program: Program, turn: Turn, at: datetime) -> Stay:
    while isinstance(turn, Go):
        turn = _enter(program, turn.state, turn.node, at)
    return turn


def _enter(program: Program, state: State, here: NodeId, at: datetime) -> Turn:
    if sum(each.times for each in state.entered) >= MOST_ENTERED:
        return finish(state, Outcome.HANDED_OVER)
    state = replace(state, node=here, entered=_counted(state, here))
    return program.nodes[here].enter(program, state, at)


def _counted(state: State, here: NodeId) -> tuple[Entered, ...]:
    if any(each.node == here for each in state.entered):
        return tuple(
            Entered(each.node, each.times + 1) if each.node == here else each for each in state.entered
        )
    return (*state.entered, Entered(here, 1))
