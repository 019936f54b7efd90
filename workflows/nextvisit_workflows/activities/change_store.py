"""What changes nothing but our own store."""

from __future__ import annotations

from temporalio import activity

from nextvisit.clock import Clock
from nextvisit.flow.verbs import StoreAction
from nextvisit.sdk.errors import Bug
from nextvisit.store.actions.carry_out import carry_out
from nextvisit_workflows.activities.begun import begin_action, record
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut


class ChangesStore:
    """The activity `change_store`, and `create_task`, as histories call it for tasks."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    @property
    def clock(self) -> Clock:
        return self._equipment.clock

    @activity.defn(name="change_store")
    @translated
    async def change_store(self, asked: ActionIn) -> ActionOut:
        return await self._carry_out(asked)

    @activity.defn(name="create_task")
    @translated
    async def create_task(self, asked: ActionIn) -> ActionOut:
        return await self._carry_out(asked)

    async def _carry_out(self, asked: ActionIn) -> ActionOut:
        action = asked.effect
        if not isinstance(action, StoreAction):
            raise Bug("activity.effect", f"the store was asked for {action.kind}")
        async with self._equipment.db.transaction() as tx:
            begun = await begin_action(tx, asked)
            if begun.out is not None:
                return begun.out
            return await record(tx, asked, await carry_out(tx, begun.head, action))
