"""The loop: woken by what comes in, in order, and able to stop."""

from __future__ import annotations

import asyncio

import pytest

from nextvisit.sdk.channels import InboundMessage
from nextvisit.store.queues import inbox
from tests.world.clinic import Clinic
from tests.world.records import a_patient

pytestmark = pytest.mark.anyio


async def test_the_loop_takes_what_comes_in_and_stops_when_told(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    stop = asyncio.Event()
    running = asyncio.create_task(clinic.intake.run(stop))
    try:
        await clinic.tell(InboundMessage("+48601999999", "halo"))
        async with asyncio.timeout(240):
            while (await clinic.states())[-1] != ("channel", "done", None):
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await asyncio.wait_for(running, 240)


async def test_a_lane_in_another_hand_is_left_alone(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    await clinic.tell(InboundMessage("+48601999999", "halo"))
    async with clinic.db.transaction() as tx:
        assert await inbox.hold_lane(tx, "talk")
        assert await clinic.drain() == 0
    assert await clinic.drain() == 1


async def test_two_intakes_at_once_do_everything_once(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    for _ in range(20):
        await clinic.tell(InboundMessage("+48601999999", "halo"))
    await asyncio.gather(*(clinic.drain() for _ in range(3)))
    await clinic.drain()
    assert await clinic.rows("SELECT count(*) FROM task") == [(20,)]
