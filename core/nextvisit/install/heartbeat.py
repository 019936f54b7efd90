"""A role's signs of life while it runs."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from nextvisit.calls.troubles import Troubles
from nextvisit.clock import SystemClock
from nextvisit.doors.sessions import Listening, signs
from nextvisit.sdk.errors import NextVisitError
from nextvisit.status.metrics import Metrics
from nextvisit.store.base.engine import Database
from nextvisit.store.restorations import restorations
from nextvisit.store.vitals import heartbeats, listeners, plugin_troubles
from nextvisit.store.vitals.heartbeats import SILENT, Beat
from nextvisit.watch.logs import code_of

_EVERY = 5.0

log = structlog.get_logger()


@dataclass(slots=True)
class Life:
    """Of one process. folder: where it writes. ready: it takes work. announce: called once that is known.
    queues: of a worker, the group of its task queues.
    listening: what comes to it unasked, and whether it is heard. troubles: what its plugins were met with.
    metrics: what it says to whoever watches it.

    Whoever hears of the second asks the doctor next, and must not be told the contrary.
    """

    role: str
    instance: str
    folder: Path
    announce: Callable[[], None]
    metrics: Metrics
    queues: str = heartbeats.ALL
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    listening: Listening = field(default_factory=dict)
    troubles: Troubles = field(default_factory=Troubles)

    def beat(self) -> Beat:
        """What it says now."""
        usage = shutil.disk_usage(self.folder)
        return Beat(
            role=self.role,
            queues=self.queues,
            instance=self.instance,
            host=socket.gethostname(),
            pid=os.getpid(),
            ready=self.ready.is_set(),
            wall=SystemClock().now(),
            folder=str(self.folder.resolve()),
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


async def tell_troubles(database: Database, troubles: Troubles) -> None:
    """To the doctor's table. What cannot be told now is told later, and stands in the log anyhow."""
    if not (met := troubles.take()):
        return
    try:
        async with database.transaction() as tx:
            await plugin_troubles.tell(tx, met)
    except Exception as error:  # noqa: BLE001  what was met is kept whatever becomes of the telling
        troubles.put_back(met)
        log.warning("role.troubles_unheard", code=code_of(error))


async def _beat_on(database: Database, life: Life) -> None:
    announced = False
    while True:
        said = life.beat()
        try:
            async with database.transaction() as tx:
                await heartbeats.beat(tx, said)
                await listeners.tell(tx, life.instance, signs(life.listening))
                if said.ready and life.role == "worker":
                    await restorations.ran_on(tx, SILENT, database.clock)
        except Exception as error:  # noqa: BLE001  one beat is lost; without the next ones a living role is dead
            log.warning("role.unheard", code=code_of(error))
        else:
            await tell_troubles(database, life.troubles)
            if said.ready and not announced:
                announced = True
                life.announce()
        if said.ready:
            await asyncio.sleep(_EVERY)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(life.ready.wait(), _EVERY)
