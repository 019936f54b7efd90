"""Sending: a message climbs the ladder until it is seen, refused for good, or out of rungs.

The hard part is that a message may be out on several rungs at once. `out` holds those that have not
failed: while one of them is out the patient may still answer, so the journey is not unreachable.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import (
    Deferred,
    Delivered,
    DeliveryFailed,
    Opened,
    SendFailed,
    SendUnknown,
    Sent,
    Skipped,
)
from nextvisit.flow.engine.moves import (
    Go,
    Stay,
    Turn,
    act,
    finish,
    illegal,
    occurrence,
    unmoved,
    usable_rung,
    wait,
)
from nextvisit.flow.engine.program import Ask, Program, Send, Variant
from nextvisit.flow.engine.state import Outcome, Phase, State

SendResult = Sent | Skipped | Deferred | SendFailed | SendUnknown


def begin_message(program: Program, state: State, at: datetime) -> Turn:
    """The node's message, from the rung on which the patient was last reached."""
    state = replace(state, message=None, out=(), last_sent=None)
    return climb_from(program, state, at, state.rung)


def climb_from(program: Program, state: State, at: datetime, lowest: int) -> Turn:
    """Try the next usable rung; when there is none, be content with what is out."""
    rung = usable_rung(program, lowest)
    if rung is not None:
        return send(program, replace(state, trying=rung, deadline=at + program.deadline), at)
    return settled(program, state, at) if state.out else finish(state, Outcome.UNREACHABLE)


def send(program: Program, state: State, at: datetime) -> Stay:
    """Send on the rung in hand; again after a deferral, under the same key and deadline."""
    node, rung = _sending(program, state), program.ladder[state.trying]
    relays = rung.until is not None and not state.replying and _higher(program, state) is not None
    return act(
        state,
        SendMessage(
            node=state.node,
            occurrence=occurrence(state),
            rung=state.trying,
            channels=rung.channels,
            template=pick(node.variants, state.flags),
            purpose=program.purpose,
            deadline=state.deadline or at + program.deadline,
            relay=(rung.until,) if rung.until is not None and relays else (),
            in_reply=state.replying,
        ),
    )


def settled(program: Program, state: State, at: datetime) -> Turn:
    """The climb is over: a send goes on, an ask listens; silence counts from the last that went out."""
    node = _sending(program, state)
    match node:
        case Send():
            return Go(state, node.next)
        case Ask():
            return wait(state, Phase.LISTENING, (state.last_sent or at) + node.silence_after)
        case _:
            assert_never(node)


def on_result(program: Program, state: State, event: SendResult) -> Turn:
    match event:
        case Sent():
            state = replace(state, rung=max(state.rung, state.trying))
            return _went_out(program, state, event.message, event.at)
        case SendUnknown() if program.unknown == "hold":
            return _went_out(program, state, event.message, event.at)
        case SendUnknown():
            state = replace(state, out=(*state.out, event.message), last_sent=event.at)
            return climb_from(program, state, event.at, state.trying + 1)
        case SendFailed() | Skipped(scope="rung"):
            return climb_from(program, state, event.at, state.trying + 1)
        case Skipped(scope="message"):
            return settled(program, replace(state, last_sent=state.last_sent or event.at), event.at)
        case Skipped(scope="journey"):
            return finish(state, Outcome.SKIPPED)
        case Skipped():
            raise illegal(state, event.kind)
        case Deferred():
            return wait(state, Phase.DEFERRED, event.until)
        case _:
            assert_never(event)


def on_news(program: Program, state: State, event: Opened | Delivered | DeliveryFailed) -> Turn:
    """News of a message of this node; old news of earlier nodes changes nothing."""
    if event.message not in state.out:
        return unmoved(state)
    if isinstance(event, DeliveryFailed):
        return _failed_late(program, state, event)
    if state.phase is not Phase.CLIMBING:
        return unmoved(state)
    awaited = program.ladder[state.trying].until
    arrived = awaited == "delivered" and event.message == state.message
    return settled(program, state, event.at) if isinstance(event, Opened) or arrived else unmoved(state)


def pick(variants: tuple[Variant, ...], flags: tuple[str, ...]) -> str:
    """The template of the first variant that is for this patient."""
    return next(each.template for each in variants if each.condition is None or each.condition in flags)


def _went_out(program: Program, state: State, message: str, at: datetime) -> Turn:
    state = replace(state, message=message, out=(*state.out, message), last_sent=at)
    rung = program.ladder[state.trying]
    # in a conversation the patient is already there, so an answer to a reply does not climb
    if rung.until is None or state.replying or _higher(program, state) is None:
        return settled(program, state, at)
    return wait(state, Phase.CLIMBING, at + rung.lasts)


def _failed_late(program: Program, state: State, event: DeliveryFailed) -> Turn:
    newest = event.message == state.message
    state = replace(state, out=tuple(each for each in state.out if each != event.message))
    listening = state.phase is Phase.LISTENING and isinstance(program.nodes[state.node], Ask)
    if newest and (state.phase is Phase.CLIMBING or listening):
        return climb_from(program, state, event.at, state.trying + 1)
    return unmoved(state)


def _higher(program: Program, state: State) -> int | None:
    return usable_rung(program, state.trying + 1)


def _sending(program: Program, state: State) -> Send | Ask:
    node = program.nodes[state.node]
    if not isinstance(node, Send | Ask):
        raise illegal(state, "send")
    return node
