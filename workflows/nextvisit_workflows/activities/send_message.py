"""Send one message of a journey."""

from __future__ import annotations

from temporalio import activity

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.sdk.errors import ConfigError
from nextvisit_workflows.activities.dispatch import Claimed, claim, clear, deliver
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.activities.put_off import put_off
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut


class SendsMessages(Equipped):
    """The activity `send_message`."""

    @activity.defn(name="send_message")
    @translated
    async def send_message(self, asked: ActionIn) -> ActionOut:
        """Sent, Skipped, Deferred, SendFailed or SendUnknown. An attempt repeated sends nothing twice."""
        try:
            prepared = await self._prepare(asked)
        except ConfigError as error:
            return await put_off(self._equipment, asked, SendMessage, error)
        return await deliver(self._equipment, asked, prepared) if isinstance(prepared, Claimed) else prepared

    async def _prepare(self, asked: ActionIn) -> Claimed | ActionOut:
        async with self._equipment.db.transaction() as tx:
            cleared = await clear(tx, self._equipment, asked, SendMessage)
            return (
                cleared if isinstance(cleared, ActionOut) else await claim(tx, self._equipment, cleared, None)
            )
