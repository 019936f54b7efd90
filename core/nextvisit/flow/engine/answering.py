"""A reply, matched against the open offer, then the answers of the most recent ask, then the defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.engine.events import Replied
from nextvisit.flow.engine.moves import Go, Stay, Turn, finish, wait
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, Climbing, Listening, Outcome, Pausing, State
from nextvisit.sdk.replies import Intent

MOST_TASKS = 3
"""Tasks for replies that a campaign does not answer; the next such reply hands the patient over."""

TAKEN_OVER = frozenset({Intent.URGENT, Intent.DECEASED, Intent.HOLD})
"""A person has a task already, by whoever told the journey; it ends wherever it stands."""

UNANSWERABLE = TAKEN_OVER | {Intent.OPT_OUT}
"""What no campaign can answer."""

_HANDS_OVER = frozenset({Intent.WRONG_NUMBER, Intent.HUMAN, Intent.COMPLAINT, Intent.ALREADY_BOOKED})
"""Unless the campaign answers them itself: no further message of ours, a person takes over."""

_HANDS_OVER_A_VISIT = frozenset({Intent.CANCEL, Intent.RESCHEDULE})
"""The same, once we have booked: what would follow is about a visit that may be none any more."""


def on_reply(program: Program, state: State, event: Replied) -> Turn:
    """For a state with no action out, and nothing that ends a journey wherever it stands."""
    reason = TaskReason(event.intent)
    # words that change nothing (an unclear reply) do not lift quiet hours from what a timer sends later
    answered = replace(state, replying=True, reason=reason, wanted=event.wanted or state.wanted)
    if isinstance(state.phase, Listening):
        turn = program.nodes[state.node].on_reply(program, answered, event)
        if turn is not None:
            return turn
    answer = None if state.ask is None else program.nodes[state.ask].answer_to(event.intent)
    if answer is not None:
        return Go(answered, answer)
    if event.intent is Intent.DECLINES:
        return finish(answered, Outcome.COMPLETED)
    if state.tasks >= MOST_TASKS:
        return finish(answered, Outcome.HANDED_OVER)
    hands_over = event.intent in _HANDS_OVER or (state.booked and event.intent in _HANDS_OVER_A_VISIT)
    resume = state.phase if isinstance(state.phase, Pausing) and not hands_over else None
    task = CreateTask(state.node, state.tasks + 1, RECEPTION, reason)
    acting = Acting(task.kind, answering=True, resume=resume)
    return Stay(replace(state, phase=acting, tasks=state.tasks + 1), (task,))


def on_answering_task(program: Program, state: State, resume: Pausing | None, at: datetime) -> Turn:
    """The task for a reply is made: the journey goes on as it was, or a person has taken over."""
    if resume is None:
        return finish(state, Outcome.HANDED_OVER)
    if isinstance(resume, Climbing):
        # the patient has written, so there is nobody left to climb to
        return program.nodes[state.node].after_climb(state, at)
    return wait(state, type(resume), resume.wake_at)
