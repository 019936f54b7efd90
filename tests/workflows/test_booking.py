"""The choice of a time, and what a MIS may answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from nextvisit.flow.engine.events import GoalReached, Replied
from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.errors import OutcomeUnknown, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.records import AppointmentRef, BookingRequest, MisRef, Slot, Specialty
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import BookingId, JourneyId
from nextvisit.store.booking import bookings, offers
from nextvisit.store.booking.bookings import Booking
from nextvisit.store.booking.offers import Offer
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.make_offer import MakesOffers
from tests.world.records import a_slot, free_slots
from tests.world.rows import a_send, a_state
from tests.world.workers import WorkingClinic, relaying, until, within

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("factor", [20_000.0])]


@asynccontextmanager
async def _offered(clinic: WorkingClinic) -> AsyncIterator[tuple[JourneyId, Offer]]:
    """A journey whose patient has two times to choose from."""
    for slot in free_slots(clinic.clock.now() + timedelta(days=10), 10):
        clinic.mis.add_slot(slot)
    (journey,) = await clinic.enrol()
    async with clinic.worker(), relaying(clinic):
        await until(lambda: clinic.has_sent(1))
        await clinic.tell(journey, Replied(at=clinic.clock.now(), intent=Intent.WANTS_VISIT), "wants")
        yield journey, await _next_offer(clinic, journey)


async def _next_offer(clinic: WorkingClinic, journey: JourneyId, besides: Offer | None = None) -> Offer:
    """The open one, once its message is out."""
    found: list[Offer] = []

    async def is_out() -> bool:
        async with clinic.db.transaction() as tx:
            offer = await offers.open_offer(tx, journey)
        sent = [message for message in await clinic.messages(journey) if message.state == "sent"]
        if offer is None or offer == besides or offer.id not in {message.offer_id for message in sent}:
            return False
        found.append(offer)
        return True

    await until(is_out)
    return found[-1]


async def _chooses_first(clinic: WorkingClinic, journey: JourneyId, key: str) -> None:
    choice = Replied(at=clinic.clock.now(), intent=Intent.CHOICE, choice=1)
    await clinic.tell(journey, choice, key)


async def test_the_wished_time_is_found_among_very_many(clinic: WorkingClinic) -> None:
    base = clinic.clock.now() + timedelta(days=20)
    for minute in range(0, 4 * 24 * 60, 10):
        start = base + timedelta(minutes=minute)
        clinic.mis.add_slot(replace(free_slots(start, 1)[0], ref=MisRef(f"Slot/m{minute}"), start=start))
    wanted = base + timedelta(days=3)
    (journey,) = await clinic.enrol()
    async with clinic.worker(), relaying(clinic):
        await until(lambda: clinic.has_sent(1))
        wish = Replied(at=clinic.clock.now(), intent=Intent.WANTS_VISIT, wanted=wanted)
        await clinic.tell(journey, wish, "wish")
        offer = await _next_offer(clinic, journey)
        assert wanted in {slot.start for slot in offer.slots}


async def test_a_clinic_with_very_many_times_a_day_offers_more_than_one_day(clinic: WorkingClinic) -> None:
    opens = (clinic.clock.now() + timedelta(days=15)).replace(hour=8, minute=0, second=0, microsecond=0)
    for minute in range(300):  # more in the first day than a MIS names at once
        start = opens + timedelta(minutes=minute)
        clinic.mis.add_slot(replace(free_slots(start, 1)[0], ref=MisRef(f"Slot/m{minute}"), start=start))
    for slot in free_slots(opens + timedelta(days=1), 2):
        clinic.mis.add_slot(slot)
    (journey,) = await clinic.enrol()
    async with clinic.worker(), relaying(clinic):
        await until(lambda: clinic.has_sent(1))
        await clinic.tell(journey, Replied(at=clinic.clock.now(), intent=Intent.WANTS_VISIT), "wants")
        offer = await _next_offer(clinic, journey)
        assert len({slot.start.date() for slot in offer.slots}) == 2


async def test_a_time_that_somebody_else_took_leads_to_others(clinic: WorkingClinic) -> None:
    async with _offered(clinic) as (journey, first):
        clinic.mis.take_slot(first.slots[0].ref)
        await _chooses_first(clinic, journey, "first choice")
        second = await _next_offer(clinic, journey, besides=first)
        assert first.slots[0] not in second.slots
        await _chooses_first(clinic, journey, "second choice")
        assert await clinic.ended(journey) == "goal"
    async with clinic.db.transaction() as tx:
        made = [(each.state, each.slot_ref) for each in await bookings.of_journey(tx, journey)]
    assert made == [("taken", first.slots[0].ref), ("booked", second.slots[0].ref)]


async def test_a_booking_that_the_mis_refuses_is_receptions(
    clinic: WorkingClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: BookingRequest) -> AppointmentRef:
        raise Rejected("booking.not_insured", scope="message")

    monkeypatch.setattr(clinic.mis, "book", refuse)
    async with _offered(clinic) as (journey, _):
        await _chooses_first(clinic, journey, "choice")
        assert await clinic.ended(journey) == "handed_over"
    async with clinic.db.transaction() as tx:
        assert [task.reason for task in await tasks.listing(tx)] == ["booking_failed"]
        made = await bookings.of_journey(tx, journey)
    assert [(each.state, each.code) for each in made] == [("failed", "booking.not_insured")]


async def test_a_booking_whose_answer_was_lost_is_looked_for_and_not_made_again(
    clinic: WorkingClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = clinic.mis.book

    async def cut_off(request: BookingRequest) -> AppointmentRef:
        asked.append(request.booking)
        await really(request)
        raise OutcomeUnknown("mis.cut_off")

    monkeypatch.setattr(clinic.mis, "book", cut_off)
    async with _offered(clinic) as (journey, _):
        await _chooses_first(clinic, journey, "choice")
        assert await clinic.ended(journey) == "goal"
    assert len(asked) == 1
    assert len([each for each in clinic.mis.records.values() if getattr(each, "booking", None)]) == 1
    assert "See you" in clinic.email.sent[-1].content.text


async def test_a_booking_that_a_worker_left_behind_is_found_however_late_the_mis_answers_again(
    clinic: WorkingClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the MIS has booked, and the MIS is away until there would be no time to come."""
    really_book, really_find, asked = clinic.mis.book, clinic.mis.find_booking, list[str]()
    async with _offered(clinic) as (journey, offer):
        near = offer.slots[0].start - timedelta(minutes=90)

        async def die(request: BookingRequest) -> AppointmentRef:
            asked.append("book")
            await really_book(request)
            raise RetryLater("mis.killed", after=timedelta(hours=5))

        async def is_away(request: BookingRequest) -> AppointmentRef | None:
            asked.append("find")
            if clinic.clock.now() < near:
                raise RetryLater("mis.away", after=timedelta(hours=5))
            return await really_find(request)

        monkeypatch.setattr(clinic.mis, "book", die)
        monkeypatch.setattr(clinic.mis, "find_booking", is_away)
        await _chooses_first(clinic, journey, "choice")
        assert await clinic.ended(journey) == "goal"
    async with clinic.db.transaction() as tx:
        assert [each.state for each in await bookings.of_journey(tx, journey)] == ["booked"]
    assert asked.count("book") == 1
    assert asked.count("find") > 1


