"""A real system is asked: what holds is said, what does not is, and what was booked is given back whatever happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from nextvisit.calls.guard import Whose, guarded
from nextvisit.calls.troubles import Troubles
from nextvisit.sdk.authoring.live import Steps
from nextvisit.sdk.authoring.live_booking import BookingDesk, LiveBooking
from nextvisit.sdk.authoring.live_channel import ask_channel, send_one
from nextvisit.sdk.authoring.live_mis import ReadingBounds, Seen, ask_mis, record_of, wanted_slots
from nextvisit.sdk.channels import Accepted, MessageId, OutgoingMessage
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import OutcomeUnknown, RetryLater
from nextvisit.sdk.ports import Inbox, MisAdapter
from nextvisit.sdk.records import (
    AppointmentRef,
    BookingRequest,
    CancelReason,
    Cursor,
    Deleted,
    MisRef,
    Patient,
    Slot,
    SlotQuery,
    Specialty,
)
from nextvisit.sdk.testing.fault_proxy import FaultProxy, writes
from tests.sdk.vendors.ambulo import AmbuloAdapter
from tests.sdk.vendors.ambulo_server import KEY, Ambulo
from tests.sdk.vendors.pigeon import CAPABILITIES, PigeonChannel
from tests.sdk.vendors.pigeon_server import AT, SECRET, TOKEN, Pigeon

pytestmark = pytest.mark.anyio
BOUNDS = ReadingBounds(specialty=Specialty("cardiology"))
PATIENT = MisRef("Patient/1")
NAMES = ("Kanarek", "Czyżyk", "Szczygieł")


def now() -> datetime:
    return datetime.now(UTC)


def behind_its_guard(plugin: Any) -> Any:
    """As an appliance has it."""
    return guarded(plugin, Whose("clinic", "ambulo"), Troubles(), timedelta(seconds=30))


@asynccontextmanager
async def desk(make: Any = AmbuloAdapter, mis: Ambulo | None = None) -> AsyncIterator[tuple[Any, Ambulo]]:
    mis = Ambulo() if mis is None else mis
    async with mis.serving() as port:
        adapter = make(f"http://127.0.0.1:{port}", KEY)
        yield behind_its_guard(adapter), mis
        await adapter.close()


def came(steps: Steps) -> dict[str, str]:
    return {each.what: each.came for each in steps.done}


def words(steps: Steps) -> str:
    return "\n".join(f"{each.what}: {each.says}" for each in steps.done)


def planned(mis: Ambulo) -> list[Any]:
    """Visits that we booked, and that stand."""
    return [one for one in mis.rows.values() if one.get("ours") and one["status"] != "cancelled"]


async def test_what_a_mis_holds_is_said_and_nobody_is_named() -> None:
    async with desk() as (adapter, _):
        steps = Steps()
        await ask_mis(adapter, steps, BOUNDS, now)
    assert came(steps) == {
        "check": "held",
        "time": "left",
        "first pull": "held",
        "parse": "held",
        "what can be read": "held",
        "second pull": "held",
        "listing": "held",
        "look-up": "held",
        "free slots": "held",
    }
    said = words(steps)
    assert "Ambulo 4.2" in said
    assert "3 Patient" in said, said
    assert not any(name in said for name in NAMES)


async def test_a_first_pull_that_is_cut_short_goes_on_where_it_was_left() -> None:
    async with desk() as (adapter, _):
        steps = Steps()
        await ask_mis(adapter, steps, replace(BOUNDS, pages=1), now)
    assert steps.all_held
    assert "and there are more" in words(steps)
    assert "things that the first had not" in words(steps)


class Forgetful(AmbuloAdapter):
    """Begins anew at every cursor."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[Any]:
        async for page in super().changes(None):
            yield page


class Naive(AmbuloAdapter):
    """Forgets the zone."""

    def instant(self, raw: str) -> datetime:
        return super().instant(raw).replace(tzinfo=None)


class Lossy(AmbuloAdapter):
    """Lists one page alone."""

    async def listing(self) -> AsyncIterator[Any]:
        async for page in super().listing():
            yield page
            return


class Unsorted(AmbuloAdapter):
    """Gives the latest first."""

    def chosen(self, slots: list[Slot], wanted: SlotQuery) -> Sequence[Slot]:
        return list(super().chosen(slots, wanted))[::-1]


class Quoting(AmbuloAdapter):
    """Raises what it read."""

    def parse(self, body: bytes) -> Any:
        raise ValueError(body)


