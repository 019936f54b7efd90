"""`offer`: free times are found, kept for a while and sent; the one that the patient chooses is booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, assert_never

from pydantic import Field, StrictInt

from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.files.part import Part, Place, Slug
from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.engine.events import (
    Deferred,
    Delivered,
    DeliveryFailed,
    Opened,
    Replied,
    Result,
    SendFailed,
    SendUnknown,
    Skipped,
    TaskCreated,
)
from nextvisit.flow.engine.moves import Go, Stay, Turn, act, finish, illegal, occurrence, unmoved, wait
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import (
    Acting,
    InHand,
    Listening,
    NodeId,
    OpenOffer,
    Outcome,
    PutOff,
    State,
)
from nextvisit.flow.grammar.lowering import END
from nextvisit.flow.grammar.steps import StepPart, Steps
from nextvisit.flow.verbs.offer_effects import (
    Booked,
    BookingFailed,
    BookSlot,
    MakeOffer,
    NoneFree,
    Offered,
    SlotGone,
)
from nextvisit.sdk.records import Specialty
from nextvisit.sdk.replies import Intent
from nextvisit.segments.file import FixedSpanText, SpecialtyName
from nextvisit.segments.spans import Span

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot

MOST_OFFERS = 5
"""Offers of one step in a journey; after them it goes on as if nothing were free."""

_ANSWERS_AN_OFFER = frozenset(
    {Intent.CHOICE, Intent.OTHER_TIMES, Intent.WANTS_VISIT, Intent.CONFIRM, Intent.RESCHEDULE}
)

# Kinds of the actions that an offer has out, one after the other.
_OFFERING, _BOOKING, _HANDING_OVER = "make_offer", "book_slot", "create_task"

OfferResult = Offered | NoneFree | Skipped | Deferred | SendFailed | SendUnknown
BookResult = Booked | SlotGone | BookingFailed


class OfferBlock(Part):
    id: Slug | None = None
    specialty: SpecialtyName
    slots: Annotated[StrictInt, Field(ge=1, le=9)] = 3
    hold: FixedSpanText = Span(15, "minute")
    message: Slug = "offer"
    answer_within: FixedSpanText = Span(3, "day")


class OfferStep(StepPart):
    verb: ClassVar[str] = "offer"

    offer: OfferBlock
    booked: Steps | None = None
    none_free: Steps | None = None
    silence: Steps | None = None

    @property
    def name(self) -> str | None:
        return self.id or self.offer.id

    @property
    def named_at(self) -> Place:
        return self.place if self.id else self.offer.place

    def inner(self) -> Sequence[Sequence[StepPart] | None]:
        return (self.booked, self.none_free, self.silence)

    def lower(self, spot: Spot) -> OfferNode:
        block = self.offer
        spot.lowering.out.templates.append((block.message, block.place, "message"))
        return OfferNode(
            template=block.message,
            specialty=Specialty(block.specialty),
            slots=block.slots,
            hold=block.hold.to_timedelta(),
            answer_within=block.answer_within.to_timedelta(),
            booked=spot.run(
                self.booked, within="booked", otherwise=spot.following if self.goto else spot.end
            ),
            none_free=spot.run(self.none_free, within="none_free", otherwise=spot.end),
            silence=spot.run(self.silence, within="silence", otherwise=spot.end),
        )


@dataclass(frozen=True, slots=True)
class OfferNode(Node):
    template: str
    specialty: Specialty
    slots: int
    hold: timedelta
    answer_within: timedelta
    booked: NodeId
    none_free: NodeId
    silence: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        """A fresh offer, on the rung where the patient was last reached."""
        if occurrence(state) > MOST_OFFERS:
            return self._none_free(state)
        return self._offer_from(program, replace(state, offer=None, in_hand=InHand()), at, state.rung)

    def on_result(self, program: Program, state: State, event: Result) -> Turn:
        """Of the offer, of the booking, or of the task by which staff takes over."""
        action = state.phase.action if isinstance(state.phase, Acting) else ""
        if action == _OFFERING and isinstance(event, OfferResult):
            return self._on_offer_result(program, state, event)
        if action == _BOOKING and isinstance(event, BookResult):
            return self._on_book_result(state, event)
        if action == _HANDING_OVER and isinstance(event, TaskCreated):
            return finish(state, Outcome.HANDED_OVER)
        raise illegal(state, event.kind)

    def on_timer(self, program: Program, state: State, at: datetime) -> Turn:
        if isinstance(state.phase, PutOff):
            return self._make_offer(program, state, at)
        if occurrence(state) > 1 and self.silence == END:
            # They wanted a visit and other times for it; whatever keeps them silent now, they are waited for.
            return _hand_over(state, TaskReason.OTHER_TIMES if state.refused else TaskReason.SILENCE)
        return Go(state, self.silence)

    def on_reply(self, program: Program, state: State, event: Replied) -> Turn | None:
        del program
        if event.intent not in _ANSWERS_AN_OFFER:
            return None  # a number or a day in it is a guess, and nothing is booked on one
        offer, choice = state.offer, event.choice
        slots = 0 if offer is None else offer.slots
        if event.intent in {Intent.WANTS_VISIT, Intent.CONFIRM} and slots == 1 and event.wanted is None:
            choice = 1  # "yes" to the only time
        if offer is not None and choice is not None and 1 <= choice <= slots:
            return act(state, BookSlot(state.node, occurrence(state), offer.offer, choice))
        others = event.intent is Intent.OTHER_TIMES or event.wanted is not None
        if others and offer is not None:
            state = replace(state, refused=(*state.refused, offer.offer))
        if others or event.intent is Intent.WANTS_VISIT:
            return Go(state, state.node)
        return None

    def on_news(self, program: Program, state: State, event: Delivered | Opened | DeliveryFailed) -> Turn:
        """The offer never arrived: the next rung, else staff."""
        newest = isinstance(state.phase, Listening) and event.message == state.in_hand.message
        if not isinstance(event, DeliveryFailed) or not newest:
            return unmoved(state)
        in_hand = replace(state.in_hand, out=())
        return self._offer_from(program, replace(state, in_hand=in_hand), event.at, in_hand.rung + 1)

    def books(self) -> frozenset[str]:
        return frozenset({_BOOKING})

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ((self.booked, True), (self.none_free, False), (self.silence, True))

    def specialties(self) -> frozenset[Specialty]:
        return frozenset({self.specialty})

    def _offer_from(self, program: Program, state: State, at: datetime, lowest: int) -> Turn:
        rung = program.usable_rung(lowest)
        if rung is None:
            return _hand_over(state, TaskReason.OFFER_UNSENT)
        in_hand = replace(state.in_hand, rung=rung, deadline=at + program.deadline)
        return self._make_offer(program, replace(state, in_hand=in_hand), at)

    def _make_offer(self, program: Program, state: State, at: datetime) -> Stay:
        """Also again after a deferral, under the same key and deadline."""
        return act(
            state,
            MakeOffer(
                node=state.node,
                occurrence=occurrence(state),
                rung=state.in_hand.rung,
                channels=program.ladder[state.in_hand.rung].channels,
                template=self.template,
                purpose=program.purpose,
                deadline=state.in_hand.deadline or at + program.deadline,
                specialty=self.specialty,
                slots=self.slots,
                hold=self.hold,
                wanted=state.wanted,
                refused=state.refused,
                in_reply=state.replying,
            ),
        )

    def _none_free(self, state: State) -> Turn:
        """Somebody who wants a visit is not left without a word: staff, where the campaign says nothing."""
        if self.none_free == END:
            return _hand_over(state, TaskReason.NONE_FREE)
        return Go(replace(state, reason=TaskReason.NONE_FREE), self.none_free)

    def _on_offer_result(self, program: Program, state: State, event: OfferResult) -> Turn:
        match event:
            case Offered():
                state = replace(
                    state,
                    rung=max(state.rung, state.in_hand.rung),
                    offer=OpenOffer(event.offer, event.count),
                    in_hand=replace(state.in_hand, message=event.message, out=(event.message,)),
                )
                return wait(state, Listening, event.at + self.answer_within)
            case NoneFree():
                return self._none_free(state)
            case Deferred():
                return wait(state, PutOff, event.until)
            case Skipped(scope="journey"):
                return finish(state, Outcome.SKIPPED)
            case SendFailed() | Skipped(scope="rung"):
                return self._offer_from(program, state, event.at, state.in_hand.rung + 1)
            case Skipped() | SendUnknown():
                return _hand_over(state, TaskReason.OFFER_UNSENT)
            case _:
                assert_never(event)

    def _on_book_result(self, state: State, event: BookResult) -> Turn:
        if isinstance(event, Booked):
            # our own booking ends the campaign's patience: what is left is to confirm it
            return Go(replace(state, booked=True, goal_by=None), self.booked)
        if state.goal:
            return finish(state, Outcome.GOAL)
        match event:
            case SlotGone():
                return Go(replace(state, reason=TaskReason.SLOT_GONE), state.node)
            case BookingFailed():
                return _hand_over(state, TaskReason.BOOKING_FAILED)
            case _:
                assert_never(event)


def _hand_over(state: State, reason: TaskReason) -> Stay:
    """Staff take over; when the task is made, the journey ends."""
    state = replace(state, tasks=state.tasks + 1)
    return act(state, CreateTask(state.node, state.tasks, RECEPTION, reason))
