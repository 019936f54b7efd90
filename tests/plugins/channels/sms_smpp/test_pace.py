"""How a session finds the pace of its centre."""

from __future__ import annotations

import asyncio

import pytest

from nextvisit.sdk.errors import RetryLater
from nextvisit_channel_sms_smpp.pace import Pace

pytestmark = pytest.mark.anyio


def soon(seconds: float = 60) -> float:
    """So long from now, by the loop."""
    return asyncio.get_running_loop().time() + seconds


async def test_nobody_waits_for_a_centre_that_takes_everything() -> None:
    pace, until = Pace(), soon()
    for _ in range(1000):
        await pace.turn(until)
        pace.taken()


async def test_a_burst_that_is_refused_is_one_refusal() -> None:
    pace, one = Pace(), Pace()
    turns = [await pace.turn(until=soon()) for _ in range(50)]
    for turn in turns:
        pace.throttled(turn)
    one.throttled(await one.turn(until=soon()))
    # Both wait the first gap, and no longer.
    await asyncio.gather(pace.turn(until=soon(0.5)), one.turn(until=soon(0.5)))


async def test_who_had_a_turn_and_had_not_gone_queues_again_when_we_slow_down() -> None:
    pace = Pace()
    pace.throttled(await pace.turn(until=soon()))
    first = await pace.turn(until=soon())
    waiting = [asyncio.create_task(pace.turn(until=soon())) for _ in range(3)]
    await asyncio.sleep(0)
    pace.throttled(first)
    assert {await each for each in waiting} == {2}


@pytest.mark.parametrize("takes_some", [False, True])
async def test_a_turn_that_would_come_too_late_is_not_waited_for(*, takes_some: bool) -> None:
    pace = Pace()
    for _ in range(4):
        pace.throttled(await pace.turn(until=soon()))
    if takes_some:
        pace.taken()
    with pytest.raises(RetryLater) as caught:
        await pace.turn(until=soon(1))
    assert caught.value.code == "smpp.throttled"
    assert caught.value.after is not None
    # A centre that takes others works; one that takes none is paused like any that is away.
    assert caught.value.scope == ("recipient" if takes_some else "account")


async def test_a_centre_that_takes_again_is_sent_to_faster_again() -> None:
    pace = Pace()
    pace.throttled(await pace.turn(until=soon()))
    for _ in range(60):
        pace.taken()
    until = soon()
    for _ in range(400):  # at the first gap, more than a minute
        await pace.turn(until)
