"""A peer at which somebody may be booked, and what the tests of bookings do there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, cast

from nextvisit.sdk.ports import Books, FindsSlots, MisAdapter
from nextvisit.sdk.records import Appointment, AppointmentRef, BookingRequest, MisRef, Slot, SlotQuery
from nextvisit.sdk.testing.suites.mis_peer import MisKit, MisPeer
from nextvisit.sdk.testing.suites.verdict import fail, lacks, place_of, require

AGAIN = "write our id into the appointment, and look for it in the MIS before you create: a process may have ended since"


class Calendar(FindsSlots, Books, MisAdapter, Protocol):
    """What the booking tests need of one adapter."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A peer at which somebody may be booked."""

    peer: MisPeer
    adapter: Calendar
    patient: MisRef
    wanted: SlotQuery


class DeskKit(MisKit):
    """Finds free times, and books."""

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """The peer, an adapter that books, and whom it may book."""
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if not isinstance(adapter, Books):
                lacks("this adapter does not book", "implement Books if the MIS lets you")
            if peer.patient is None or peer.wanted is None:
                lacks("the peer does not say who may be booked, and when", "give it `patient` and `wanted`")
            yield Desk(peer, cast(Calendar, adapter), peer.patient, peer.wanted)

    async def free(self, desk: Desk) -> list[Slot]:
        """What is free."""
        return list(await self.calls.ask(desk.adapter, "free_slots", desk.wanted))

    async def request(self, desk: Desk, booking: str) -> BookingRequest:
        """For the first free time."""
        slots = await self.free(desk)
        if len(slots) < 2:
            fail(
                "there are not two free times",
                where=place_of(desk.adapter, "free_slots"),
                right="`wanted` of the peer finds at least two",
            )
        return BookingRequest(booking, desk.patient, slots[0])

    async def booked(self, desk: Desk, request: BookingRequest) -> AppointmentRef:
        """A booking that has no reason to fail."""
        made = await self.calls.ask(desk.adapter, "book", request)
        require(
            isinstance(made, AppointmentRef) and made.ref,
            "book gives no AppointmentRef",
            where=place_of(desk.adapter, "book"),
            right="its ref and version",
        )
        assert isinstance(made, AppointmentRef)
        return made

    async def one_visit(self, desk: Desk, request: BookingRequest) -> Appointment:
        """The one visit of the MIS that carries our id."""
        visits = {
            one.ref: one
            for one in await self.told(desk.peer)
            if isinstance(one, Appointment) and one.booking == request.booking
        }
        require(
            visits,
            "no visit that is read back carries our id",
            where=place_of(desk.adapter, "book"),
            right="write request.booking into the appointment, and read it into Appointment.booking",
        )
        require(
            len(visits) == 1,
            f"the MIS has {len(visits)} visits of one booking",
            where=place_of(desk.adapter, "book"),
            right=AGAIN,
        )
        return next(iter(visits.values()))
