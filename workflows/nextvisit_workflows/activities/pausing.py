"""What a fault stops, and who is told: the campaign that it is in, or the connection.

Each is paused at once and named, with one task for the administrator, so that nothing waits for a deadline
and nothing is skipped for a reason that is not its own.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.task_reason import ADMINISTRATOR, TaskReason
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Deferred
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Tx
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import channel_health, ledger
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.begun import begin_action, record
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut

log = structlog.get_logger()


async def pause_campaign(tx: Tx, campaign: str, fault: ConfigError) -> None:
    """Until somebody has mended it and resumes it. Harmless when it is paused already."""
    if not await campaigns.pause_for(tx, campaign, fault.code, fault.place):
        return
    await tasks.create(
        tx,
        queue=ADMINISTRATOR,
        reason=TaskReason.CAMPAIGN_FAULTY,
        dedupe=f"campaign_faulty:{campaign}:{tx.now.isoformat()}",
        note=f"{campaign}: {fault.code} at {fault.place}\nnextvisit campaign resume {campaign}",
    )
    log.error("campaign.paused", campaign=campaign, code=fault.code, place=fault.place)


async def put_off(
    equipment: Equipment, asked: ActionIn, effect: SendMessage | MakeOffer, fault: ConfigError
) -> ActionOut:
    """The answer to a send that a fault of the campaign prevents: it is paused, and the message waits."""
    async with equipment.db.transaction() as tx:
        begun = await begin_action(tx, asked)
        if begun.out is not None:
            return begun.out
        head = begun.head
        await ledger.plan(
            tx,
            effect,
            journey=head.id,
            patient=head.patient_id,
            campaign=head.campaign,
            version=head.version,
        )
        await pause_campaign(tx, head.campaign, fault)
        until = tx.now + equipment.policy.pause_check
        return await record(tx, asked, Deferred(at=tx.now, until=until, reason=Reason.CAMPAIGN_FAULTY.value))


async def channel_failed(tx: Tx, connection: str, code: str, *, lasting: bool) -> None:
    """A send by this connection came to nothing; it is paused if it was once too often."""
    down_since = await channel_health.record_failure(tx, connection, code, lasting=lasting)
    await _tell(tx, connection, code, down_since)


async def channel_refused(tx: Tx, connection: str, code: str) -> None:
    """This connection's provider refused one message; it is paused if it has refused many, and taken none."""
    down_since = await channel_health.record_refusal(tx, connection, code)
    await _tell(tx, connection, code, down_since)


async def _tell(tx: Tx, connection: str, code: str, down_since: datetime | None) -> None:
    if down_since is None:
        return
    await tasks.create(
        tx,
        queue=ADMINISTRATOR,
        reason=TaskReason.CHANNEL_DOWN,
        dedupe=f"channel_down:{connection}:{down_since.isoformat()}",
        note=f"{connection}: {code}\nnextvisit channel resume {connection}",
    )
    log.error("channel.paused", channel=connection, code=code)
