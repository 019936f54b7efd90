"""What changes nothing but our own store."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import activity

from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.verbs import StoreAction
from nextvisit.flow.verbs.tag import PutTag
from nextvisit.store.actions.carry_out import carry_out
from nextvisit_workflows.activities.begun import begin_action, record
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut


class ChangesStore(Equipped):
    """The activity `change_store`, and `create_task`, as histories call it for tasks."""

    @activity.defn(name="change_store")
    @translated
    async def change_store(self, asked: ActionIn) -> ActionOut:
        return await self._carry_out(asked)

    @activity.defn(name="create_task")
    @translated
    async def create_task(self, asked: ActionIn) -> ActionOut:
        return await self._carry_out(asked)

    async def _carry_out(self, asked: ActionIn) -> ActionOut:
        async with self._equipment.db.transaction() as tx:
            kinds: Sequence[type[StoreAction]] = (CreateTask, PutTag)
            begun = await begin_action(tx, self._equipment, asked, *kinds)
            if isinstance(begun, ActionOut):
                return begun
            return await record(tx, asked, begun.action, await carry_out(tx, begun.head, begun.action))
