"""Free times and bookings. What happens twice here happens to two patients, or to one patient twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from nextvisit.sdk.errors import Rejected, RetryLater, SlotTaken
from nextvisit.sdk.ports import Books
from nextvisit.sdk.records import (
    AppointmentStatus,
    BookingRequest,
    CancelReason,
    Patient,
)
from nextvisit.sdk.soundness import naive_instants
from nextvisit.sdk.testing.suites.kit import WAIT, kind_of
from nextvisit.sdk.testing.suites.leaks import Leaks
from nextvisit.sdk.testing.suites.mis_desk import AGAIN, Calendar, DeskKit
from nextvisit.sdk.testing.suites.verdict import lacks, lacks_relay, place_of, require


class BookingTests(DeskKit):
    """The ports `FindsSlots` and `Books`."""

    @pytest.mark.anyio
    async def test_free_slots_are_in_order_and_inside_the_query(self) -> None:
        async with self.desk() as desk:
            where, wanted = place_of(desk.adapter, "free_slots"), desk.wanted
            slots = await self.free(desk)
            right = "free times of the specialty that begin within [after, before), the earliest first"
            for one in slots:
                require(
                    not naive_instants(one),
                    "a free time has no zone",
                    where=where,
                    right="every instant is aware",
                )
                require(
                    one.ref and one.start < one.end,
                    "a free time has no ref, or ends before it begins",
                    where=where,
                    right=right,
                )
                require(
                    one.specialty == wanted.specialty,
                    "a free time is of another specialty",
                    where=where,
                    right=right,
                )
                require(
                    wanted.after <= one.start < wanted.before,
                    "a free time begins outside of the query",
                    where=where,
                    right=right,
                )
            starts = [one.start for one in slots]
            require(starts == sorted(starts), "free times are not in order", where=where, right=right)
            late = replace(wanted, after=starts[1], before=starts[-1] + timedelta(microseconds=1))
            inside = await self.calls.ask(desk.adapter, "free_slots", late)
            require(
                {one.ref for one in inside} == {one.ref for one in slots if one.start >= starts[1]},
                "a narrower query gives free times outside of it, or not all inside of it",
                where=where,
                right=right,
            )
            few = await self.calls.ask(desk.adapter, "free_slots", replace(wanted, limit=1))
            require(
                [one.ref for one in few] == [slots[0].ref],
                "the limit of the query is not kept",
                where=where,
                right="the earliest `limit` of them",
            )

    @pytest.mark.anyio
    async def test_booking_twice_with_one_id_books_once(self) -> None:
        async with self.desk() as desk:
            request = await self.request(desk, "b-1")
            first = await self.booked(desk, request)
            again = await self.booked(desk, request)
            require(
                first.ref == again.ref,
                "one booking that is asked for twice is two",
                where=place_of(desk.adapter, "book"),
                right=AGAIN,
            )
            free = {one.ref for one in await self.free(desk)}
            require(
                request.slot.ref not in free,
                "a time that was booked is offered again",
                where=place_of(desk.adapter, "free_slots"),
                right="what the MIS says is free now",
            )

    @pytest.mark.anyio
    async def test_booking_again_in_another_process_books_once(self) -> None:
        async with self.desk() as desk:
            request = await self.request(desk, "b-2")
            first = await self.booked(desk, request)
            async with self.using(desk.peer.adapter) as other:
                again, error = await self.calls.outcome(other, "book", request)
                require(
                    error is None and again.ref == first.ref,
                    f"asked again by a new adapter, book {'makes another appointment' if error is None else 'raises ' + kind_of(error)}",
                    where=place_of(desk.adapter, "book"),
                    right=AGAIN,
                )
                found, error = await self.calls.outcome(other, "find_booking", request)
                require(
                    error is None and found is not None and found.ref == first.ref,
                    "a new adapter does not find what was booked",
                    where=place_of(desk.adapter, "find_booking"),
                    right="ask the MIS for the appointment with our id",
                )
            await self.one_visit(desk, request)

    @pytest.mark.anyio
    async def test_a_booking_is_found_and_read_back(self) -> None:
        async with self.desk() as desk:
            request = await self.request(desk, "b-3")
            where = place_of(desk.adapter, "find_booking")
            before = await self.calls.ask(desk.adapter, "find_booking", request)
            require(before is None, "find_booking finds what was never booked", where=where, right="None")
            made = await self.booked(desk, request)
            found = await self.calls.ask(desk.adapter, "find_booking", request)
            require(
                found is not None and found.ref == made.ref,
                "find_booking does not find what was booked",
                where=where,
                right="the appointment with our id",
            )
            visit = await self.one_visit(desk, request)
            where = place_of(desk.adapter, "book")
            require(
                visit.ref == made.ref,
                "the visit is read back under another ref",
                where=where,
                right="the ref that parse gives",
            )
            require(
                visit.patient == desk.patient,
                "the visit is another patient's",
                where=where,
                right="book for request.patient",
            )
            require(
                visit.start == request.slot.start,
                "the visit begins at another time",
                where=where,
                right="book request.slot",
            )
            require(
                visit.status in {AppointmentStatus.BOOKED, AppointmentStatus.PENDING},
                f"the visit is {visit.status}",
                where=where,
                right="booked; pending where the MIS has to confirm",
            )

    @pytest.mark.anyio
    async def test_another_patient_s_booking_is_not_found(self) -> None:
        async with self.desk() as desk:
            others = [
                one.ref
                for one in await self.told(desk.peer)
                if isinstance(one, Patient) and one.ref != desk.patient
            ]
            if not others:
                lacks("the peer has one patient", "give it two")
            request = await self.request(desk, "b-4")
            await self.booked(desk, request)
            found, error = await self.calls.outcome(
                desk.adapter, "find_booking", replace(request, patient=others[0])
            )
            require(
                found is None and (error is None or isinstance(error, Rejected)),
                "find_booking finds another patient's booking"
                if error is None
                else f"find_booking raises {kind_of(error)} for another patient's booking",
                where=place_of(desk.adapter, "find_booking"),
                right="Rejected with the scope `message`: compare the patient of what was found",
            )

    @pytest.mark.anyio
    async def test_a_taken_slot_is_not_booked_again(self) -> None:
        async with self.desk() as desk:
            request = await self.request(desk, "b-5")
            await self.booked(desk, request)
            other = replace(request, booking="b-6")
            async with self.using(desk.peer.adapter) as adapter:
                _, error = await self.calls.outcome(adapter, "book", other)
                require(
                    isinstance(error, SlotTaken),
                    f"a time that was taken {'is booked again' if error is None else 'raises ' + kind_of(error)}",
                    where=place_of(adapter, "book"),
                    right="SlotTaken, by the MIS's own word: another time is offered",
                )
                found = await self.calls.ask(adapter, "find_booking", other)
                require(
                    found is None,
                    "find_booking finds what was not booked",
                    where=place_of(adapter, "find_booking"),
                    right="None",
                )

    @pytest.mark.anyio
    async def test_a_cancelled_booking_gives_its_slot_back(self) -> None:
        async with self.desk() as desk:
            request = await self.request(desk, "b-7")
            made = await self.booked(desk, request)
            await self.calls.ask(desk.adapter, "cancel", made, CancelReason.PATIENT)
            async with self.using(desk.peer.adapter) as other:
                _, error = await self.calls.outcome(other, "cancel", made, CancelReason.PATIENT)
                require(
                    error is None,
                    f"cancelled twice, cancel raises {kind_of(error) if error else ''}",
                    where=place_of(other, "cancel"),
                    right="an appointment that is already cancelled is no error",
                )
            found = await self.calls.ask(desk.adapter, "find_booking", request)
            require(
                found is None,
                "find_booking finds what was cancelled",
                where=place_of(desk.adapter, "find_booking"),
                right="None: only what stands",
            )
            free = {one.ref for one in await self.free(desk)}
            require(
                request.slot.ref in free,
                "a time that was given back is not offered",
                where=place_of(desk.adapter, "cancel"),
                right="cancel frees the time in the MIS, too",
            )

    @pytest.mark.anyio
    async def test_a_booking_whose_answer_was_cut_is_never_made_twice(self) -> None:
        async with self.desk() as desk:
            if desk.peer.cut_next is None:
                lacks_relay("the peer cuts nothing", "cut_next")
            request = await self.request(desk, "b-8")
            await self.does(desk.peer, "cut_next", "write")
            made, error = await self.calls.outcome(desk.adapter, "book", request)
            where = place_of(desk.adapter, "book")
            right = "OutcomeUnknown: the caller asks find_booking before anything else"
            require(
                not isinstance(error, RetryLater),
                "an answer that was cut is RetryLater, so the patient is booked twice",
                where=where,
                right=right,
            )
            require(
                not isinstance(error, Rejected),
                f"an answer that was cut is {kind_of(error) if error else ''}, so a booking that stands is given up",
                where=where,
                right=right,
            )
            async with self.using(desk.peer.adapter) as other:
                found = await self.calls.ask(other, "find_booking", request)
                require(
                    found is not None,
                    "find_booking does not find what was booked before the cut",
                    where=place_of(other, "find_booking"),
                    right="the appointment with our id",
                )
                require(
                    error is not None or made.ref == found.ref,
                    "after a cut, book gives another appointment than stands",
                    where=where,
                    right=right,
                )
                again = await self.booked(replace(desk, adapter=cast(Calendar, other)), request)
                require(
                    again.ref == found.ref,
                    "booked again after a cut, it is another appointment",
                    where=where,
                    right=AGAIN,
                )
            await self.one_visit(desk, request)

    @pytest.mark.anyio
    async def test_a_booking_that_is_throttled_has_not_happened(self) -> None:
        async with self.desk() as desk:
            if desk.peer.throttle_next is None:
                lacks_relay("the peer throttles nothing", "throttle_next")
            request = await self.request(desk, "b-9")
            await self.does(desk.peer, "throttle_next", WAIT)
            _, error = await self.calls.outcome(desk.adapter, "book", request)
            require(
                error is None or isinstance(error, RetryLater),
                f"book raises {kind_of(error) if error else ''} when it is throttled",
                where=place_of(desk.adapter, "book"),
                right="RetryLater: the MIS says that it did nothing",
            )
            await self.booked(desk, request)
            await self.one_visit(desk, request)

    @pytest.mark.anyio
    async def test_a_booking_when_nobody_answers_is_retried_later(self) -> None:
        async with self.desk() as desk:
            if desk.peer.unreachable is None:
                lacks("the peer cannot be absent", "give it `unreachable`")
            request = await self.request(desk, "b-10")
            async with self.using(desk.peer.unreachable) as adapter:
                await self.all_later(
                    adapter,
                    [("book", (request,)), ("find_booking", (request,))],
                    right="RetryLater: nothing was sent, so nothing happened",
                    loggers=desk.peer.peer_loggers,
                )

    @pytest.mark.anyio
    async def test_no_call_blocks_the_event_loop(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            await self.calls.ask(adapter, "check")
            await self.pulled(peer, by=adapter)
            if isinstance(adapter, Books) and peer.wanted is not None and peer.patient is not None:
                slots = await self.calls.ask(adapter, "free_slots", peer.wanted)
                request = BookingRequest("b-11", peer.patient, slots[0])
                made = await self.calls.ask(adapter, "book", request)
                await self.calls.ask(adapter, "find_booking", request)
                await self.calls.ask(adapter, "cancel", made, CancelReason.PATIENT)
            self.stalls.require_none()

    @pytest.mark.anyio
    async def test_nothing_of_a_booking_is_said(self) -> None:
        async with self.desk() as desk:
            leaks = Leaks(desk.peer.peer_loggers)
            with leaks.watch():
                request = await self.request(desk, "b-12")
                made = await self.booked(desk, request)
                await self.calls.ask(desk.adapter, "find_booking", request)
                await self.calls.ask(desk.adapter, "cancel", made, CancelReason.PATIENT)
            leaks.require_none(
                desk.peer.canaries, "a log, or what was printed,", where=place_of(desk.adapter, "book")
            )
