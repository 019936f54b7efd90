"""Ask staff."""

from __future__ import annotations

from temporalio import activity

from nextvisit.clock import Clock
from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.engine.events import TaskCreated
from nextvisit.sdk.errors import Bug
from nextvisit.store.messages import replies
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.begun import begin_action, journey_id, record
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut


class CreatesTasks:
    """The activity `create_task`."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    @property
    def clock(self) -> Clock:
        return self._equipment.clock

    @activity.defn(name="create_task")
    @translated
    async def create_task(self, asked: ActionIn) -> ActionOut:
        """TaskCreated; what the patient wrote last is the task's note."""
        effect = asked.effect
        if not isinstance(effect, CreateTask):
            raise Bug("activity.effect", f"create_task was asked for {effect.kind}")
        journey = journey_id(asked)
        async with self._equipment.db.transaction() as tx:
            begun = await begin_action(tx, asked)
            if begun.out is not None:
                return begun.out
            task = await tasks.create(
                tx,
                queue=effect.queue,
                reason=TaskReason(effect.reason),
                dedupe=f"journey:{journey}:{effect.node}:{effect.occurrence}:{effect.reason}",
                journey_id=journey,
                patient_id=begun.head.patient_id,
                note=await replies.last_note(tx, journey, why="task"),
            )
            return await record(tx, asked, TaskCreated(at=tx.now, task=str(task)))
