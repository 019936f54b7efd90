"""Bookings: one wish per (journey, node, occurrence), settled once."""

from __future__ import annotations

from uuid import uuid5

import pytest

from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Database
from nextvisit.store.booking import bookings, offers
from nextvisit.store.booking.bookings import Booking
from nextvisit.store.booking.offers import Offer
from tests.store.booking.test_offers import an_offer, slot
from tests.world.rows import a_journey, audited

pytestmark = pytest.mark.anyio


async def _offer(database: Database) -> Offer:
    head = await a_journey(database)
    async with database.transaction() as tx:
        return await an_offer(tx, head.id, "a", "b")


async def _request(database: Database, offer: Offer, choice: int = 2) -> Booking:
    async with database.transaction() as tx:
        return await bookings.request(tx, offer.journey_id, "book", 1, offer, choice=choice)


async def test_asking_twice_is_one_booking(database: Database) -> None:
    offer = await _offer(database)
    booking = await _request(database, offer)
    assert booking == await _request(database, offer, choice=1)
    assert booking.id == uuid5(offer.journey_id, "booking:book:1")
    assert (booking.state, booking.slot_ref, booking.start_at) == ("pending", "b", slot("b").start)


async def test_a_choice_that_was_not_offered_is_a_bug(database: Database) -> None:
    offer = await _offer(database)
    for choice in (0, 3):
        with pytest.raises(Bug, match="no_choice"):
            await _request(database, offer, choice)


async def test_a_booking_made_closes_its_offer_and_is_audited_once(database: Database) -> None:
    offer = await _offer(database)
    booking = await _request(database, offer)
    for state in ("unknown", "booked", "booked"):
        async with database.transaction() as tx:
            ref = MisRef("Appointment/1") if state == "booked" else None
            settled = await bookings.settle(tx, booking.id, state, appointment_ref=ref)
    assert (settled.state, settled.appointment_ref) == ("booked", "Appointment/1")
    async with database.transaction() as tx:
        assert await offers.open_offer(tx, offer.journey_id) is None
        assert [one.state for one in await bookings.of_journey(tx, offer.journey_id)] == ["booked"]
    made = [entry for entry in await audited(database) if entry[0] == "booking.made"]
    assert made == [("booking.made", str(booking.id), "booked")]


async def test_a_settled_booking_stays_as_it_is(database: Database) -> None:
    offer = await _offer(database)
    booking = await _request(database, offer)
    async with database.transaction() as tx:
        await bookings.settle(tx, booking.id, "taken", code="slot.taken")
    with pytest.raises(Bug, match="is taken, not booked"):
        async with database.transaction() as tx:
            await bookings.settle(tx, booking.id, "booked", appointment_ref=MisRef("Appointment/1"))
    async with database.transaction() as tx:
        assert await offers.open_offer(tx, offer.journey_id) is not None
