"""Plugins that are wrong in what a call does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

from nextvisit.sdk.channels import Accepted, OutgoingMessage
from nextvisit.sdk.ports import Inbox
from nextvisit.sdk.records import AppointmentRef, BookingRequest, Cursor, MisRef, RawBatch, Slot, SlotQuery
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from tests.world.records import CANARY

Does = Callable[[], Any]
"""What a call does; it may give a coroutine."""


async def done(does: Does) -> Any:
    found = does()
    return await found if asyncio.iscoroutine(found) else found


def raises(error: BaseException) -> Does:
    def does() -> None:
        raise error

    return does


async def waits_for_ever() -> None:
    await asyncio.Event().wait()


async def will_not_be_told() -> None:
    """It takes being cancelled for something to go on after."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if LET_GO.is_set():
                raise


LET_GO = threading.Event()


def blocks() -> None:
    """Until a second thread has seen that it does."""
    threading.Event().wait()


def spins() -> None:
    until = time.thread_time() + 60
    while time.thread_time() < until:
        pass


class WrongChannel(FakeChannel):
    """Does `does` when it sends."""

    def __init__(self, does: Does) -> None:
        super().__init__()
        self.does = does

    async def send(self, message: OutgoingMessage) -> Accepted:
        del message
        found: Accepted = await done(self.does)
        return found

    async def check(self) -> str:
        found: str = await done(self.does)
        return found


class WrongMis(FakeMis):
    """Does `does` whatever it is asked for; of pages, at the second one."""

    def __init__(self, does: Does) -> None:
        super().__init__()
        self.does = does

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        del since
        yield RawBatch(b"1", Cursor("1"), 1)
        found = await done(self.does)
        if found is not None:
            yield found

    async def check(self) -> str:
        found: str = await done(self.does)
        return found

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]:
        del wanted
        found: Sequence[Slot] = await done(self.does)
        return found

    async def book(self, request: BookingRequest) -> AppointmentRef:
        del request
        found: AppointmentRef = await done(self.does)
        return found

    def parse(self, body: bytes) -> Any:
        del body
        return self.does()

    async def serve(self, inbox: Inbox) -> None:
        del inbox
        await done(self.does)


NAIVE = datetime(2026, 3, 1)  # noqa: DTZ001 - that is what is wrong with it
ERRORS: dict[str, BaseException] = {
    "a value": ValueError(CANARY),
    "an exit": SystemExit(CANARY),
    "a cancellation": asyncio.CancelledError(CANARY),
    "a time-out": TimeoutError(CANARY),
    "an iteration's end": StopAsyncIteration(CANARY),
    "a group": BaseExceptionGroup(CANARY, [SystemExit()]),
}
A_REF = AppointmentRef(MisRef("Appointment/1"), "1")
