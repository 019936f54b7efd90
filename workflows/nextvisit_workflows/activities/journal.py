"""The last line of a journey's journal."""

from __future__ import annotations

from uuid import UUID

from temporalio import activity

from nextvisit.clock import Clock
from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.state import Outcome
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import ending, journeys
from nextvisit.store.tasks import tasks
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
        """End the journey in the store. Harmless when repeated.

        Whom no way is left to is a task: the MIS needs another number, or somebody has to write a letter.
        """
        journey = JourneyId(UUID(finished.journey))
        async with self._equipment.db.transaction() as tx:
            await ending.finish(tx, journey, finished.state, finished.outcome)
            if finished.outcome is Outcome.UNREACHABLE:
                await tasks.create(
                    tx,
                    queue=RECEPTION,
                    reason=TaskReason.UNREACHABLE,
                    dedupe=f"unreachable:{journey}",
                    journey_id=journey,
                    patient_id=(await journeys.head(tx, journey)).patient_id,
                )
