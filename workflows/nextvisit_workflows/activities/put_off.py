"""What becomes of a message that a fault of its campaign prevents."""

from __future__ import annotations

from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Deferred
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.messages import ledger
from nextvisit_workflows.activities.begun import begin_action, record
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.pausing import pause_campaign
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut


async def put_off(
    equipment: Equipment, asked: ActionIn, kind: type[SendMessage | MakeOffer], fault: ConfigError
) -> ActionOut:
    """The campaign is paused, and the message waits."""
    async with equipment.db.transaction() as tx:
        begun = await begin_action(tx, equipment, asked, kind)
        if isinstance(begun, ActionOut):
            return begun
        head, action = begun.head, begun.action
        await ledger.plan(
            tx,
            action,
            journey=head.id,
            patient=head.patient_id,
            campaign=head.campaign,
            version=head.version,
        )
        await pause_campaign(tx, head.campaign, fault)
        until = tx.now + equipment.policy.pause_check
        later = Deferred(at=tx.now, until=until, reason=Reason.CAMPAIGN_FAULTY.value)
        return await record(tx, asked, action, later)
