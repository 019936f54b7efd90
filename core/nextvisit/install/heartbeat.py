"""A role's signs of life while it runs."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import NextVisitError, RetryLater
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats
from nextvisit.store.vitals.heartbeats import Beat

_EVERY = 5.0

log = structlog.get_logger()


@dataclass(slots=True)
class Life:
    """Of one process. folder: where it writes. ready: it takes work."""

    role: str
    instance: str
    folder: Path
    ready: bool = False

    def beat(self) -> Beat:
        """What it says now."""
        usage = shutil.disk_usage(self.folder)
        return Beat(
            role=self.role,
            instance=self.instance,
            host=socket.gethostname(),
            pid=os.getpid(),
            ready=self.ready,
            wall=SystemClock().now(),
            disk_free=usage.free,
            disk_size=usage.total,
        )


@asynccontextmanager
async def living(database: Database, life: Life) -> AsyncIterator[None]:
    """A sign of life every few seconds while entered. On the role's own loop: a role that hangs is silent."""
    beating = asyncio.create_task(_beat_on(database, life), name="heartbeat")
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
        with suppress(NextVisitError):  # without the database nobody is asked after us
            async with database.transaction() as tx:
                await heartbeats.stopped(tx, life.instance)


async def _beat_on(database: Database, life: Life) -> None:
    while True:
        try:
            async with database.transaction() as tx:
                await heartbeats.beat(tx, life.beat())
        except RetryLater as error:
            log.warning("role.unheard", code=error.code)
        await asyncio.sleep(_EVERY)
