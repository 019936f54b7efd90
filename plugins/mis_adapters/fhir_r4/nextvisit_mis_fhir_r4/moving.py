"""Moving a visit to another time: the appointment stays the same one, and the patient never has none.

The appointment, the slot that it leaves and the one that it takes change in one transaction, each under
If-Match. Our identifier of the move joins the one of the booking, so that a move is found again. Where a
server does not let an appointment be moved, the other time is booked first and the old visit cancelled then.
"""

from __future__ import annotations

from typing import Any, Final

from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.records import AppointmentRef, BookingRequest, CancelReason, MisRef
from nextvisit_mis_fhir_r4.booking import (
    BEFORE_THE_VISIT,
    IDENTIFIER_IGNORED,
    BookingDesk,
    Current,
    bundle_of,
    check_entries,
    is_conflict,
    ours,
    refused,
)
from nextvisit_mis_fhir_r4.primitives import Json, items, node, text

_OF_THE_CALENDAR: Final = ("Practitioner/", "PractitionerRole/", "Location/", "HealthcareService/", "Device/")
_CANNOT: Final = {400, 422}


class MovingDesk(BookingDesk):
    """Books, and moves what was booked."""

    async def move(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        """The appointment of this booking id in this slot, moved now or before. Raises SlotTaken."""
        made, strangers = await self._search(request.booking)
        if made is not None:
            return await self._instead_of(appointment, ours(made, request))
        if strangers:
            message = "answers a search by identifier with other appointments; nothing is moved there"
            raise Rejected(IDENTIFIER_IGNORED, message, scope="account")
        current = await self._read(appointment.ref, gone=Rejected("appointment.gone", scope="message"))
        self._refuse(current.resource, request)
        try:
            slot = await self._free_slot(request)
        except SlotTaken as taken:
            return await self._made_or(request, taken)
        if await self._is_occupied(request.slot.ref):
            return await self._made_or(request, SlotTaken("slot.occupied"))
        there = await self._connection.write("POST", "", await self._moved(current, slot, request))
        if there.status < 300:
            check_entries(there)
            return await self._alone(current, appointment.ref, request)
        if is_conflict(there):
            return await self._made_or(request, await self._why_not(request))
        if there.status in _CANNOT:
            return await self._instead_of(appointment, await self.book(request))
        raise refused(there)

    async def _instead_of(self, old: AppointmentRef, new: AppointmentRef) -> AppointmentRef:
        """Only now that the other one stands."""
        if new.ref != old.ref:
            await self.cancel(old, CancelReason.PATIENT)
        return new

    def _refuse(self, resource: Json, request: BookingRequest) -> None:
        status = text(resource.get("status"))
        if status not in BEFORE_THE_VISIT:
            raise Rejected("appointment.not_movable", f"status {status}", scope="message")
        if request.patient not in self._found(resource).patients:
            raise Rejected("booking.other_patient", "it is another patient's", scope="message")

    async def _why_not(self, request: BookingRequest) -> NextVisitError:
        """Somebody was faster, at the slot or at the appointment."""
        try:
            await self._free_slot(request)
        except SlotTaken as taken:
            return taken
        return RetryLater("fhir.contention", "the appointment changed, and the slot is still free")

    async def _moved(self, current: Current, slot: Current, request: BookingRequest) -> Json:
        sent, was = self.appointment(request), current.resource
        stays = [one for one in items(was.get("participant")) if not _is_of_the_calendar(one)]
        comes = [one for one in sent["participant"] if _is_of_the_calendar(one)]
        changed: dict[str, Any] = {
            key: sent[key] for key in ("start", "end", "slot", "specialty") if key in sent
        }
        # The newest first: it is the one that is read back.
        changed["identifier"] = [*sent["identifier"], *items(was.get("identifier"))]
        changed["participant"] = [*stays, *comes]
        return bundle_of(
            self._put(current, self._found(was).ref.ref, **changed),
            self._put(slot, request.slot.ref, status="busy"),
            *await self._slots_turned(current, "busy", "free"),
        )

    async def _alone(self, was: Current, ref: MisRef, request: BookingRequest) -> AppointmentRef:
        """Read back, because a server may pass over If-Match: of two on one slot ours goes back."""
        now = await self._read(ref, gone=Rejected("appointment.gone", scope="message"))
        if await self._is_doubled(request):
            back = bundle_of(
                self._put(now, ref, **was.resource), *await self._slots_turned(was, "free", "busy")
            )
            if (await self._connection.write("POST", "", back)).status >= 300:
                raise OutcomeUnknown(
                    "fhir.moved_onto_another", "two stand on one slot, and ours cannot go back"
                )
            raise SlotTaken("slot.booked_twice")
        return self._found(now.resource).ref


def _is_of_the_calendar(participant: object) -> bool:
    return text(node(node(participant).get("actor")).get("reference")).startswith(_OF_THE_CALENDAR)
