"""Sends auto-replies as they are planned, beside Temporal's workers.

A worker that dies before the claim leaves its row to the next one; after it, the outcome is unknown once
upkeep finds the claim, and nothing is sent twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from nextvisit.sdk.errors import RetryLater
from nextvisit_workflows.activities.auto_reply import write_back
from nextvisit_workflows.activities.equipment import Equipment

log = structlog.get_logger()

_PAUSE = timedelta(seconds=1)


@dataclass(slots=True)
class WritesBack:
    """abreast: how many are under way at once, so that a provider that hangs holds up few."""

    equipment: Equipment
    abreast: int = 4

    async def run(self, *, poll: timedelta = timedelta(seconds=5)) -> None:
        """Until cancelled. The database may go away and come back."""
        woken = [asyncio.Event() for _ in range(self.abreast)]
        async with asyncio.TaskGroup() as group:
            for each in woken:
                group.create_task(self._hand(each))
            async for _ in self.equipment.db.notifications("auto_reply", poll=poll):
                for each in woken:
                    each.set()

    async def _hand(self, woken: asyncio.Event) -> None:
        while True:
            await woken.wait()
            woken.clear()
            try:
                while await write_back(self.equipment):
                    continue
            except RetryLater as error:
                log.warning("write_back.postponed", code=error.code)
                await asyncio.sleep(_PAUSE.total_seconds())
                woken.set()
