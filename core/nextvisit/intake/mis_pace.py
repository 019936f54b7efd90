"""How often a MIS connection is asked: `per_second` of its settings, over all processes together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from nextvisit.sdk.errors import RetryLater
from nextvisit.store.base.engine import Database
from nextvisit.store.reading import mis_pace

LONGEST_WAIT: Final = timedelta(seconds=5)
"""Whoever would wait longer is told so, and keeps no worker waiting."""

LONGEST_REST: Final = timedelta(days=1)
"""Whatever a plugin has read of a header: a MIS that is left alone for longer is asked once a day."""


@dataclass(frozen=True, slots=True)
class StoredPace:
    """The pace of one connection. The turns are the database's, so that no process has its own."""

    db: Database
    source: str
    per_second: float

    async def turn(self) -> None:
        """See `nextvisit.sdk.ports.RequestPace`."""
        gap = timedelta(seconds=1 / self.per_second)
        async with self.db.transaction() as tx:
            wait = await mis_pace.take_turn(tx, self.source, gap=gap, longest=LONGEST_WAIT)
            rests = timedelta() if wait is not None else await mis_pace.until_next(tx, self.source)
        if wait is None:
            raise RetryLater("mis.rests", "it is asked as often as it may be", after=rests)
        await asyncio.sleep(wait.total_seconds())

    async def rest(self, span: timedelta) -> None:
        """See `nextvisit.sdk.ports.RequestPace`."""
        async with self.db.transaction() as tx:
            await mis_pace.rest(tx, self.source, min(span, LONGEST_REST))
