"""The worker role: polls the task queues with what the composition root gives it.

journeys        workflows, local activities, tasks for staff
send-<kind>     one queue per kind of channel, limited to what its provider takes
mis             pulls and bookings
bulk            firing campaigns, upkeep

The queues of `send-<kind>` are the group `channels`, the others the group `journeys`: a provider that is
slow, or a release of a channel's plugin, then touches no journey.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from enum import StrEnum
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from nextvisit.sdk.errors import ProtocolError
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.journeys import journeys
from nextvisit_workflows.activities.book_slot import BooksSlots
from nextvisit_workflows.activities.change_store import ChangesStore
from nextvisit_workflows.activities.enrol import Enrols
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.journal import KeepsJournal
from nextvisit_workflows.activities.make_offer import MakesOffers
from nextvisit_workflows.activities.pull_mis import PullsMis
from nextvisit_workflows.activities.send_message import SendsMessages
from nextvisit_workflows.activities.upkeep import KeepsUp
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.foreign import keep_telling
from nextvisit_workflows.runtime.versions import keep_loading, load_all
from nextvisit_workflows.runtime.wire import QUEUE_BULK, QUEUE_JOURNEYS, QUEUE_MIS, queue_of
from nextvisit_workflows.workflows.campaign_run import CampaignRun
from nextvisit_workflows.workflows.journey import PatientJourney
from nextvisit_workflows.workflows.mis_sync import MisSync
from nextvisit_workflows.workflows.upkeep import Upkeep

log = structlog.get_logger()

WORKFLOWS: Sequence[type] = (PatientJourney, CampaignRun, MisSync, Upkeep)

# `from package import module` escapes imports_passed_through() when the package itself is sandboxed, so
# the modules are named here.
_PASSED_THROUGH = (
    "cryptography",
    "nextvisit",
    "nextvisit_workflows.runtime.pacing",
    "nextvisit_workflows.runtime.registry",
    "nextvisit_workflows.runtime.wire",
)


class Queues(StrEnum):
    """Which task queues one process polls. `journeys` and `channels` beside each other do what `all` does."""

    ALL = "all"
    JOURNEYS = "journeys"
    CHANNELS = "channels"

    def holds(self, group: Queues) -> bool:
        """Whether who has these does the work of that group."""
        return self in {Queues.ALL, group}


_RELOAD = timedelta(seconds=1)
_TELL = timedelta(seconds=5)
_CACHED_JOURNEYS = 1000
# Every activity needs one of the pool's connections (20 unless the settings say otherwise), and so does the
# local activity `finish`, which has to end within a workflow task's ten seconds. More sends than the pool
# is long would only queue for it, in front of `finish`. A send holds none while its provider is called.
_JOURNEY_ACTIVITIES = 10
_SENDS = 16
_PULLS = 10
_BULK = 5


def workflow_runner(*, sandboxed: bool) -> WorkflowRunner:
    """Tests and CI run in the sandbox, which finds what is not deterministic; production does not pay."""
    if not sandboxed:
        return UnsandboxedWorkflowRunner()
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)


@asynccontextmanager
async def running_worker(
    client: Client,
    equipment: Equipment,
    *,
    queues: Queues = Queues.ALL,
    per_second: Mapping[ChannelKind, float] | None = None,
    sandboxed: bool = False,
) -> AsyncIterator[None]:
    """Polls while entered; at the end no new work is taken and what is under way may finish.

    Whatever the group: campaigns' versions are kept loaded, and payloads that are not ours are told of, which
    each process does of itself. per_second: messages a second that a kind of channel takes, over all workers
    together.
    """
    registry.set_clock(equipment.clock, equipment.attempt)
    await load_all(equipment.db)
    limits = per_second or {}
    async with AsyncExitStack() as stack:
        loading = asyncio.create_task(keep_loading(equipment.db, _RELOAD), name="versions")
        stack.push_async_callback(_cancelled, loading)
        refusing = asyncio.create_task(keep_telling(equipment.db, client, _TELL), name="refusals")
        stack.push_async_callback(_cancelled, refusing)
        runner = workflow_runner(sandboxed=sandboxed)
        kinds = {kind: limits.get(kind) for kind in await _polled(equipment)}
        workers = _workers(client, equipment, queues, kinds, runner)
        for worker in workers:
            await stack.enter_async_context(worker)
        log.info("worker.started", queues=len(workers))
        try:
            yield
        finally:
            # All at once: one after the other, the last would go on taking work, and each has its own grace.
            await asyncio.gather(*(each.shutdown() for each in workers))


def _workers(
    client: Client,
    equipment: Equipment,
    queues: Queues,
    kinds: Mapping[ChannelKind, float | None],
    runner: WorkflowRunner,
) -> list[Worker]:
    grace = equipment.attempt
    sends = SendsMessages(equipment)
    offers = MakesOffers(equipment)
    enrols, stored = Enrols(equipment), ChangesStore(equipment)

    def activities_only(
        queue: str, work: Sequence[Callable[..., Any]], most: int, rate: float | None
    ) -> Worker:
        return Worker(
            client,
            task_queue=queue,
            activities=work,
            max_concurrent_activities=most,
            max_concurrent_activity_task_polls=2,
            max_task_queue_activities_per_second=rate,
            graceful_shutdown_timeout=grace,
        )

    channels = [
        activities_only(queue_of(kind), [sends.send_message, offers.make_offer], _SENDS, limit)
        for kind, limit in kinds.items()
        if queues.holds(Queues.CHANNELS)
    ]
    if not queues.holds(Queues.JOURNEYS):
        return channels
    journeys = Worker(
        client,
        task_queue=QUEUE_JOURNEYS,
        workflows=WORKFLOWS,
        activities=[KeepsJournal(equipment).finish, stored.change_store, stored.create_task],
        workflow_runner=runner,
        # What begins with a payload that is not ours ends; else it would be tried again for ever.
        workflow_failure_exception_types=[ProtocolError],
        max_cached_workflows=_CACHED_JOURNEYS,
        max_concurrent_activities=_JOURNEY_ACTIVITIES,
        graceful_shutdown_timeout=grace,
    )
    mis = activities_only(
        QUEUE_MIS, [BooksSlots(equipment).book_slot, PullsMis(equipment).pull_mis], _PULLS, None
    )
    bulk = activities_only(
        QUEUE_BULK, [enrols.next_firing, enrols.fire, KeepsUp(equipment).upkeep], _BULK, None
    )
    return [journeys, *channels, mis, bulk]


async def _polled(equipment: Equipment) -> Sequence[ChannelKind]:
    """The site's kinds of channel, and those that a journey under way may still ask for.

    A journey keeps the channels that it set out with. When the site has given one up since, the gate refuses
    the message and the next rung is tried; unpolled, it would wait for ever.
    """
    kinds = set(equipment.connections.kinds)
    async with equipment.db.transaction() as tx:
        under_way = await journeys.open_versions(tx)
    for campaign, version in under_way:
        loaded = registry.get(campaign, version)
        rungs = () if loaded is None else loaded.model.ladder
        kinds |= {kind for rung in rungs for kind in rung.channel}
    return sorted(kinds)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
