"""A role under the eyes of whoever watches it: its door, and what it looks at for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from temporalio.client import Client

from nextvisit.install.bootstrap import Appliance
from nextvisit.install.frontend import frontend_of
from nextvisit.install.heartbeat import Life
from nextvisit.sdk.errors import RetryLater
from nextvisit.status.metrics import Backlog, Metrics
from nextvisit.status.server import serving
from nextvisit.status.survey import Survey
from nextvisit_workflows.runtime.backlog import backlogs
from nextvisit_workflows.runtime.converter import answers

LOOKS: Final = "gateway"
"""The role that looks at the whole store: see status.survey."""
_BY_TEMPORAL: Final = "worker"
"""The role that does nothing without Temporal; pages, webhooks and sessions go on, and keep what comes."""
_COUNT_EVERY: Final = 15.0

log = structlog.get_logger()


@asynccontextmanager
async def answering(metrics: Metrics, at: tuple[str, int] | None) -> AsyncIterator[None]:
    """From the role's start on, also while it waits for its database. at: host and port; None: nowhere."""
    if at is None:
        yield
        return
    async with serving(metrics, *at):
        yield


@asynccontextmanager
async def overseen(appliance: Appliance, life: Life, *, looks: bool) -> AsyncIterator[None]:
    """What was opened is what is asked. looks: whether anybody could read what the whole store says."""
    metrics, readiness = life.metrics, life.metrics.readiness
    readiness.instance, readiness.works = appliance.instance, life.ready.is_set
    if life.role == _BY_TEMPORAL:
        frontend = frontend_of(appliance.settings.temporal)
        readiness.temporal = lambda: answers(frontend)
    readiness.database = appliance.database
    metrics.connections = frozenset({*appliance.mis, *appliance.channels})
    looking = None
    if looks and life.role == LOOKS:
        metrics.survey = Survey(appliance.examinee())
        looking = asyncio.create_task(metrics.survey.run(appliance.database), name="survey")
    try:
        yield
    finally:
        readiness.database = None
        if looking is not None:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking


async def keep_counting(appliance: Appliance, client: Client, metrics: Metrics) -> None:
    """What waits in Temporal's queues, until it is cancelled. Unknown while Temporal is away."""
    while True:
        try:
            found = await backlogs(client, appliance.connections.kinds)
            metrics.backlogs = {name: Backlog(*each) for name, each in found.items()}
        except RetryLater as error:
            metrics.backlogs = {}
            log.warning("backlog.uncounted", code=error.code)
        await asyncio.sleep(_COUNT_EVERY)
