"""The gateway: commit, then acknowledge; a session that ends is begun anew."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from nextvisit.doors.sessions import GatewayHealth, StoreInbox, run_gateway
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.ports import Inbox
from nextvisit.store.queues import inbox as store_inbox
from tests.world.clinic import Clinic, JsonSms, events
from tests.world.records import CANARY, PHONE

pytestmark = pytest.mark.anyio


class Unsteady(JsonSms):
    """Delivers the same thing again in each session and counts what it acknowledged; sessions break."""

    def __init__(self, sessions: int) -> None:
        super().__init__()
        self.left = sessions
        self.acknowledged = 0
        self.settled = asyncio.Event()

    async def serve(self, inbox: Inbox) -> None:
        await inbox.put(RawInbound(events(InboundMessage(PHONE, CANARY)), dedupe="same"))
        self.acknowledged += 1
        self.left -= 1
        if self.left > 0:
            raise ConnectionResetError(CANARY)
        self.settled.set()
        await asyncio.Event().wait()


async def test_a_broken_session_is_begun_anew_and_a_repeated_thing_is_kept_once(clinic: Clinic) -> None:
    channel, stop, health = Unsteady(3), asyncio.Event(), GatewayHealth()
    running = asyncio.create_task(
        run_gateway(
            clinic.db, {"sms": channel}, {}, stop, health=health, first_pause=timedelta(milliseconds=1)
        )
    )
    await asyncio.wait_for(channel.settled.wait(), 240)
    assert health.fine()
    assert (health.listeners["sms"].restarts, health.listeners["sms"].last_fault) == (
        2,
        "ConnectionResetError",
    )
    stop.set()
    await asyncio.wait_for(running, 240)
    assert channel.acknowledged == 3
    assert await clinic.states() == [("channel", "new", None)]
    assert not health.fine()


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
