"""A test patient is booked for real, and whatever happens the booking is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar
from uuid import uuid4

from nextvisit.sdk.authoring.live import Steps, counted, named
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown
from nextvisit.sdk.ports import Books, FindsSlots, Lists, MisAdapter, Reschedules
from nextvisit.sdk.records import (
    Appointment,
    AppointmentRef,
    AppointmentStatus,
    BookingRequest,
    CancelReason,
    MisRef,
    Slot,
    SlotQuery,
)

_DAY: Final = timedelta(days=1)
_OF_A_DAY: Final = 500
_TRIES: Final = 5
_STANDS: Final = frozenset(AppointmentStatus) - {
    AppointmentStatus.CANCELLED,
    AppointmentStatus.ENTERED_IN_ERROR,
}
T = TypeVar("T")


class BookingDesk(MisAdapter, FindsSlots, Books, Protocol):
    """An adapter that can be booked with."""


@dataclass(frozen=True, slots=True)
class StillBooked:
    """What has to be cancelled by hand. appointments: empty where nobody knows whether any was made."""

    patient: MisRef
    booking: str
    slot: MisRef
    start: datetime
    appointments: tuple[MisRef, ...]

    def __str__(self) -> str:
        where = f"at {self.start.isoformat()} (slot {self.slot}), under our id {self.booking}"
        if not self.appointments:
            return f"PERHAPS STILL BOOKED for {self.patient} {where}: look for it in the MIS, and cancel it"
        those = " and ".join(self.appointments)
        return f"STILL BOOKED: {those} for {self.patient} {where}: cancel it in the MIS"


@dataclass(slots=True)
class _Begun:
    """A request that went out, until the MIS says that nothing of it stands.

    doubtful: nobody knows whether it came about, and it was not found since: it may come yet.
    """

    request: BookingRequest
    made: dict[MisRef, AppointmentRef] = field(default_factory=dict)
    doubtful: bool = False


@dataclass(slots=True)
class LiveBooking:
    """One visit of one test patient.

    warn: is given, before anything is booked, what would be left if this process were killed. pause: between
    tries to give a booking back.
    """

    adapter: BookingDesk
    patient: MisRef
    steps: Steps
    warn: Callable[[str], None]
    pause: timedelta = timedelta(seconds=3)
    _begun: dict[str, _Begun] = field(default_factory=dict)

    @property
    def left(self) -> Sequence[StillBooked]:
        """What stands, or may."""
        return [
            StillBooked(
                self.patient,
                each.request.booking,
                each.request.slot.ref,
                each.request.slot.start,
                tuple(each.made),
            )
            for each in self._begun.values()
        ]

    async def run(self, wanted: SlotQuery) -> None:
        """Book the last free time, find it, book it again, move it, cancel it, and read all of it back."""
        slots, _ = await self.steps.ask("a time to book", self._last_free(wanted))
        if not slots:
            if slots is not None:
                self.steps.failed("a time to book", "there is no free time within what was asked for")
            return
        try:
            await self._booked_and_cancelled(slots)
        finally:
            await self._give_back()

    async def _last_free(self, wanted: SlotQuery) -> list[Slot]:
        """The two last ones, the last first: they are the likeliest to be missed by nobody."""
        found: list[Slot] = []
        before = wanted.before
        while before > wanted.after and len(found) < 2:  # noqa: PLR2004  one to book, one to move to
            after = max(before - _DAY, wanted.after)
            asked = replace(wanted, after=after, before=before, limit=_OF_A_DAY)
            found += reversed(await self.adapter.free_slots(asked))
            before = after
        return found[:2]

    async def _booked_and_cancelled(self, slots: Sequence[Slot]) -> None:
        request = self._begin(slots[0])
        made = await self._book(request)
        if made is None:
            return
        await self._found("find what was booked", request, made)
        await self._read_back(request, made)
        again, _ = await self._write("book again", request, self.adapter.book(request))
        if again is not None:
            same = again.ref == made.ref
            self.steps.judge("book again", None if same else "it is another appointment", "it is the same")
        if isinstance(self.adapter, Reschedules) and len(slots) > 1:
            request, made = await self._moved(self.adapter, made, request, slots[1])
        else:
            why = "there is one free time alone" if isinstance(self.adapter, Reschedules) else "it moves none"
            self.steps.left("reschedule", why)
        await self._cancel(request, made)

    async def _book(self, request: BookingRequest) -> AppointmentRef | None:
        made, error = await self._write("book", request, self.adapter.book(request))
        if made is not None:
            self.steps.held("book", f"{made.ref} at {request.slot.start.isoformat()}")
        elif error is not None:
            found, _ = await self._find(request)
            self._keep(request, found)
        return made

    async def _moved(
        self, adapter: Reschedules, made: AppointmentRef, before: BookingRequest, slot: Slot
    ) -> tuple[BookingRequest, AppointmentRef]:
        """The visit as it stands now."""
        request = self._begin(slot)
        moved, _ = await self._write("reschedule", request, adapter.reschedule(made, request))
        if moved is None:
            return before, made
        self.steps.held("reschedule", f"{moved.ref} at {slot.start.isoformat()}")
        await self._found("find what was moved", request, moved)
        old, error = await self._find(before)
        if error is None and old is None and moved.ref == made.ref:
            del self._begun[before.booking]  # of two it is cancelled in the end: it may stand without our id
        wrong = None if old is None or old.ref == moved.ref else "what stood before stands as well"
        self.steps.judge("what stood before", named(error) if error else wrong, "stands no more")
        return request, moved

    async def _cancel(self, request: BookingRequest, made: AppointmentRef) -> None:
        _, error = await self.steps.ask("cancel", self.adapter.cancel(made, CancelReason.CLINIC))
        if error is not None:
            return
        _, error = await self.steps.ask("cancel", self.adapter.cancel(made, CancelReason.CLINIC))
        if error is None:
            self.steps.held("cancel", "cancelled, and cancelled again without an error")
        found, error = await self._find(request)
        wrong = None if found is None else "find_booking finds what was cancelled"
        self.steps.judge("what was cancelled", named(error) if error else wrong, "is not found any more")
        await self._read_back_cancelled(made)
        begun = self._begun.get(request.booking)
        if error is None and found is None and begun is not None and set(begun.made) <= {made.ref}:
            del self._begun[request.booking]

    async def _found(self, what: str, request: BookingRequest, made: AppointmentRef) -> None:
        found, error = await self._find(request)
        same = found is not None and found.ref == made.ref
        wrong = None if same else "find_booking does not find it" if found is None else "it finds another"
        self._keep(request, found)
        self.steps.judge(what, named(error) if error else wrong, "by our id, and it is the same")

    async def _read_back(self, request: BookingRequest, made: AppointmentRef) -> None:
        visits = await self._visits("read back", made)
        if visits is None:
            return
        fits = [
            one
            for one in visits
            if one.patient == self.patient and one.start == request.slot.start and one.status in _STANDS
        ]
        wrong = None if fits else f"of {counted(len(visits), 'visit')} none is this patient's at this time"
        self.steps.judge("read back", wrong, "the visit is this patient's, at this time")

    async def _read_back_cancelled(self, made: AppointmentRef) -> None:
        what = "read back, cancelled"
        visits = await self._visits(what, made)
        if visits is not None:
            stands = any(one.status in _STANDS for one in visits)
            self.steps.judge(what, "the visit stands in the MIS" if stands else None, "it stands no more")

    async def _visits(self, what: str, made: AppointmentRef) -> Sequence[Appointment] | None:
        if not isinstance(self.adapter, Lists):
            self.steps.left(what, "it looks up nothing")
            return None
        body, error = await self.steps.ask(what, self.adapter.look_up([made.ref]))
        if body is None or error is not None:
            return None
        return [
            one for one in self.adapter.parse(body) if isinstance(one, Appointment) and one.ref == made.ref
        ]

    def _begin(self, slot: Slot) -> BookingRequest:
        request = BookingRequest(str(uuid4()), self.patient, slot)
        self._begun[request.booking] = _Begun(request)
        self.warn(
            f"books {slot.start.isoformat()} (slot {slot.ref}) for {self.patient} under our id"
            f" {request.booking}; if this process is killed, look for that in the MIS and cancel it"
        )
        return request

    async def _write(
        self, what: str, request: BookingRequest, call: Awaitable[AppointmentRef]
    ) -> tuple[AppointmentRef | None, NextVisitError | None]:
        made, error = await self.steps.ask(what, call)
        if isinstance(error, OutcomeUnknown) and (begun := self._begun.get(request.booking)) is not None:
            begun.doubtful = True
        self._keep(request, made)
        return made, error

    def _keep(self, request: BookingRequest, made: AppointmentRef | None) -> None:
        if made is not None and request.booking in self._begun:
            begun = self._begun[request.booking]
            begun.made[made.ref], begun.doubtful = made, False

    async def _find(self, request: BookingRequest) -> tuple[AppointmentRef | None, NextVisitError | None]:
        try:
            return await self.adapter.find_booking(request), None
        except NextVisitError as error:
            return None, error

    async def _give_back(self) -> None:
        """Whatever was begun and not proven to stand no more. Proven it is by the MIS alone."""
        for each in list(self._begun.values()):
            for tried in range(_TRIES):
                if tried:
                    await asyncio.sleep(self.pause.total_seconds())
                if await self._given_back(each):
                    del self._begun[each.request.booking]
                    break

    async def _given_back(self, begun: _Begun) -> bool:
        found, error = await self._find(begun.request)
        self._keep(begun.request, found)
        try:
            for made in begun.made.values():
                await self.adapter.cancel(made, CancelReason.CLINIC)
        except NextVisitError:
            return False
        if error is None and found is not None:
            found, error = await self._find(begun.request)
            self._keep(begun.request, found)
        return error is None and found is None and not begun.doubtful