class Ahead(AmbuloAdapter):
    """Its server's clock is wrong."""

    async def time(self) -> datetime:
        return now() + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("make", "step", "says"),
    [
        (Forgetful, "second pull", "again and again"),
        (Naive, "parse", "start.no_zone"),
        (Lossy, "listing", "that were pulled it has not"),
        (Unsorted, "free slots", "not in order"),
        (Quoting, "parse", "`parse` failed with ValueError at "),
        (Ahead, "time", "120 s ahead of this machine's"),
    ],
)
async def test_what_does_not_hold_is_said_in_words(make: Any, step: str, says: str) -> None:
    async with desk(make) as (adapter, _):
        steps = Steps()
        await ask_mis(adapter, steps, BOUNDS, now)
    failed = {each.what: each.says for each in steps.done if each.came == "failed"}
    assert says in failed[step]
    assert not any(name in words(steps) for name in NAMES)


async def test_a_test_patient_is_booked_moved_and_given_back() -> None:
    async with desk() as (adapter, mis):
        steps, warned = Steps(), list[str]()
        seen = await ask_mis(adapter, steps, BOUNDS, now)
        wanted = wanted_slots(BOUNDS, seen, now())
        assert wanted is not None
        record = await record_of(adapter, PATIENT, seen)
        assert record is not None
        assert not record.test
        booking = LiveBooking(cast("BookingDesk", adapter), PATIENT, steps, warned.append)
        await booking.run(wanted)
    assert steps.all_held, words(steps)
    assert {"book", "find what was booked", "book again", "reschedule", "cancel"} <= came(steps).keys()
    assert len(warned) == 2
    assert booking.left == []
    assert planned(mis) == []
    made = [one for one in mis.rows.values() if one.get("ours")]
    assert len(made) == 1
    assert made[0]["begins"].endswith("10:00")  # the last free time but one, to which the last was moved


class Twice(AmbuloAdapter):
    """Makes an appointment each time that it is asked."""

    async def book(self, request: BookingRequest) -> AppointmentRef:
        free = await self.free_slots(SlotQuery(Specialty("cardiology"), now(), now() + timedelta(days=9)))
        return (
            await super().book(replace(request, slot=free[0]))
            if await self.find_booking(request) is None
            else await self.anew(request, free[0])
        )

    async def anew(self, request: BookingRequest, slot: Slot) -> AppointmentRef:
        wish = {"patient": 1, "slot": slot.ref, "ours": request.booking}
        row = (await self.post("visits", wish)).body
        return AppointmentRef(self.ref(json.loads(row)), "1")


class Breaks(AmbuloAdapter):
    """Breaks once it has booked."""

    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        await super().reschedule(appointment, request)
        raise KeyError(request.patient)


class Blind(AmbuloAdapter):
    """Does not find what it booked the first time that it is asked afterwards."""

    asked = 0

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        found = await super().find_booking(request)
        if found is None:
            return None
        self.asked += 1
        return None if self.asked == 1 else found


@pytest.mark.parametrize(
    ("make", "step", "says"),
    [
        (Twice, "book again", "it is another appointment"),
        (Breaks, "reschedule", "failed with KeyError"),
        (Blind, "find what was booked", "find_booking does not find it"),
    ],
)
async def test_whatever_a_plugin_does_wrong_what_was_booked_is_given_back(
    make: Any, step: str, says: str
) -> None:
    async with desk(make) as (adapter, mis):
        steps = Steps()
        booking = LiveBooking(
            cast("BookingDesk", adapter), PATIENT, steps, lambda _: None, pause=timedelta(0)
        )
        await booking.run(SlotQuery(Specialty("cardiology"), now(), now() + timedelta(days=14)))
    failed = {each.what: each.says for each in steps.done if each.came == "failed"}
    assert says in failed[step], words(steps)
    assert planned(mis) == []
    assert [each for each in booking.left if each.appointments] == []  # what nobody knows of is told


async def test_a_booking_whose_answer_was_cut_is_found_and_given_back() -> None:
    mis = Ambulo()
    async with mis.serving() as port, FaultProxy(port) as proxy:
        adapter = AmbuloAdapter(f"http://127.0.0.1:{proxy.port}", KEY)
        steps = Steps()
        booking = LiveBooking(cast("BookingDesk", behind_its_guard(adapter)), PATIENT, steps, lambda _: None)
        proxy.cut_next(writes)
        await booking.run(SlotQuery(Specialty("cardiology"), now(), now() + timedelta(days=14)))
        await adapter.close()
    assert "OutcomeUnknown (ambulo.no_answer)" in words(steps)
    assert [one["status"] for one in mis.rows.values() if one.get("ours")] == ["cancelled"]
    assert booking.left == []


