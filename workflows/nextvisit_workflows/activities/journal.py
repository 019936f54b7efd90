"""The last line of a journey's journal."""

from __future__ import annotations

from temporalio import activity

from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.state import Outcome
from nextvisit.store.journeys import ending, journeys
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.begun import end_of, journey_id
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.runtime.wire import FinishIn


class KeepsJournal(Equipped):
    """The local activity `finish`."""

    @activity.defn(name="finish")
    @translated
    async def finish(self, finished: FinishIn) -> None:
        """End the journey in the store. Harmless when repeated.

        Whom no way is left to is a task: the MIS needs another number, or somebody has to write a letter.
        """
        journey = journey_id(finished)
        async with self._equipment.db.transaction() as tx:
            state = await end_of(tx, self._equipment, finished)
            if state is None:
                return
            await ending.finish(tx, journey, state, finished.outcome)
            if finished.outcome is Outcome.UNREACHABLE:
                await tasks.create(
                    tx,
                    queue=RECEPTION,
                    reason=TaskReason.UNREACHABLE,
                    dedupe=f"unreachable:{journey}",
                    journey_id=journey,
                    patient_id=(await journeys.head(tx, journey)).patient_id,
                )
