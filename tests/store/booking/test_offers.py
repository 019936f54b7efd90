"""Offers keep their slots: alone for a while, then by preference."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import anyio
import pytest

from nextvisit.flow.engine.state import Outcome
from nextvisit.sdk.records import MisRef, Slot
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.booking import bookings, offers
from nextvisit.store.booking.offers import Held, Offer
from nextvisit.store.journeys import ending
from tests.world.clock import SetClock
from tests.world.records import a_slot
from tests.world.rows import a_state, some_journeys

pytestmark = pytest.mark.anyio

HOLD = timedelta(minutes=15)
SLOTS = frozenset({MisRef("a"), MisRef("b")})


def slot(name: str) -> Slot:
    return a_slot(ref=MisRef(name), practitioner=MisRef("Practitioner/1"), practitioner_name="Dr. Who")


async def an_offer(tx: Tx, journey: JourneyId, *names: str, occurrence: int = 1) -> Offer:
    """Of those slots that nobody keeps for himself alone."""

    def pick(held: Held) -> list[Slot]:
        return [slot(name) for name in names if name not in held.hard]

    made = await offers.make(tx, journey, "book", occurrence, "his", pick=pick, hold=HOLD, read_at=tx.now)
    assert made is not None
    return made


async def _make(database: Database, journey: JourneyId, *names: str, occurrence: int = 1) -> Offer:
    async with database.transaction() as tx:
        return await an_offer(tx, journey, *names, occurrence=occurrence)


async def _held(database: Database, source: str = "his", besides: JourneyId | None = None) -> Held:
    async with database.transaction() as tx:
        return await offers.held(tx, source, besides=besides, read_at=tx.now)


async def test_an_offer_keeps_its_slots_hard_and_then_softly(database: Database, clock: SetClock) -> None:
    (head,) = await some_journeys(database, 1)
    offer = await _make(database, head.id, "a", "b")
    assert offer.slots == (slot("a"), slot("b"))
    assert await _held(database) == Held(hard=SLOTS, soft=frozenset())
    assert await _held(database, besides=head.id) == Held(frozenset(), frozenset())
    assert await _held(database, "another") == Held(frozenset(), frozenset())
    clock.move(HOLD)
    assert await _held(database) == Held(hard=frozenset(), soft=SLOTS)
    async with database.transaction() as tx:
        await offers.close(tx, offer.id)
    assert await _held(database) == Held(frozenset(), frozenset())


async def test_a_slot_booked_since_the_mis_was_asked_is_no_more_free(
    database: Database, clock: SetClock
) -> None:
    (first,) = await some_journeys(database, 1)
    offer = await _make(database, first.id, "a")
    async with database.transaction() as tx:
        read_at = tx.now
        booking = await bookings.request(tx, first.id, "book", 1, offer, choice=1)
    clock.move(timedelta(hours=3))
    async with database.transaction() as tx:
        await bookings.settle(tx, booking.id, "booked", appointment_ref=MisRef("Appointment/1"))
    async with database.transaction() as tx:
        assert (await offers.held(tx, "his", read_at=read_at)).hard == {"a"}
    clock.move(timedelta(hours=1))
    # What the MIS says is free after that has been given back there.
    assert await _held(database) == Held(frozenset(), frozenset())


@pytest.mark.parametrize("outcome", ["taken", "failed"])
async def test_a_slot_that_the_mis_called_taken_is_not_offered_for_a_day(
    database: Database, clock: SetClock, outcome: Literal["taken", "failed"]
) -> None:
    (first,) = await some_journeys(database, 1)
    offer = await _make(database, first.id, "a")
    async with database.transaction() as tx:
        booking = await bookings.request(tx, first.id, "book", 1, offer, choice=1)
        await bookings.settle(tx, booking.id, outcome)
        await offers.close(tx, offer.id)
    clock.move(timedelta(hours=23))
    # The MIS may go on saying that it is free.
    kept = {"a"} if outcome == "taken" else set()
    assert (await _held(database, besides=first.id)).hard == kept
    clock.move(timedelta(hours=1))
    assert (await _held(database)).hard == frozenset()


@pytest.mark.parametrize(("ahead", "stands"), [(timedelta(0), ("a",)), (timedelta(seconds=1), ("a", "b"))])
async def test_an_offer_with_a_time_that_is_too_near_is_chosen_anew(
    database: Database, ahead: timedelta, stands: tuple[str, ...]
) -> None:
    (head,) = await some_journeys(database, 1)
    first = await _make(database, head.id, "a")
    async with database.transaction() as tx:
        made = await offers.make(
            tx,
            head.id,
            "book",
            1,
            "his",
            pick=lambda _: (slot("a"), slot("b")),
            hold=HOLD,
            read_at=tx.now,
            not_before=slot("a").start + ahead,
        )
        assert made is not None
        assert made.id == first.id
        assert await offers.open_offer(tx, head.id) == made
    assert made.slots == tuple(slot(name) for name in stands)
    assert (await _held(database)).hard == set(stands)


async def test_a_repeated_offer_is_the_first_one(database: Database) -> None:
    (head,) = await some_journeys(database, 1)
    assert await _make(database, head.id, "a") == await _make(database, head.id, "b")
    async with database.transaction() as tx:
        found = await offers.open_offer(tx, head.id)
    assert found is not None
    assert found.slots == (slot("a"),)


async def test_a_new_offer_gives_the_old_one_back(database: Database) -> None:
    (head,) = await some_journeys(database, 1)
    await _make(database, head.id, "a")
    second = await _make(database, head.id, "b", occurrence=2)
    assert (await _held(database)).hard == {"b"}
    async with database.transaction() as tx:
        assert await offers.open_offer(tx, head.id) == second


async def test_a_kept_slot_is_never_offered_twice(database: Database, clock: SetClock) -> None:
    heads = await some_journeys(database, 8)
    made: list[Offer] = []

    async def offer(journey: JourneyId) -> None:
        made.append(await _make(database, journey, "a", str(journey)))

    async with anyio.create_task_group() as group:
        for head in heads:
            group.start_soon(offer, head.id)
    won, *others = sorted(made, key=lambda each: slot("a") not in each.slots)
    assert slot("a") in won.slots
    assert [each.slots for each in others] == [(slot(str(each.journey_id)),) for each in others]
    clock.move(HOLD)
    again = await _make(database, others[0].journey_id, "a", occurrence=2)
    assert again.slots == (slot("a"),)


async def test_who_offers_at_the_same_moment_sees_what_the_others_offer(database: Database) -> None:
    heads = await some_journeys(database, 8)
    names = [str(number) for number in range(8)]
    offered: list[MisRef] = []

    def pick(held: Held) -> list[Slot]:
        return [slot(name) for name in names if name not in held.hard | held.soft][:1]

    async def offer(journey: JourneyId) -> None:
        async with database.transaction() as tx:
            # Kept for no time at all, so that only preference keeps them apart.
            made = await offers.make(
                tx, journey, "book", 1, "his", pick=pick, hold=timedelta(0), read_at=tx.now
            )
            assert made is not None
            offered.extend(each.ref for each in made.slots)

    async with anyio.create_task_group() as group:
        for head in heads:
            group.start_soon(offer, head.id)
    assert sorted(offered) == names


async def test_when_nothing_is_chosen_the_earlier_offer_stands(database: Database) -> None:
    (head,) = await some_journeys(database, 1)
    first = await _make(database, head.id, "a")
    async with database.transaction() as tx:
        made = await offers.make(tx, head.id, "book", 2, "his", pick=lambda _: (), hold=HOLD, read_at=tx.now)
        assert made is None
        assert await offers.open_offer(tx, head.id) == first


async def test_an_ended_journey_gives_its_slots_back(database: Database) -> None:
    (head,) = await some_journeys(database, 1)
    await _make(database, head.id, "a")
    async with database.transaction() as tx:
        await ending.finish(tx, head.id, a_state(), Outcome.COMPLETED)
        assert await offers.open_offer(tx, head.id) is None
    assert await _held(database) == Held(frozenset(), frozenset())
