"""A reply, matched against the open offer, then the answers of the most recent ask, then the defaults."""

from __future__ import annotations

from dataclasses import replace

from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.engine.events import Intent, Replied
from nextvisit.flow.engine.moves import Go, Turn, act, finish
from nextvisit.flow.engine.offering import on_offer_reply
from nextvisit.flow.engine.program import Ask, Offer, Program
from nextvisit.flow.engine.state import Outcome, Phase, State

MOST_TASKS = 3
"""Tasks for replies that a campaign does not answer; the next such reply hands the patient over."""

HANDS_OVER = frozenset({Intent.WRONG_NUMBER, Intent.URGENT, Intent.HUMAN})
"""Unless the campaign answers them itself: no further message of ours, a person takes over."""


def on_reply(program: Program, state: State, event: Replied) -> Turn:
    """For a state with no action out."""
    if event.intent is Intent.OPT_OUT:
        return finish(state, Outcome.OPTED_OUT)
    # words that change nothing (an unclear reply) do not lift quiet hours from what a timer sends later
    answered = replace(state, replying=True, reason=event.intent.value, wanted=event.wanted or state.wanted)
    if state.phase is Phase.LISTENING and isinstance(program.nodes[state.node], Offer):
        turn = on_offer_reply(program, answered, event)
        if turn is not None:
            return turn
    ask = program.nodes[state.ask] if state.ask is not None else None
    if isinstance(ask, Ask) and event.intent in ask.answers:
        return Go(answered, ask.answers[event.intent])
    if event.intent is Intent.DECLINES:
        return finish(answered, Outcome.COMPLETED)
    if state.tasks >= MOST_TASKS:
        return finish(answered, Outcome.HANDED_OVER)
    resume = None if event.intent in HANDS_OVER else state.phase
    asked = replace(state, tasks=state.tasks + 1, resume=resume)
    return act(asked, CreateTask(asked.node, asked.tasks, "reception", event.intent.value))
