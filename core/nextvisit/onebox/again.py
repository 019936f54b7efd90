"""Something that is looked at again and again beside what runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def again_and_again(
    look: Callable[[], Awaitable[None]], every: float, name: str
) -> AsyncIterator[None]:
    """At once and then every so many seconds while entered. name: of the task."""

    async def looking() -> None:
        while True:
            await look()
            await asyncio.sleep(every)

    task = asyncio.create_task(looking(), name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
