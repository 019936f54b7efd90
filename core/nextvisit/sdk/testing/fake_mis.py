"""A MIS in memory, with the rules of a real one: versions, slots that are taken, bookings made once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from pydantic import TypeAdapter, ValidationError

from nextvisit.sdk.capabilities import MisCapabilities, RecordKind, SlotsBy
from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected, SlotTaken
from nextvisit.sdk.records import (
    Appointment,
    AppointmentRef,
    AppointmentStatus,
    BookingRequest,
    CancelReason,
    Change,
    Cursor,
    Deleted,
    Listed,
    MisEvent,
    MisRef,
    RawBatch,
    Slot,
    SlotQuery,
    Unreadable,
)

_KINDS: Final[dict[str, TypeAdapter[Any]]] = {
    each.__name__: TypeAdapter(each) for each in (*get_args(Change), Deleted)
}
_DEAD: Final = {AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR}
_OPEN: Final = {AppointmentStatus.PROPOSED, AppointmentStatus.PENDING, AppointmentStatus.BOOKED}
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)


CAPABILITIES: Final = MisCapabilities(
    reads=frozenset(RecordKind),
    lists=True,
    finds_slots_by=frozenset(SlotsBy),
    books=True,
    cancels=True,
    reschedules=True,
)


class FakeMis:
    """MisAdapter, Lists, FindsSlots and Books over a dict. Its clock ticks a second with every write."""

    def __init__(self, *, page_size: int = 2, start: datetime = _EPOCH) -> None:
        self._page_size = page_size
        self._now = start
        self._log: list[bytes] = []
        self._free: dict[MisRef, Slot] = {}
        self._taken: dict[MisRef, Slot] = {}
        self._broken: NextVisitError | None = None
        self.records: dict[MisRef, Change] = {}

    def put(self, record: Change) -> Change:
        """Store a record as a new version of itself; it will be among the changes."""
        self._now += timedelta(seconds=1)
        version = str(len(self._log) + 1)
        stored = replace(record, version=version, updated_at=self._now)
        self.records[stored.ref] = stored
        self._log.append(_dump(stored))
        return stored

    def miss(self, record: Change) -> None:
        """Store a record of which no change ever tells."""
        self.records[record.ref] = record

    def delete(self, ref: MisRef) -> None:
        """It is gone, of which no change tells."""
        del self.records[ref]

    def put_garbage(self, raw: bytes) -> None:
        """Let one unreadable thing (valid JSON) stand among the changes."""
        self._log.append(raw)

    def add_slot(self, slot: Slot) -> None:
        """Offer a free time."""
        self._free[slot.ref] = slot

    def take_slot(self, ref: MisRef) -> None:
        """Somebody else takes a free time."""
        self._taken[ref] = self._free.pop(ref)

    def break_down(self, error: NextVisitError | None) -> None:
        """Every call raises `error`; None repairs it."""
        self._broken = error

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        """See `MisAdapter`; the cursor is a place in the log."""
        self._maybe_fail()
        try:
            at = 0 if since is None else int(since)
        except ValueError:
            raise ProtocolError("fake.cursor", "not a cursor of this adapter", whose="ours") from None
        while at < len(self._log):
            page = self._log[at : at + self._page_size]
            at += len(page)
            yield RawBatch(body=b"[" + b",".join(page) + b"]", cursor=Cursor(str(at)), count=len(page))

    def parse(self, body: bytes) -> Sequence[MisEvent]:
        """See `MisAdapter`."""
        try:
            entries = json.loads(body)
        except ValueError:
            return [Unreadable(ref=None, reason="page.not_json")]
        if not isinstance(entries, list):
            return [Unreadable(ref=None, reason="page.not_a_list")]
        return [_load(entry) for entry in entries]

    async def listing(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Lists`."""
        self._maybe_fail()
        things = [Listed(one.ref, one.version, one.updated_at) for one in self.records.values()]
        for at in range(0, len(things), self._page_size):
            yield things[at : at + self._page_size]

    async def look_up(self, refs: Sequence[MisRef]) -> bytes:
        """See `Lists`."""
        self._maybe_fail()
        found = [self.records.get(ref, Deleted(ref)) for ref in refs]
        return b"[" + b",".join(map(_dump, found)) + b"]"

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]:
        """See `FindsSlots`."""
        self._maybe_fail()
        found = [
            slot
            for slot in self._free.values()
            if slot.specialty == wanted.specialty
            and wanted.after <= slot.start < wanted.before
            and wanted.practitioner in (None, slot.practitioner)
        ]
        return sorted(found, key=lambda slot: slot.start)[: wanted.limit]

    async def book(self, request: BookingRequest) -> AppointmentRef:
        """See `Books`. A booking id that was cancelled is not booked again."""
        self._maybe_fail()
        made = self._booked(request.booking)
        if made is not None:
            if made.status in _DEAD:
                raise Rejected("booking.cancelled", scope="message")
            return AppointmentRef(made.ref, made.version)
        if request.slot.ref not in self._free:
            raise SlotTaken
        slot = self._free.pop(request.slot.ref)
        self._taken[slot.ref] = slot
        stored = self.put(
            Appointment(
                ref=MisRef(f"Appointment/{request.booking}"),
                version="",
                updated_at=self._now,
                patient=request.patient,
                status=AppointmentStatus.BOOKED,
                start=slot.start,
                end=slot.end,
                specialty=slot.specialty,
                practitioner=slot.practitioner,
                booking=request.booking,
            )
        )
        return AppointmentRef(stored.ref, stored.version)

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        """See `Books`; a cancelled one is not found."""
        self._maybe_fail()
        made = self._booked(request.booking)
        if made is not None and made.patient != request.patient:
            raise Rejected("booking.other_patient", scope="message")
        return None if made is None or made.status in _DEAD else AppointmentRef(made.ref, made.version)

    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        """See `Reschedules`; the appointment stays the same one."""
        self._maybe_fail()
        made = await self.find_booking(request)
        if made is not None:
            return made
        current = self.records.get(appointment.ref)
        if not isinstance(current, Appointment):
            raise Rejected("appointment.gone", scope="message")
        if current.status not in _OPEN or current.patient != request.patient:
            raise Rejected("appointment.not_movable", scope="message")
        if request.slot.ref not in self._free:
            raise SlotTaken
        slot = self._free.pop(request.slot.ref)
        self._give_back(current)
        self._taken[slot.ref] = slot
        stored = self.put(
            replace(
                current,
                start=slot.start,
                end=slot.end,
                specialty=slot.specialty,
                practitioner=slot.practitioner,
                booking=request.booking,
            )
        )
        return AppointmentRef(stored.ref, stored.version)

    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        """See `Books`; the time becomes free again."""
        del reason
        self._maybe_fail()
        current = self.records.get(appointment.ref)
        if not isinstance(current, Appointment):
            raise Rejected("appointment.gone", scope="message")
        if current.status in _DEAD:
            return
        if current.status not in _OPEN:
            raise Rejected("appointment.not_cancellable", scope="message")
        self.put(replace(current, status=AppointmentStatus.CANCELLED))
        self._give_back(current)

    async def check(self) -> str:
        """Always the same answer, unless broken."""
        self._maybe_fail()
        return "fake MIS"

    async def close(self) -> None:
        """Nothing to close."""

    def _give_back(self, visit: Appointment) -> None:
        for slot in [slot for slot in self._taken.values() if slot.start == visit.start]:
            self._free[slot.ref] = self._taken.pop(slot.ref)

    def _booked(self, booking: str) -> Appointment | None:
        return next(
            (one for one in self.records.values() if isinstance(one, Appointment) and one.booking == booking),
            None,
        )

    def _maybe_fail(self) -> None:
        if self._broken is not None:
            raise self._broken


def _dump(record: Change | Deleted) -> bytes:
    kind = type(record).__name__
    return b'{"kind":"%b","record":%b}' % (kind.encode(), _KINDS[kind].dump_json(record))


def _load(entry: object) -> Change | Deleted | Unreadable:
    if not isinstance(entry, dict):
        return Unreadable(ref=None, reason="shape")
    reader = _KINDS.get(str(entry.get("kind")))
    if reader is None:
        return Unreadable(ref=None, reason="kind.unknown")
    try:
        record: Change | Deleted = reader.validate_python(entry.get("record"))
    except ValidationError:
        return Unreadable(ref=None, reason="shape")
    return record
