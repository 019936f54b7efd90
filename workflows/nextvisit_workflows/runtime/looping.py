"""The looping workflows (decision 0003): one per MIS connection, one per campaign, the upkeep.

Safe to call at every start of a worker: what runs already goes on undisturbed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from nextvisit.sdk.errors import RetryLater
from nextvisit_workflows.runtime.wire import QUEUE_JOURNEYS, CampaignRunIn, MisSyncIn, UpkeepIn
from nextvisit_workflows.workflows.campaign_run import CampaignRun, campaign_workflow_id
from nextvisit_workflows.workflows.mis_sync import MisSync, mis_sync_workflow_id
from nextvisit_workflows.workflows.upkeep import UPKEEP_WORKFLOW_ID, Upkeep

_KEEP = WorkflowIDConflictPolicy.USE_EXISTING


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Temporal may go away between two calls. Raises RetryLater; asking again does no harm."""
    try:
        yield
    except RPCError as error:
        code = f"temporal.{error.status.name.lower()}"
        raise RetryLater(code, "the Temporal frontend does not answer") from error


async def keep_syncing(client: Client, source: str, every: timedelta) -> None:
    """Pull `source` every `every` from now on."""
    async with _translated():
        await client.start_workflow(
            MisSync.run,
            MisSyncIn(source, every),
            id=mis_sync_workflow_id(source),
            task_queue=QUEUE_JOURNEYS,
            id_conflict_policy=_KEEP,
        )


async def keep_tidy(client: Client, every: timedelta) -> None:
    """Tidy up every `every` from now on."""
    async with _translated():
        await client.start_workflow(
            Upkeep.run,
            UpkeepIn(every),
            id=UPKEEP_WORKFLOW_ID,
            task_queue=QUEUE_JOURNEYS,
            id_conflict_policy=_KEEP,
        )


async def keep_firing(client: Client, campaign: str, after: datetime | None = None) -> None:
    """Fire the campaign by its schedule, from `after` on if it is not firing yet (None: from now on)."""
    async with _translated():
        await client.start_workflow(
            CampaignRun.run,
            CampaignRunIn(campaign, after),
            id=campaign_workflow_id(campaign),
            task_queue=QUEUE_JOURNEYS,
            id_conflict_policy=_KEEP,
        )


async def wake_campaign(client: Client, campaign: str) -> None:
    """Start the campaign's run if need be, and make it look at the campaign's state again."""
    async with _translated():
        await client.start_workflow(
            CampaignRun.run,
            CampaignRunIn(campaign),
            id=campaign_workflow_id(campaign),
            task_queue=QUEUE_JOURNEYS,
            id_conflict_policy=_KEEP,
            start_signal="wake",
        )


async def sync_now(client: Client, source: str) -> bool:
    """Pull at once. False when nobody pulls this source."""
    handle: WorkflowHandle[object, object] = client.get_workflow_handle(mis_sync_workflow_id(source))
    try:
        await handle.signal("now")
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True
