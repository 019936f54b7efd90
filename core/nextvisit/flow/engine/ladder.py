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
    Result,
    SendFailed,
    SendResult,
    SendUnknown,
    Sent,
    Skipped,
)
from nextvisit.flow.engine.moves import Stay, Turn, act, finish, illegal, occurrence, unmoved, wait
from nextvisit.flow.engine.program import Program, Variant
from nextvisit.flow.engine.state import Climbing, InHand, Outcome, PutOff, State


def begin_message(program: Program, state: State, at: datetime, variants: tuple[Variant, ...]) -> Turn:
    """The node's message, from the rung on which the patient was last reached."""
    return climb_from(program, replace(state, in_hand=InHand()), at, variants, lowest=state.rung)


def climb_from(
    program: Program, state: State, at: datetime, variants: tuple[Variant, ...], *, lowest: int
) -> Turn:
    """Try the next usable rung; when there is none, be content with what is out."""
    rung = program.usable_rung(lowest)
    if rung is not None:
        in_hand = replace(state.in_hand, rung=rung, deadline=at + program.deadline)
        return send(program, replace(state, in_hand=in_hand), at, variants)
    if state.in_hand.out:
        return program.nodes[state.node].after_climb(state, at)
    return finish(state, Outcome.UNREACHABLE)


def send(program: Program, state: State, at: datetime, variants: tuple[Variant, ...]) -> Stay:
    """Send on the rung in hand; again after a deferral, under the same key and deadline."""
    in_hand, rung = state.in_hand, program.ladder[state.in_hand.rung]
    purpose = program.nodes[state.node].purpose(program)
    awaits = rung.until is not None and not state.replying and _higher(program, state) is not None
    return act(
        state,
        SendMessage(
            node=state.node,
            occurrence=occurrence(state),
            rung=in_hand.rung,
            channels=rung.channels,
            template=pick(variants, state.flags),
            purpose=purpose,
            deadline=in_hand.deadline or at + program.deadline,
            awaits=(rung.until,) if rung.until is not None and awaits else (),
            in_reply=state.replying,
            aside=purpose != program.purpose,
        ),
    )


def on_send_result(program: Program, state: State, event: Result, variants: tuple[Variant, ...]) -> Turn:
    """Raises Bug for what is no result of a send."""
    if not isinstance(event, SendResult):
        raise illegal(state, event.kind)
    in_hand = state.in_hand
    match event:
        case Sent():
            reached = replace(state, rung=max(state.rung, in_hand.rung))
            return _went_out(program, reached, event.message, event.at)
        case SendUnknown() if program.unknown == "hold":
            return _went_out(program, state, event.message, event.at)
        case SendUnknown():
            in_hand = replace(in_hand, out=(*in_hand.out, event.message), last_sent=event.at)
            state = replace(state, in_hand=in_hand)
            return climb_from(program, state, event.at, variants, lowest=in_hand.rung + 1)
        case SendFailed() | Skipped(scope="rung"):
            return climb_from(program, state, event.at, variants, lowest=in_hand.rung + 1)
        case Skipped(scope="message"):
            in_hand = replace(in_hand, last_sent=in_hand.last_sent or event.at)
            state = replace(state, in_hand=in_hand)
            return program.nodes[state.node].after_climb(state, event.at)
        case Skipped(scope="journey"):
            return finish(state, Outcome.SKIPPED)
        case Skipped():
            raise illegal(state, event.kind)
        case Deferred():
            return wait(state, PutOff, event.until)
        case _:
            assert_never(event)


def on_send_timer(program: Program, state: State, at: datetime, variants: tuple[Variant, ...]) -> Turn | None:
    """The deferral or the climb is over; None: it was another wait."""
    match state.phase:
        case PutOff():
            return send(program, state, at, variants)
        case Climbing():
            return climb_from(program, state, at, variants, lowest=state.in_hand.rung + 1)
        case _:
            return None


def on_send_news(
    program: Program,
    state: State,
    event: Opened | Delivered | DeliveryFailed,
    variants: tuple[Variant, ...],
    *,
    climbs_again: bool,
) -> Turn:
    """News of a message of this node; old news of earlier nodes changes nothing.

    climbs_again: a late failure of the newest message leads to the next rung.
    """
    if event.message not in state.in_hand.out:
        return unmoved(state)
    newest = event.message == state.in_hand.message
    if isinstance(event, DeliveryFailed):
        out = tuple(each for each in state.in_hand.out if each != event.message)
        state = replace(state, in_hand=replace(state.in_hand, out=out))
        if newest and climbs_again:
            return climb_from(program, state, event.at, variants, lowest=state.in_hand.rung + 1)
        return unmoved(state)
    if not isinstance(state.phase, Climbing):
        return unmoved(state)
    arrived = program.ladder[state.in_hand.rung].until == "delivered" and newest
    if isinstance(event, Opened) or arrived:
        return program.nodes[state.node].after_climb(state, event.at)
    return unmoved(state)


def pick(variants: tuple[Variant, ...], flags: tuple[str, ...]) -> str:
    """The template of the first variant that is for this patient."""
    return next(each.template for each in variants if each.condition is None or each.condition in flags)


def _went_out(program: Program, state: State, message: str, at: datetime) -> Turn:
    in_hand = state.in_hand
    in_hand = replace(in_hand, message=message, out=(*in_hand.out, message), last_sent=at)
    state = replace(state, in_hand=in_hand)
    rung = program.ladder[in_hand.rung]
    # in a conversation the patient is already there, so an answer to a reply does not climb
    if rung.until is None or state.replying or _higher(program, state) is None:
        return program.nodes[state.node].after_climb(state, at)
    return wait(state, Climbing, at + rung.lasts)


def _higher(program: Program, state: State) -> int | None:
    return program.usable_rung(state.in_hand.rung + 1)
