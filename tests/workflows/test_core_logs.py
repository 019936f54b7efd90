"""What Temporal's own core says while a worker runs, as the worker's log has it."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from nextvisit.watch.logs import ALLOWED, OF_A_LIBRARY

pytestmark = pytest.mark.anyio

WORKER = """
import asyncio, sys
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from nextvisit.sdk.errors import ProtocolError
from nextvisit.watch.logs import configure_logging
from nextvisit_workflows.runtime.converter import Frontend, connect
from nextvisit_workflows.runtime.wire import QUEUE_JOURNEYS
from nextvisit_workflows.runtime.worker import WORKFLOWS

async def main():
    client = await connect(Frontend(sys.argv[1], "default"), {"1": bytes(32)})
    async with Worker(client, task_queue=QUEUE_JOURNEYS, workflows=WORKFLOWS,
                      workflow_runner=UnsandboxedWorkflowRunner(),
                      workflow_failure_exception_types=[ProtocolError]):
        await asyncio.Event().wait()

configure_logging("worker")
asyncio.run(main())
"""


async def test_what_temporal_s_core_says_of_a_forged_start_is_a_line_like_any_other(temporal: str) -> None:
    """Of workflows that there are and that there are not; by itself it prints words, in colours."""
    client = await Client.connect(temporal, namespace="default")
    forged = [
        await client.start_workflow(name, "Anna, 601000001", id=f"forged {name}", task_queue="journeys")
        for name in ("PatientJourney", "\x1b[2JNobodyHasThis 601000001")
    ]
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        temporal,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,  # as `up` has both in one log
    )
    assert worker.stdout is not None
    lines: list[bytes] = []
    try:
        async with asyncio.timeout(240):
            while not any(b"sdk_core" in each for each in lines):
                line = await worker.stdout.readline()
                assert line, lines
                lines.append(line)
            for handle in forged:
                await _has_failed(handle)
    finally:
        worker.kill()
        rest, _ = await worker.communicate()
    for each in [*lines, *rest.splitlines()]:
        assert b"601000001" not in each
        assert json.loads(each).keys() <= OF_A_LIBRARY | ALLOWED


async def _has_failed(handle: WorkflowHandle[object, object]) -> None:
    """Or a task of it, which is tried again then."""
    while True:
        told = {each.event_type for each in (await handle.fetch_history()).events}
        if told & {
            EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        }:
            return
        await asyncio.sleep(0.05)
