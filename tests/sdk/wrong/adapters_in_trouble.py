"""Adapters for Ambulo that book wrongly, or make the wrong thing of a MIS in trouble."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nextvisit.sdk.errors import OutcomeUnknown, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.records import AppointmentRef, BookingRequest, CancelReason, Slot, SlotQuery
from tests.sdk.vendors.ambulo import CAPABILITIES, AmbuloAdapter, Row
from tests.sdk.vendors.mis_kits import kits_of
from tests.sdk.wrong import wrong


@wrong("asked again by a new adapter", "booking_again_in_another_process_books_once",
       "a_booking_whose_answer_was_cut_is_never_made_twice")  # fmt: skip
class RemembersBookingsInMemory(AmbuloAdapter):
    """Idempotent until the process ends."""

    def __init__(self, base: str, key: str) -> None:
        super().__init__(base, key)
        self._made: dict[str, AppointmentRef] = {}

    async def book(self, request: BookingRequest) -> AppointmentRef:
        if request.booking not in self._made:
            wish = {
                "patient": int(request.patient.partition("/")[2]),
                "slot": request.slot.ref,
                "ours": request.booking,
            }
            reply = await self.post("visits", wish)
            if reply.status == 409:
                raise SlotTaken
            row = json.loads(reply.body)
            self._made[request.booking] = AppointmentRef(self.ref(row), self.version(row))
        return self._made[request.booking]


@wrong("is RetryLater, so the patient is booked twice", "a_booking_whose_answer_was_cut_is_never_made_twice",
       "a_move_whose_answer_was_cut_is_finished_and_made_once")  # fmt: skip
class RetriesABookingThatWasCut(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except OutcomeUnknown as error:
            raise RetryLater(error.code) from None


@wrong("so a booking that stands is given up", "a_booking_whose_answer_was_cut_is_never_made_twice",
       "a_move_whose_answer_was_cut_is_finished_and_made_once")  # fmt: skip
class TakesACutForARefusal(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except OutcomeUnknown as error:
            raise Rejected(error.code, scope="message") from None


@wrong("no visit that is read back carries our id", "a_booking_is_found_and_read_back",
       "booking_again_in_another_process_books_once", "a_booking_whose_answer_was_cut_is_never_made_twice",
       "a_booking_that_is_throttled_has_not_happened",
       "a_visit_is_moved_and_gives_its_old_time_back",
       "moving_again_in_another_process_moves_once",
       "a_move_to_a_taken_time_leaves_the_visit_where_it_was",
       "a_move_whose_answer_was_cut_is_finished_and_made_once")  # fmt: skip
class DoesNotReadItsOwnId(AmbuloAdapter):
    def booking(self, row: Row) -> str | None:
        return None


@wrong("find_booking finds another patient's booking", "another_patient_s_booking_is_not_found")
class FindsWhoeversBooking(AmbuloAdapter):
    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        for row in json.loads((await self.get("visits", ours=request.booking)).body)["rows"]:
            if row["status"] != "cancelled":
                return AppointmentRef(self.ref(row), self.version(row))
        return None


@wrong("find_booking finds what was cancelled", "a_cancelled_booking_gives_its_slot_back")
class FindsWhatWasCancelled(AmbuloAdapter):
    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        for row in json.loads((await self.get("visits", ours=request.booking)).body)["rows"]:
            if f"Patient/{row['patient']}" != request.patient:
                raise Rejected("ambulo.other_patient", scope="message")
            return AppointmentRef(self.ref(row), self.version(row))
        return None


@wrong("a time that was taken raises RetryLater", "a_taken_slot_is_not_booked_again")
class WaitsForATakenTime(AmbuloAdapter):
    async def book(self, request: BookingRequest) -> AppointmentRef:
        try:
            return await super().book(request)
        except SlotTaken:
            raise RetryLater("ambulo.conflict") from None


@wrong("cancelled twice, cancel raises Rejected", "a_cancelled_booking_gives_its_slot_back")
class CancelsOnce(AmbuloAdapter):
    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        number = appointment.ref.partition("/")[2]
        if (await self.post(f"visits/{number}/cancel", {"why": reason})).status == 409:
            raise Rejected("ambulo.cancelled", scope="message")


@wrong("find_booking finds what was cancelled", "a_cancelled_booking_gives_its_slot_back")
class CancelsNothing(AmbuloAdapter):
    """It says so, and the visit stands."""

    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        await self.get("about")


@wrong("and not cancel", "no_port_is_half_there")
class BooksAndCannotCancel(AmbuloAdapter):
    capabilities = replace(CAPABILITIES, cancels=False)
    cancel = None  # type: ignore[assignment]


@wrong("a time that was booked is offered again", "booking_twice_with_one_id_books_once")
class OffersWhatIsTaken(AmbuloAdapter):
    def is_free(self, row: Row) -> bool:
        return True


@wrong("a narrower query gives free times outside of it", "free_slots_are_in_order_and_inside_the_query")
class GoesByTheDayOnly(AmbuloAdapter):
    """The query's hours are lost."""

    def chosen(self, slots: list[Slot], wanted: SlotQuery) -> Sequence[Slot]:
        return sorted(slots, key=lambda one: one.start)[: wanted.limit]

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]:
        said = json.loads(
            (await self.get("free", specialty=wanted.specialty, **{"from": "2000", "to": "3000"})).body
        )
        return self.chosen([one for one in self.slots(said["rows"]) if self.is_theirs(one, wanted)], wanted)


