"""A visit that is moved: the patient has one before, one after, and never none or two."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from nextvisit.sdk.errors import Rejected, RetryLater, SlotTaken
from nextvisit.sdk.ports import Reschedules
from nextvisit.sdk.records import Appointment, AppointmentRef, AppointmentStatus, BookingRequest
from nextvisit.sdk.testing.suites.kit import kind_of
from nextvisit.sdk.testing.suites.mis_desk import Desk, DeskKit
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require

_STANDS = {AppointmentStatus.BOOKED, AppointmentStatus.PENDING}


@dataclass(frozen=True, slots=True)
class Move:
    """A visit that was booked, and what asks for another time."""

    desk: Desk
    booked: BookingRequest
    visit: AppointmentRef
    wish: BookingRequest
    where: str


class MovingTests(DeskKit):
    """The port `Reschedules`."""

    @asynccontextmanager
    async def move(self) -> AsyncIterator[Move]:
        """Somebody has the first free time and wants the second."""
        async with self.desk() as desk:
            if not isinstance(desk.adapter, Reschedules):
                lacks("this adapter moves no visit", "implement Reschedules if the MIS lets you")
            booked = await self.request(desk, "m-1")
            wish = BookingRequest("m-2", desk.patient, (await self.free(desk))[1])
            visit = await self.booked(desk, booked)
            yield Move(desk, booked, visit, wish, place_of(desk.adapter, "reschedule"))

    async def stands(self, move: Move) -> list[Appointment]:
        """Which visits of the two ids there are, as a new adapter reads them."""
        told = {one.ref: one for one in await self.told(move.desk.peer) if isinstance(one, Appointment)}
        ids = {move.booked.booking, move.wish.booking}
        return [one for one in told.values() if one.booking in ids and one.status in _STANDS]

    async def moved(self, move: Move, made: AppointmentRef) -> None:
        """It is there once, and nowhere else."""
        there = await self.stands(move)
        require(
            len(there) == 1,
            f"after a move, the patient has {len(there)} visits",
            where=move.where,
            right="one: move it in one step, or book first and cancel then",
        )
        (visit,) = there
        require(
            visit.start == move.wish.slot.start and visit.ref == made.ref,
            "a visit that was moved is not where it was moved to",
            where=move.where,
            right="request.slot, and the ref that parse gives",
        )
        require(
            visit.booking == move.wish.booking and visit.patient == move.desk.patient,
            "a visit that was moved does not carry the id of the move, or is another patient's",
            where=move.where,
            right="write request.booking into the appointment, so that the move is found again",
        )

    @pytest.mark.anyio
    async def test_a_visit_is_moved_and_gives_its_old_time_back(self) -> None:
        async with self.move() as move:
            made = await self.calls.ask(move.desk.adapter, "reschedule", move.visit, move.wish)
            await self.moved(move, made)
            found = await self.calls.ask(move.desk.adapter, "find_booking", move.wish)
            require(
                found is not None and found.ref == made.ref,
                "find_booking does not find what was moved",
                where=place_of(move.desk.adapter, "find_booking"),
                right="the appointment with the id of the move",
            )
            require(
                move.booked.slot.ref in {one.ref for one in await self.free(move.desk)},
                "the time that a visit was moved away from is not offered",
                where=move.where,
                right="free it in the MIS, too",
            )

    @pytest.mark.anyio
    async def test_moving_again_in_another_process_moves_once(self) -> None:
        async with self.move() as move:
            made = await self.calls.ask(move.desk.adapter, "reschedule", move.visit, move.wish)
            async with self.using(move.desk.peer.adapter) as other:
                again, error = await self.calls.outcome(other, "reschedule", move.visit, move.wish)
            require(
                error is None and again.ref == made.ref,
                f"asked again by a new adapter, reschedule {'gives another' if error is None else 'raises ' + kind_of(error)}",
                where=move.where,
                right="look for request.booking in the MIS first, and finish what was begun",
            )
            await self.moved(move, made)

    @pytest.mark.anyio
    async def test_a_move_to_a_taken_time_leaves_the_visit_where_it_was(self) -> None:
        async with self.move() as move:
            await self.booked(move.desk, replace(move.wish, booking="m-3"))
            _, error = await self.calls.outcome(move.desk.adapter, "reschedule", move.visit, move.wish)
            require(
                isinstance(error, SlotTaken),
                f"a move to a taken time {'succeeds' if error is None else 'raises ' + kind_of(error)}",
                where=move.where,
                right="SlotTaken: another time is offered",
            )
            there = await self.stands(move)
            require(
                [one.start for one in there] == [move.booked.slot.start],
                "a move that was refused cost the patient the visit",
                where=move.where,
                right="the old visit stands until the new one does",
            )

    @pytest.mark.anyio
    async def test_a_move_whose_answer_was_cut_is_finished_and_made_once(self) -> None:
        async with self.move() as move:
            if move.desk.peer.cut_next is None:
                lacks("the peer cuts nothing", "give it `cut_next`")
            await self.does(move.desk.peer, "cut_next", "write")
            _, error = await self.calls.outcome(move.desk.adapter, "reschedule", move.visit, move.wish)
            require(
                not isinstance(error, RetryLater | Rejected),
                f"a move whose answer was cut raises {kind_of(error) if error else ''}",
                where=move.where,
                right="OutcomeUnknown: it may have happened",
            )
            async with self.using(move.desk.peer.adapter) as other:
                made = await self.calls.ask(other, "reschedule", move.visit, move.wish)
            await self.moved(move, made)
