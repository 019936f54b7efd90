"""What a reaction comes to: stay at a node with effects, or go on to another node."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from nextvisit.flow.engine.effects import (
    Action,
    BookSlot,
    CreateTask,
    Effect,
    Finish,
    MakeOffer,
    SendMessage,
    Wait,
)
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, NodeId, Outcome, Phase, State
from nextvisit.sdk.errors import Bug


@dataclass(frozen=True, slots=True)
class Stay:
    state: State
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Go:
    state: State
    node: NodeId


Turn = Stay | Go

_GIVES_WAY_TO_GOAL = {Outcome.COMPLETED, Outcome.HANDED_OVER, Outcome.UNREACHABLE, Outcome.SKIPPED}


def act(state: State, action: Action) -> Stay:
    """One action out; its result comes back as an event."""
    acting: Acting
    match action:
        case SendMessage():
            acting = "send"
        case MakeOffer():
            acting = "offer"
        case BookSlot():
            acting = "book"
        case CreateTask():
            acting = "task"
        case _:
            assert_never(action)
    wake_at = state.wake_at if state.resume else None
    return Stay(replace(state, phase=Phase.ACTING, acting=acting, wake_at=wake_at), (action,))


def wait(state: State, phase: Phase, until: datetime) -> Stay:
    """Wait in `phase`, never longer than until the campaign's patience ends."""
    wake_at = min(until, state.goal_by) if state.goal_by else until
    return Stay(replace(state, phase=phase, acting=None, wake_at=wake_at), (Wait(wake_at),))


def unmoved(state: State) -> Stay:
    """Nothing changes. A wait goes on, and is asked for again, because any event ends the shell's wait."""
    return Stay(state, (Wait(state.wake_at),) if state.wake_at and state.phase is not Phase.ACTING else ())


def finish(state: State, outcome: Outcome) -> Stay:
    """The end. After a booking, running out in whatever way is the goal reached."""
    if (state.booked or state.goal) and outcome in _GIVES_WAY_TO_GOAL:
        outcome = Outcome.GOAL
    ended = replace(
        state, phase=Phase.ENDED, acting=None, resume=None, wake_at=None, heard=(), outcome=outcome
    )
    return Stay(ended, (Finish(outcome),))


def occurrence(state: State) -> int:
    """How often the node was entered: tells its sends apart."""
    return next((visit.times for visit in state.visits if visit.node == state.node), 0)


def usable_rung(program: Program, lowest: int) -> int | None:
    """The first rung from `lowest` up that has a channel on this site."""
    rungs = range(lowest, len(program.ladder))
    return next((rung for rung in rungs if program.ladder[rung].channels), None)


def illegal(state: State, kind: str) -> Bug:
    """The shell gave an event that cannot happen here."""
    return Bug("flow.illegal_event", f"{kind} at {state.node} while {state.phase} ({state.acting})")
