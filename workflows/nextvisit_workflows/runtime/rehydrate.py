"""Open journeys without a running workflow go on where the store says they stand.

For an empty Temporal server, after a restore of either side, for the one journey whose signal found nobody,
and for a workflow that a release cannot replay: its run is ended and begun anew. Safe to run at any time and
as often as one likes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import structlog
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from nextvisit.sdk.errors import RetryLater
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.restorations import restorations
from nextvisit_workflows.runtime.wire import QUEUE_JOURNEYS, JourneyIn, journey_workflow_id
from nextvisit_workflows.workflows.journey import PatientJourney

log = structlog.get_logger()

_PAGE = 500
_STUCK = 3
"""Attempts of one workflow task; a worker that was killed at its work makes for two."""


@dataclass(frozen=True, slots=True)
class Rehydrated:
    """started: had no workflow. mended: had one that stood still. untouched: had a good one, or has ended."""

    started: int
    untouched: int
    mended: int = 0


async def rehydrate(
    db: Database,
    client: Client,
    only: Sequence[JourneyId] | None = None,
) -> Rehydrated:
    """Every open journey, or those named. Raises RetryLater when either side is away."""
    started = untouched = mended = 0
    async for page in _pages(db, only):
        async with db.transaction() as tx:
            for journey in page:
                with _translated():
                    if await resume(tx, client, journey):
                        started += 1
                    elif await _stands_still(client, journey):
                        await _workflow(client, journey).terminate("its run could not go on; begun anew")
                        mended += await resume(tx, client, journey)
                    else:
                        untouched += 1
    if only is None:
        async with db.transaction() as tx:
            await restorations.rehydrated(tx)
    log.info("journeys.rehydrated", started=started + mended, untouched=untouched)
    return Rehydrated(started, untouched, mended)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        code = f"temporal.{error.status.name.lower()}"
        raise RetryLater(code, "run it again when Temporal answers") from error


def _workflow(client: Client, journey: JourneyId) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(journey_workflow_id(str(journey)))


async def _stands_still(client: Client, journey: JourneyId) -> bool:
    """A workflow task that fails is tried again for ever, and the attempts are counted."""
    try:
        described = await _workflow(client, journey).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False  # not told of yet, or lost: `resume` starts it
        raise
    waiting = described.raw_description.pending_workflow_task
    return described.status is WorkflowExecutionStatus.RUNNING and waiting.attempt >= _STUCK


async def _pages(db: Database, only: Sequence[JourneyId] | None) -> AsyncIterator[Sequence[JourneyId]]:
    if only is not None:
        yield only
        return
    after: JourneyId | None = None
    while True:
        async with db.transaction() as tx:
            page = await journeys.open_journeys(tx, after, _PAGE)
        if not page:
            return
        yield page
        after = page[-1]


def journey_in(head: JourneyHead) -> JourneyIn:
    """A journey at its beginning."""
    return JourneyIn(
        journey=str(head.id),
        campaign=head.campaign,
        version=head.version,
        enrolled_at=head.enrolled_at,
        channels=head.channels,
        flags=head.flags,
    )


async def resume(tx: Tx, client: Client, journey: JourneyId) -> bool:
    """Start an open journey where it stands. False: it runs already, or has ended."""
    head = await journeys.head(tx, journey)
    if head.outcome is not None:
        return False
    start = replace(
        journey_in(head),
        state=head.state,
        pending=head.pending,
        backlog=await journey_events.after(tx, journey, head.seen),
        actions=head.actions,
    )
    # A closed run of an open journey was terminated, or is from before a restore: it starts anew.
    return await start_journey(client, start, WorkflowIDReusePolicy.ALLOW_DUPLICATE)


async def start_journey(client: Client, start: JourneyIn, reuse: WorkflowIDReusePolicy) -> bool:
    """False when a workflow of this journey is there already. Raises RPCError."""
    try:
        await client.start_workflow(
            PatientJourney.run,
            start,
            id=journey_workflow_id(start.journey),
            task_queue=QUEUE_JOURNEYS,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
