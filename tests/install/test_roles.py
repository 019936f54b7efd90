"""A role that a fault ends says so, whichever of its loops met it."""

from __future__ import annotations

import asyncio

import pytest

from nextvisit.install.roles import first_to_end
from nextvisit.sdk.errors import Bug

pytestmark = pytest.mark.anyio


async def test_a_loop_that_stops_the_others_before_it_ends_is_not_swallowed() -> None:
    stop = asyncio.Event()

    async def faulty() -> None:
        try:
            raise Bug("loop.broken", "a fault that nobody mends")
        finally:
            stop.set()
            await asyncio.sleep(0)

    async def sound() -> None:
        await asyncio.Event().wait()

    loops = [asyncio.create_task(faulty()), asyncio.create_task(sound())]
    with pytest.raises(Bug, match=r"loop\.broken"):
        await first_to_end(stop, loops)


async def test_who_is_told_to_stop_stops_without_a_word() -> None:
    stop = asyncio.Event()
    loop = asyncio.create_task(asyncio.Event().wait())
    stop.set()
    await first_to_end(stop, [loop])
    assert loop.cancelled()