class Hangs(AmbuloAdapter):
    """Books, and never comes back from finding."""

    booked = asyncio.Event()

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        found = await super().find_booking(request)
        if found is not None and not self.booked.is_set():
            self.booked.set()
            await asyncio.Event().wait()
        return found


class Diary:
    """A MIS in a few lines: of each visit our id and whether it stands."""

    def __init__(self) -> None:
        self.rows: dict[MisRef, tuple[str | None, bool]] = {}

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]:
        return [each for each in DIARY if wanted.after <= each.start < wanted.before]

    def write(self, request: BookingRequest) -> AppointmentRef:
        ref = MisRef(f"v{len(self.rows)}")
        self.rows[ref] = (request.booking, True)
        return AppointmentRef(ref, "1")

    async def book(self, request: BookingRequest) -> AppointmentRef:
        return await self.find_booking(request) or self.write(request)

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        stands = (ref for ref, (ours, there) in self.rows.items() if ours == request.booking and there)
        return next((AppointmentRef(each, "1") for each in stands), None)

    async def cancel(self, visit: AppointmentRef, why: CancelReason) -> None:
        self.rows[visit.ref] = (self.rows[visit.ref][0], False)


class WritesLater(Diary):
    """Its gateway gives up, and the visit comes about afterwards."""

    async def book(self, request: BookingRequest) -> AppointmentRef:
        raise OutcomeUnknown("diary.timeout")


class BooksTwice(Diary):
    """Books anew each time, and finds the first alone."""

    async def book(self, request: BookingRequest) -> AppointmentRef:
        return self.write(request)

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        first = next(
            ((ref, there) for ref, (ours, there) in self.rows.items() if ours == request.booking), None
        )
        return AppointmentRef(first[0], "1") if first is not None and first[1] else None


