"""The last line of a journey's journal."""

from __future__ import annotations

from uuid import UUID

from temporalio import activity

from nextvisit.clock import Clock
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import ending
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.runtime.wire import FinishIn


class KeepsJournal:
    """The local activity `finish`."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    @property
    def clock(self) -> Clock:
        return self._equipment.clock

    @activity.defn(name="finish")
    @translated
    async def finish(self, finished: FinishIn) -> None:
        """End the journey in the store. Harmless when repeated."""
        async with self._equipment.db.transaction() as tx:
            await ending.finish(tx, JourneyId(UUID(finished.journey)), finished.state, finished.outcome)
