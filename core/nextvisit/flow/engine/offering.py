"""Offering times and booking the one that the patient chooses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from nextvisit.flow.engine.effects import BookSlot, CreateTask, MakeOffer
from nextvisit.flow.engine.events import (
    Booked,
    BookingFailed,
    Deferred,
    DeliveryFailed,
    Intent,
    NoneFree,
    Offered,
    Replied,
    SendFailed,
    SendUnknown,
    Skipped,
    SlotGone,
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
from nextvisit.flow.engine.program import Offer, Program
from nextvisit.flow.engine.state import Outcome, Phase, State

MOST_OFFERS = 5
"""Offers of one step in a journey; after them it goes on as if nothing were free."""

OfferResult = Offered | NoneFree | Skipped | Deferred | SendFailed | SendUnknown
BookResult = Booked | SlotGone | BookingFailed


def begin_offer(program: Program, state: State, node: Offer, at: datetime) -> Turn:
    """A fresh offer, on the rung where the patient was last reached."""
    if occurrence(state) > MOST_OFFERS:
        return Go(replace(state, reason="none_free"), node.none_free)
    state = replace(state, offer=None, choice=None, slots=0, message=None, out=())
    return _offer_from(program, state, at, state.rung)


def make_offer(program: Program, state: State, at: datetime) -> Stay:
    """Also again after a deferral, under the same key and deadline."""
    node = _node(program, state)
    return act(
        state,
        MakeOffer(
            node=state.node,
            occurrence=occurrence(state),
            rung=state.trying,
            channels=program.ladder[state.trying].channels,
            template=node.template,
            purpose=program.purpose,
            deadline=state.deadline or at + program.deadline,
            specialty=node.specialty,
            slots=node.slots,
            hold=node.hold,
            wanted=state.wanted,
            in_reply=state.replying,
        ),
    )


def on_offer_result(program: Program, state: State, event: OfferResult) -> Turn:
    node = _node(program, state)
    match event:
        case Offered():
            rung = max(state.rung, state.trying)
            state = replace(
                state,
                offer=event.offer,
                slots=event.count,
                rung=rung,
                message=event.message,
                out=(event.message,),
            )
            return wait(state, Phase.LISTENING, event.at + node.answer_within)
        case NoneFree():
            return Go(replace(state, reason="none_free"), node.none_free)
        case Deferred():
            return wait(state, Phase.DEFERRED, event.until)
        case Skipped(scope="journey"):
            return finish(state, Outcome.SKIPPED)
        case SendFailed() | Skipped(scope="rung"):
            return _offer_from(program, state, event.at, state.trying + 1)
        case Skipped() | SendUnknown():
            return _hand_over(state, "offer_unsent")
        case _:
            assert_never(event)


def on_book_result(program: Program, state: State, event: BookResult) -> Turn:
    if isinstance(event, Booked):
        # our own booking ends the campaign's patience: what is left is to confirm it
        return Go(replace(state, booked=True, goal_by=None), _node(program, state).booked)
    if state.goal:
        return finish(state, Outcome.GOAL)
    match event:
        case SlotGone():
            return Go(replace(state, reason="slot_gone"), state.node)
        case BookingFailed():
            return _hand_over(state, "booking_failed")
        case _:
            assert_never(event)


def on_offer_reply(program: Program, state: State, event: Replied) -> Turn | None:
    """None: the reply says nothing about the offer."""
    _node(program, state)
    choice = event.choice
    if event.intent in {Intent.WANTS_VISIT, Intent.CONFIRM} and state.slots == 1 and event.wanted is None:
        choice = 1  # "yes" to the only time
    chose = event.intent is Intent.CHOICE or choice is not None
    if chose and choice is not None and 1 <= choice <= state.slots and state.offer is not None:
        booking = BookSlot(state.node, occurrence(state), state.offer, choice)
        return act(replace(state, choice=choice), booking)
    if event.intent in {Intent.OTHER_TIMES, Intent.WANTS_VISIT} or event.wanted is not None:
        return Go(state, state.node)
    return None


def on_offer_undelivered(program: Program, state: State, event: DeliveryFailed) -> Turn:
    """The offer never arrived: the next rung, else staff."""
    if state.phase is not Phase.LISTENING or event.message != state.message:
        return unmoved(state)
    return _offer_from(program, replace(state, out=()), event.at, state.trying + 1)


def _offer_from(program: Program, state: State, at: datetime, lowest: int) -> Turn:
    rung = usable_rung(program, lowest)
    if rung is None:
        return _hand_over(state, "offer_unsent")
    return make_offer(program, replace(state, trying=rung, deadline=at + program.deadline), at)


def _hand_over(state: State, reason: str) -> Stay:
    """Staff take over; when the task is made, the journey ends."""
    state = replace(state, resume=None, tasks=state.tasks + 1)
    return act(state, CreateTask(state.node, state.tasks, "reception", reason))


def _node(program: Program, state: State) -> Offer:
    node = program.nodes[state.node]
    if not isinstance(node, Offer):
        raise illegal(state, "offer")
    return node