class LeavesWhatItMoved(Diary):
    """The time before stands as well, under nobody's id."""

    async def reschedule(self, visit: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        self.rows[visit.ref] = (None, True)
        return self.write(request)


START = datetime(2027, 3, 2, 9, tzinfo=UTC)
DIARY = [
    Slot(MisRef(f"s{at}"), "1", START + timedelta(hours=at), START + timedelta(hours=at + 1), Specialty("c"))
    for at in range(2)
]


@pytest.mark.parametrize("make", [Diary, WritesLater, BooksTwice, LeavesWhatItMoved])
async def test_whatever_may_stand_is_given_back_or_told(make: type[Diary]) -> None:
    diary, steps = make(), Steps()
    booking = LiveBooking(cast("BookingDesk", diary), PATIENT, steps, lambda _: None, pause=timedelta(0))
    await booking.run(SlotQuery(Specialty("c"), START, START + timedelta(days=1)))
    assert [ref for ref, (_, stands) in diary.rows.items() if stands] == []
    assert len(booking.left) == (1 if make is WritesLater else 0)


async def test_who_is_told_to_end_in_the_middle_gives_back_first() -> None:
    Hangs.booked = asyncio.Event()
    async with desk(Hangs) as (adapter, mis):
        booking = LiveBooking(
            cast("BookingDesk", adapter), PATIENT, Steps(), lambda _: None, pause=timedelta(0)
        )
        wanted = SlotQuery(Specialty("cardiology"), now(), now() + timedelta(days=14))
        running = asyncio.create_task(booking.run(wanted))
        await Hangs.booked.wait()
        assert len(planned(mis)) == 1
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert planned(mis) == []
    assert booking.left == []


class Stubborn(AmbuloAdapter):
    """Cancels nothing."""

    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        raise RetryLater("ambulo.closed")


class Lost(AmbuloAdapter):
    """Nobody knows whether it booked."""

    async def book(self, request: BookingRequest) -> AppointmentRef:
        raise OutcomeUnknown("ambulo.lost")

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        raise RetryLater("ambulo.closed")


@pytest.mark.parametrize(
    ("make", "says"),
    [(Stubborn, "STILL BOOKED: Visit/6 for Patient/1 at "), (Lost, "PERHAPS STILL BOOKED for Patient/1 at ")],
)
async def test_what_cannot_be_given_back_is_said_exactly(make: Any, says: str) -> None:
    async with desk(make) as (adapter, mis):
        booking = LiveBooking(
            cast("BookingDesk", adapter), PATIENT, Steps(), lambda _: None, pause=timedelta(0)
        )
        await booking.run(SlotQuery(Specialty("cardiology"), now(), now() + timedelta(days=14)))
    (left, *more) = map(str, booking.left)
    assert left.startswith(says) or (more and more[-1].startswith(says)), [left, *more]
    assert all("under our id" in each for each in (left, *more))
    assert bool(planned(mis)) == (make is Stubborn)


async def test_a_channel_is_asked_without_a_message() -> None:
    gateway = Pigeon()
    async with gateway.serving() as port:
        channel = PigeonChannel(f"http://127.0.0.1:{port}", TOKEN, SECRET)
        steps = Steps()
        await ask_channel(behind_its_guard(channel), CAPABILITIES, steps, now)
        await channel.close()
    assert steps.all_held
    assert came(steps)["find a message"] == "held"
    assert "Pigeon 2" in words(steps)
    assert gateway.sent == []


class Boastful(PigeonChannel):
    """Finds whatever it is asked for, and hears nothing."""

    serve = receive = None  # type: ignore[assignment]

    async def find_message(self, message: MessageId) -> Accepted | None:
        return Accepted("p-1")


async def test_a_promise_that_can_be_seen_broken_is_said() -> None:
    async with Pigeon().serving() as port:
        channel = Boastful(f"http://127.0.0.1:{port}", TOKEN, SECRET)
        steps = Steps()
        await ask_channel(behind_its_guard(channel), CAPABILITIES, steps, now)
        await channel.close()
    failed = {each.what: each.says for each in steps.done if each.came == "failed"}
    assert failed.keys() == {"a way in", "find a message"}


class Reporting(PigeonChannel):
    """A session over which another's report comes first."""

    offered: list[bytes]
    left: list[bytes]

    async def send(self, message: OutgoingMessage) -> Accepted:
        accepted = await super().send(message)
        refs = ("p-of-another", accepted.provider_ref)
        self.offered = [_reported(ref) for ref in refs]
        self.left = []
        return accepted

    async def serve(self, inbox: Inbox) -> None:
        inbox.listening()
        for body in self.offered:
            try:
                await inbox.put(RawInbound(body, str(len(body))))
            except RetryLater:
                self.left.append(body)
        await asyncio.Event().wait()


def _reported(ref: str | None) -> bytes:
    return json.dumps({"items": [{"ref": ref, "state": "delivered", "at": AT}]}).encode()


async def test_one_message_is_sent_and_its_report_alone_is_taken() -> None:
    gateway = Pigeon()
    async with gateway.serving() as port:
        channel = Reporting(f"http://127.0.0.1:{port}", TOKEN, SECRET)
        steps = Steps()
        guarded_channel = behind_its_guard(channel)
        await send_one(guarded_channel, CAPABILITIES, "+48500100200", steps, timedelta(seconds=60))
        await channel.close()
    assert steps.all_held, words(steps)
    assert came(steps)["report"] == "held"
    assert came(steps)["find what was sent"] == "held"
    assert channel.left == [_reported("p-of-another")]
    assert len(gateway.sent) == 1
    assert "of this address the provider says `yes`" in words(steps)
    assert "+48500100200" not in words(steps)


async def test_a_report_that_does_not_come_is_said_after_the_stated_time() -> None:
    async with Pigeon().serving() as port:
        channel = PigeonChannel(f"http://127.0.0.1:{port}", TOKEN, SECRET)
        steps = Steps()
        await send_one(behind_its_guard(channel), CAPABILITIES, "+48500100200", steps, timedelta(0))
        await channel.close()
    assert "none came within 0 s" in words(steps)
    assert came(steps)["find what was sent"] == "held"


class NoOrder:
    """An adapter that looks nobody up."""


@pytest.mark.parametrize("tests", [(True, False), (False, True)])
async def test_who_was_a_test_patient_in_one_version_alone_is_none(tests: tuple[bool, bool]) -> None:
    told = [Patient(PATIENT, str(at), None, test=test) for at, test in enumerate(tests)]
    adapter = cast("MisAdapter", NoOrder())
    found = await record_of(adapter, PATIENT, Seen(records=list(told)))
    assert found is not None
    assert (found.version, found.test) == ("1", False)
    assert await record_of(adapter, PATIENT, Seen(records=[told[0], Deleted(PATIENT)])) is None