@wrong("free times are not in order", "free_slots_are_in_order_and_inside_the_query")
class TakesTheVendorsOrder(AmbuloAdapter):
    def chosen(self, slots: list[Slot], wanted: SlotQuery) -> Sequence[Slot]:
        return [one for one in slots if wanted.after <= one.start < wanted.before][: wanted.limit]


@wrong("the limit of the query is not kept", "free_slots_are_in_order_and_inside_the_query")
class KnowsNoLimit(AmbuloAdapter):
    def chosen(self, slots: list[Slot], wanted: SlotQuery) -> Sequence[Slot]:
        return sorted(
            super().chosen(slots, SlotQuery(wanted.specialty, wanted.after, wanted.before)),
            key=lambda one: one.start,
        )


@wrong("changes raises Rejected (ambulo.http_429, scope message) when it is throttled",
       "a_mis_that_is_asked_too_often_is_given_its_time", "a_booking_that_is_throttled_has_not_happened")  # fmt: skip
class TakesAThrottleForARefusal(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except RetryLater as error:
            if error.code == "ambulo.http_429":
                raise Rejected(error.code, scope="message") from None
            raise


@wrong("how long the MIS wishes to be left alone is lost", "a_mis_that_is_asked_too_often_is_given_its_time")
class ForgetsHowLongToWait(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except RetryLater as error:
            raise RetryLater(error.code) from None


@wrong(
    "raises RetryLater (ambulo.http_401, scope account) when the secret is wrong",
    "a_wrong_login_stops_the_connection",
)
class RetriesAWrongKey(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except Rejected as error:
            raise RetryLater(error.code) from None


@wrong("or what was logged with it, holds what must never be seen", "a_wrong_login_stops_the_connection")
class SaysItsKeyInAnError(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except Rejected as error:
            raise Rejected(error.code, f"{self._key} is refused", scope="account") from None


@wrong("raises Rejected (ambulo.unreachable, scope account) when nobody answers", "an_absent_server_is_retried_later",
       "a_booking_when_nobody_answers_is_retried_later")  # fmt: skip
class TakesAbsenceForARefusal(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except RetryLater as error:
            if error.code == "ambulo.unreachable":
                raise Rejected(error.code, scope="account") from None
            raise


@wrong(
    "check gave str although nobody answers",
    "an_absent_server_is_retried_later",
    "a_wrong_login_stops_the_connection",
       "each_request_takes_its_turn")  # fmt: skip
class ChecksNothing(AmbuloAdapter):
    async def check(self) -> str:
        return "Ambulo"


@wrong("the event loop stood still for", "no_call_blocks_the_event_loop")
class SleepsInTheLoop(AmbuloAdapter):
    async def check(self) -> str:
        time.sleep(1)  # noqa: ASYNC251 - that is what is wrong with it
        return await super().check()


@wrong("check blocks the event loop", "check_answers", "no_call_blocks_the_event_loop")
class NeverWakes(AmbuloAdapter):
    """What blocks for good is broken off, and named."""

    async def check(self) -> str:
        if "127.0.0.1" in self._base:
            await super().check()
            time.sleep(600)  # noqa: ASYNC251 - that is what is wrong with it
        return ""


@wrong("check did not come back within 6 s", "check_answers", "no_call_blocks_the_event_loop")
class WaitsForEver(AmbuloAdapter):
    hangs = True

    async def check(self) -> str:
        await super().check()
        await asyncio.Event().wait()
        return ""


@wrong(
    "a move that was refused cost the patient the visit",
    "a_move_to_a_taken_time_leaves_the_visit_where_it_was",
)
class CancelsBeforeItBooks(AmbuloAdapter):
    """The patient has none until the other time is booked, and after a refusal for good."""

    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        await self.cancel(appointment, CancelReason.PATIENT)
        return await self.book(request)


@wrong("after a move, the patient has 2 visits", "a_visit_is_moved_and_gives_its_old_time_back",
       "moving_again_in_another_process_moves_once",
       "a_move_whose_answer_was_cut_is_finished_and_made_once")  # fmt: skip
class LeavesTheOldVisit(AmbuloAdapter):
    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        return await self.book(request)


@wrong(
    "asked again by a new adapter, reschedule raises SlotTaken", "moving_again_in_another_process_moves_once",
       "a_move_whose_answer_was_cut_is_finished_and_made_once")  # fmt: skip
class DoesNotLookForItsMove(AmbuloAdapter):
    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        wish = {"slot": request.slot.ref, "ours": request.booking}
        reply = await self.post(f"visits/{appointment.ref.partition('/')[2]}/move", wish)
        if reply.status == 409:
            raise SlotTaken
        row = json.loads(reply.body)
        return AppointmentRef(self.ref(row), self.version(row))


globals().update(kits_of(globals()))