@pytest.mark.parametrize("told", [SlotTaken("slot.taken"), Rejected("booking.twice", scope="message")])
async def test_a_time_that_we_took_ourselves_unheard_is_ours(
    clinic: WorkingClinic, monkeypatch: pytest.MonkeyPatch, told: Exception
) -> None:
    """The MIS books, is not heard, does not find it at once, and then says that the time is taken."""
    really_book, really_find, asked = clinic.mis.book, clinic.mis.find_booking, list[str]()
    async with _offered(clinic) as (journey, _):

        async def book(request: BookingRequest) -> AppointmentRef:
            asked.append("book")
            if len(asked) > 1:
                raise told
            await really_book(request)
            raise OutcomeUnknown("mis.cut_off")

        async def find(request: BookingRequest) -> AppointmentRef | None:
            asked.append("find")
            return None if asked.count("find") == 1 else await really_find(request)

        monkeypatch.setattr(clinic.mis, "book", book)
        monkeypatch.setattr(clinic.mis, "find_booking", find)
        await _chooses_first(clinic, journey, "choice")
        assert await clinic.ended(journey) == "goal"
    assert asked == ["book", "find", "book", "find"]


async def test_a_booking_that_the_mis_told_of_first_is_still_confirmed(
    clinic: WorkingClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the MIS has booked and before it could write that; the next sync brings the visit."""
    really = clinic.mis.book
    async with _offered(clinic) as (journey, _):

        async def die(request: BookingRequest) -> AppointmentRef:
            await really(request)
            monkeypatch.setattr(clinic.mis, "book", really)
            await clinic.tell(journey, GoalReached(at=clinic.clock.now()), "our own visit")
            raise RetryLater("mis.killed")

        monkeypatch.setattr(clinic.mis, "book", die)
        await _chooses_first(clinic, journey, "choice")
        assert await clinic.ended(journey) == "goal"
    async with clinic.db.transaction() as tx:
        assert [each.state for each in await bookings.of_journey(tx, journey)] == ["booked"]
    assert "See you" in clinic.email.sent[-1].content.text


async def test_who_booked_otherwise_before_the_mis_is_asked_gets_no_second_visit(
    clinic: WorkingClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bookings.find

    async with _offered(clinic) as (journey, _):

        async def told_first(tx: Tx, booking: BookingId) -> Booking | None:
            # The sync is quicker by a moment: the visit is told before the attempt holds the journey.
            await clinic.tell(journey, GoalReached(at=clinic.clock.now()), "by phone")
            return await real(tx, booking)

        monkeypatch.setattr(bookings, "find", told_first)
        await _chooses_first(clinic, journey, "choice")
        assert await clinic.ended(journey) == "goal"
    async with clinic.db.transaction() as tx:
        assert list(await bookings.of_journey(tx, journey)) == []
    assert not [each for each in clinic.mis.records.values() if getattr(each, "booking", None)]


async def test_an_offer_never_repeats_what_was_refused_and_reception_is_asked_when_nothing_else_is_left(
    clinic: WorkingClinic,
) -> None:
    async with _offered(clinic) as (journey, first):
        seen = [first]
        while True:
            others = Replied(at=clinic.clock.now(), intent=Intent.OTHER_TIMES)
            await clinic.tell(journey, others, f"others {len(seen)}")
            if sum(len(offer.slots) for offer in seen) == 10:
                break
            seen.append(await _next_offer(clinic, journey, besides=seen[-1]))
        assert await clinic.ended(journey) == "handed_over"
    refs = [slot.ref for offer in seen for slot in offer.slots]
    assert len(refs) == len(set(refs)) == 10
    async with clinic.db.transaction() as tx:
        assert [task.reason for task in await tasks.listing(tx)] == ["none_free"]


@pytest.mark.parametrize(("waited", "kept"), [(timedelta(0), True), (timedelta(hours=7), False)])
async def test_an_offer_that_waited_to_be_sent_names_no_time_that_is_too_near(
    clinic: WorkingClinic, waited: timedelta, kept: bool
) -> None:
    (journey,) = await clinic.enrol()
    for slot in free_slots(clinic.clock.now() + timedelta(days=3), 10):
        clinic.mis.add_slot(slot)
    early = a_slot("early", clinic.clock.now() + timedelta(hours=12) - waited)
    async with clinic.db.transaction() as tx:
        # What an attempt left behind whose message was not taken.
        made = await offers.make(
            tx,
            journey,
            "book",
            1,
            clinic.equipment.books_in,
            pick=lambda _: (early,),
            hold=timedelta(minutes=15),
            read_at=tx.now,
        )
    assert made is not None
    offered = await _offer_now(clinic, journey)
    assert (offered == (early,)) is kept
    assert early not in offered or kept
    assert offered


async def _offer_now(clinic: WorkingClinic, journey: JourneyId) -> tuple[Slot, ...]:
    """What one attempt of the activity sends."""
    send = a_send(deadline=clinic.clock.now() + timedelta(days=3))
    effect = MakeOffer(
        node=NodeId("book"),
        occurrence=1,
        rung=send.rung,
        channels=send.channels,
        template="offer",
        purpose=send.purpose,
        deadline=send.deadline,
        specialty=Specialty("cardiology"),
        slots=2,
        hold=timedelta(minutes=15),
        in_reply=True,
    )
    asked = await clinic.asking(journey, effect, a_state("book"))
    await within(journey, effect).run(MakesOffers(clinic.equipment).make_offer, asked)
    (message,) = await clinic.messages(journey)
    assert message.state == "sent"
    assert message.offer_id is not None
    async with clinic.db.transaction() as tx:
        return (await offers.get(tx, message.offer_id)).slots
