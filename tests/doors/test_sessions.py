"""The gateway: commit, then acknowledge; a session that ends is begun anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest
import structlog

from nextvisit.doors.sessions import Listening, StoreInbox, run_beside_sending, run_gateway
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.ports import Inbox
from nextvisit.store.queues import inbox as store_inbox
from tests.postgres import taking_in
from tests.world.clinic import Clinic, JsonSms, events
from tests.world.records import CANARY, PHONE, a_patient

pytestmark = pytest.mark.anyio


class Unsteady(JsonSms):
    """Delivers the same thing again in each session and counts what it acknowledged; sessions break."""

    def __init__(self, sessions: int) -> None:
        super().__init__()
        self.left = sessions
        self.acknowledged = 0
        self.settled = asyncio.Event()

    async def serve(self, inbox: Inbox) -> None:
        inbox.listening()
        await inbox.put(RawInbound(events(InboundMessage(PHONE, CANARY)), dedupe="same"))
        self.acknowledged += 1
        self.left -= 1
        if self.left > 0:
            raise ConnectionResetError(CANARY)
        self.settled.set()
        await asyncio.Event().wait()


async def test_a_broken_session_is_begun_anew_and_a_repeated_thing_is_kept_once(clinic: Clinic) -> None:
    channel, stop = Unsteady(3), asyncio.Event()
    health: Listening = {}
    running = asyncio.create_task(
        run_gateway(
            taking_in(clinic.db),
            {"sms": channel},
            {},
            stop,
            instance="one",
            health=health,
            first_pause=timedelta(milliseconds=1),
        )
    )
    await asyncio.wait_for(channel.settled.wait(), 240)
    sms = health["sms"]
    assert (sms.hears, sms.restarts, sms.fault) == (True, 2, "ConnectionResetError")
    stop.set()
    await asyncio.wait_for(running, 240)
    assert channel.acknowledged == 3
    assert await clinic.states() == [("channel", "new", None)]
    assert not sms.hears


async def test_a_text_that_came_in_two_goes_is_read_once(clinic: Clinic) -> None:
    door = StoreInbox(clinic.db, "channel", "sms")
    await clinic.sync(a_patient())
    part, whole = (
        events(InboundMessage(PHONE, words)) for words in ("STOP\N{REPLACEMENT CHARACTER}", "STOP nie")
    )
    await door.put(RawInbound(part, dedupe="part", waits=timedelta(minutes=5)))
    await clinic.drain()
    assert await clinic.states() == [("mis_page", "done", None), ("channel", "new", None)]
    for _ in range(2):
        await door.put(RawInbound(whole, dedupe="whole", replaces="part"))
    await clinic.drain()
    assert (await clinic.states())[1:] == [("channel", "done", "superseded"), ("channel", "done", None)]


class SendsAndHears(Unsteady):
    """What it hears, it hears over the session that it sends on."""

    async def serve_sending(self, inbox: Inbox) -> None:
        await super().serve(inbox)

    async def serve(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()


async def test_what_comes_in_where_a_channel_sends_is_kept_like_all_else(clinic: Clinic) -> None:
    channel, other, stop = SendsAndHears(2), Unsteady(2), asyncio.Event()
    running = asyncio.create_task(
        run_beside_sending(
            clinic.db,
            {"sms": channel, "other": other},
            stop,
            health={},
            first_pause=timedelta(milliseconds=1),
        )
    )
    await asyncio.wait_for(channel.settled.wait(), 240)
    stop.set()
    await asyncio.wait_for(running, 240)
    assert (channel.acknowledged, other.acknowledged) == (2, 0)
    assert await clinic.states() == [("channel", "new", None)]


async def _closed() -> None:
    """As under `serve_forever` of a server that somebody else closes."""
    raise asyncio.CancelledError(CANARY)


async def _cancels_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def _grouped() -> None:
    raise BaseExceptionGroup(CANARY, [asyncio.CancelledError()])


async def _exits() -> None:
    raise SystemExit(CANARY)


class EndsAs(JsonSms):
    """Its first session ends so, the second goes on until it is told to stop, and returns then."""

    def __init__(self, end: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.end = end
        self.again = asyncio.Event()
        self.begun = 0

    async def serve(self, inbox: Inbox) -> None:
        self.begun += 1
        if self.begun == 1:
            await self.end()
            return
        inbox.listening()
        self.again.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (_closed, "CancelledError"),
        (_cancels_itself, "CancelledError"),
        (_grouped, "BaseExceptionGroup"),
        (_exits, "SystemExit"),
    ],
)
async def test_a_session_is_begun_anew_however_it_ended_and_stops_when_we_stop(
    clinic: Clinic, end: Callable[[], Awaitable[None]], fault: str
) -> None:
    channel, stop = EndsAs(end), asyncio.Event()
    health: Listening = {}
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(
            run_gateway(
                taking_in(clinic.db),
                {"sms": channel},
                {},
                stop,
                instance="one",
                health=health,
                first_pause=timedelta(milliseconds=1),
            )
        )
        await asyncio.wait_for(channel.again.wait(), 240)
        assert (health["sms"].hears, health["sms"].fault) == (True, fault)
        stop.set()
        await asyncio.wait_for(running, 240)
    assert channel.begun == 2
    assert [each["code"] for each in logs if each["event"] == "listener.ended"] == [fault]
    assert CANARY not in repr(logs)


async def test_nothing_is_acknowledged_that_was_not_committed(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: object, **_more: object) -> bool:
        raise RetryLater("store.unavailable")

    channel = Unsteady(1)
    with monkeypatch.context() as patch:
        patch.setattr(store_inbox, "put", away)
        with pytest.raises(RetryLater):
            await channel.serve(StoreInbox(clinic.db, "channel", "sms"))
    assert channel.acknowledged == 0
    assert await clinic.states() == []
