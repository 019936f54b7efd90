"""What a reaction comes to: stay at a node with effects, or go on to another node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from nextvisit.flow.engine.effects import Action, Effect, Finish, Wait
from nextvisit.flow.engine.state import Acting, Ended, NodeId, Outcome, Pausing, State
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
    return Stay(replace(state, phase=Acting(action.kind)), (action,))


def wait(state: State, phase: Callable[[datetime], Pausing], until: datetime) -> Stay:
    """Pause in `phase`, never longer than until the campaign's patience ends."""
    wake_at = min(until, state.goal_by) if state.goal_by else until
    return Stay(replace(state, phase=phase(wake_at)), (Wait(wake_at),))


def unmoved(state: State) -> Stay:
    """Nothing changes. A wait goes on, and is asked for again, because any event ends the shell's wait."""
    return Stay(state, (Wait(state.phase.wake_at),) if isinstance(state.phase, Pausing) else ())


def finish(state: State, outcome: Outcome) -> Stay:
    """The end. After a booking, running out in whatever way is the goal reached."""
    if (state.booked or state.goal) and outcome in _GIVES_WAY_TO_GOAL:
        outcome = Outcome.GOAL
    return Stay(replace(state, phase=Ended(outcome), heard=()), (Finish(outcome),))


def occurrence(state: State) -> int:
    """How often the node was entered: tells its sends apart."""
    return next(entered.times for entered in state.entered if entered.node == state.node)


def illegal(state: State, kind: str) -> Bug:
    """The shell gave an event that cannot happen here."""
    doing = state.phase.action if isinstance(state.phase, Acting) else ""
    return Bug("flow.illegal_event", f"{kind} at {state.node} while {state.phase.name} ({doing})")
