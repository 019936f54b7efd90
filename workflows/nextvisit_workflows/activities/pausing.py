"""What a fault stops, and who is told: the campaign that it is in, or the connection.

Each is paused at once and named, with one task for the administrator, so that nothing waits for a deadline
and nothing is skipped for a reason that is not its own.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from nextvisit.domain.task_reason import ADMINISTRATOR, TaskReason
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Tx
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import channel_health
from nextvisit.store.tasks import tasks

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
