"""Send one message of a journey."""

from __future__ import annotations

from temporalio import activity

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.sdk.errors import ConfigError
from nextvisit_workflows.activities.address_check import Unasked, ask_first
from nextvisit_workflows.activities.dispatch import Claimed, Cleared, Unsettled, claim, clear, deliver
from nextvisit_workflows.activities.doubt import InDoubt, WhetherSent, ask_whether_sent
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.activities.put_off import put_off
from nextvisit_workflows.activities.recovery import recover
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
        if isinstance(prepared, Claimed):
            return await deliver(self._equipment, asked, prepared)
        if isinstance(prepared, Unsettled):
            return await recover(self._equipment, asked, prepared)
        return prepared

    async def _prepare(self, asked: ActionIn) -> Claimed | Unsettled | ActionOut:
        whether_sent: WhetherSent | None = None
        while isinstance(prepared := await self._prepare_once(asked, whether_sent), Unasked | InDoubt):
            if isinstance(prepared, InDoubt):
                whether_sent = await ask_whether_sent(self._equipment, prepared)
            else:
                await ask_first(self._equipment, prepared)
        return prepared

    async def _prepare_once(
        self, asked: ActionIn, whether_sent: WhetherSent | None
    ) -> Claimed | Unsettled | Unasked | InDoubt | ActionOut:
        async with self._equipment.db.transaction() as tx:
            cleared = await clear(tx, self._equipment, asked, SendMessage, whether_sent)
            if isinstance(cleared, Cleared):
                return await claim(tx, self._equipment, cleared, None)
            return cleared
