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


async def turn(pace: Pace, until: float, since: float = 0) -> int:
    """The turn of a text that has been here since then."""
    return await pace.turn(since=since, until=until)


async def test_nobody_waits_for_a_centre_that_takes_everything() -> None:
    pace, until = Pace(), soon()
    for _ in range(1000):
        await turn(pace, until)
        pace.taken()


async def test_a_burst_that_is_refused_is_one_refusal() -> None:
    pace, one = Pace(), Pace()
    turns = [await turn(pace, soon()) for _ in range(50)]
    for each in turns:
        pace.throttled(each)
    one.throttled(await turn(one, soon()))
    # Both wait the first gap, and no longer.
    await asyncio.gather(turn(pace, soon(0.5)), turn(one, soon(0.5)))


async def test_who_had_a_turn_and_had_not_gone_queues_again_when_we_slow_down() -> None:
    pace = Pace()
    pace.throttled(await turn(pace, soon()))
    first = await turn(pace, soon())
    waiting = [asyncio.create_task(turn(pace, soon())) for _ in range(3)]
    await asyncio.sleep(0)
    pace.throttled(first)
    assert {await each for each in waiting} == {2}


async def test_who_has_waited_longest_is_next() -> None:
    pace = Pace()
    pace.throttled(await turn(pace, soon()))
    came: list[float] = []

    async def wait(since: float) -> None:
        await turn(pace, soon(), since)
        came.append(since)

    await asyncio.gather(*map(wait, (3, 1, 2)))
    assert came == [1, 2, 3]


@pytest.mark.parametrize("takes_some", [False, True])
async def test_a_turn_that_would_come_too_late_is_not_waited_for(*, takes_some: bool) -> None:
    pace = Pace()
    for _ in range(4):
        pace.throttled(await turn(pace, soon()))
    if takes_some:
        pace.taken()
    with pytest.raises(RetryLater) as caught:
        await turn(pace, soon(1))
    assert caught.value.code == "smpp.throttled"
    assert caught.value.after is not None
    # A centre that takes others works; one that takes none is paused like any that is away.
    assert caught.value.scope == ("recipient" if takes_some else "account")


async def test_a_centre_that_takes_again_is_sent_to_faster_again() -> None:
    pace = Pace()
    pace.throttled(await turn(pace, soon()))
    for _ in range(60):
        pace.taken()
    until = soon()
    for _ in range(400):  # at the first gap, more than a minute
        await turn(pace, until)
