"""Send one message of a journey."""

from __future__ import annotations

from temporalio import activity

from nextvisit.clock import Clock
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit_workflows.activities.dispatch import Claimed, claim, clear, deliver
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.activities.pausing import put_off
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut


class SendsMessages:
    """The activity `send_message`."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    @property
    def clock(self) -> Clock:
        return self._equipment.clock

    @activity.defn(name="send_message")
    @translated
    async def send_message(self, asked: ActionIn) -> ActionOut:
        """Sent, Skipped, Deferred, SendFailed or SendUnknown. An attempt repeated sends nothing twice."""
        effect = asked.effect
        if not isinstance(effect, SendMessage):
            raise Bug("activity.effect", f"send_message was asked for {effect.kind}")
        try:
            prepared = await self._prepare(asked, effect)
        except ConfigError as error:
            return await put_off(self._equipment, asked, effect, error)
        return await deliver(self._equipment, asked, prepared) if isinstance(prepared, Claimed) else prepared

    async def _prepare(self, asked: ActionIn, effect: SendMessage) -> Claimed | ActionOut:
        async with self._equipment.db.transaction() as tx:
            cleared = await clear(tx, self._equipment, asked, effect)
            return (
                cleared if isinstance(cleared, ActionOut) else await claim(tx, self._equipment, cleared, None)
            )
