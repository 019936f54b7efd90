"""What waits in a task queue that nobody serves is counted, and how late it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import Client

from nextvisit.sdk.records import ChannelKind
from nextvisit_workflows.runtime.backlog import backlogs
from nextvisit_workflows.runtime.wire import QUEUE_JOURNEYS, queue_of

pytestmark = pytest.mark.anyio

SMS = ChannelKind("sms")


async def test_tasks_that_nobody_takes_are_counted_with_their_age(temporal: str) -> None:
    client = await Client.connect(temporal)
    assert (await backlogs(client, [SMS]))[queue_of(SMS)] == (0, timedelta())
    for number in range(3):
        await client.start_workflow("Nobody", id=f"nobody-{number}", task_queue=QUEUE_JOURNEYS)
    async with asyncio.timeout(120):
        while True:
            tasks, oldest = (await backlogs(client, [SMS]))[QUEUE_JOURNEYS]
            if tasks == 3 and oldest > timedelta():
                break
            await asyncio.sleep(0.05)
