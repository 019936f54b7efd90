"""A worker of bare journeys, as a process: what Temporal's SDK costs without us."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import uvloop
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from bench.bare_journey import QUEUE, SEND_QUEUE, BareJourney
from bench.child import answer, own_cpu_ms, questions
from bench.worker_ours import ANSWERS_AFTER, ANSWERS_MESSAGE
from nextvisit_workflows.runtime.worker import workflow_runner


class Clinic:
    """No-op activities; the last message of a journey is answered, if `answering`."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.finished = 0
        self.answering = True
        self._answers: set[asyncio.Task[None]] = set()

    @activity.defn(name="bench_send")
    async def send(self, step: int) -> int:
        """Nothing."""
        if self.answering and step + 1 == ANSWERS_MESSAGE:
            task = asyncio.create_task(self._answer(activity.info().workflow_id or ""))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        return step

    @activity.defn(name="bench_finish")
    async def finish(self) -> None:
        """Nothing."""
        self.finished += 1

    async def _answer(self, workflow_id: str) -> None:
        await asyncio.sleep(ANSWERS_AFTER)
        await self.client.get_workflow_handle(workflow_id).signal("answer")


@asynccontextmanager
async def _working(opening: Mapping[str, Any]) -> AsyncIterator[Clinic]:
    client = await Client.connect(opening["address"], namespace=opening["namespace"])
    clinic = Clinic(client)
    async with AsyncExitStack() as stack:
        runner = workflow_runner(sandboxed=opening["sandboxed"])
        for worker in (
            Worker(
                client,
                task_queue=QUEUE,
                workflows=[BareJourney],
                activities=[clinic.finish],
                workflow_runner=runner,
            ),
            Worker(client, task_queue=SEND_QUEUE, activities=[clinic.send], max_concurrent_activities=50),
        ):
            await stack.enter_async_context(worker)
        yield clinic


async def _start(clinic: Clinic, asked: Mapping[str, Any]) -> None:
    gate = asyncio.Semaphore(asked["abreast"])

    async def one(workflow_id: str) -> None:
        async with gate:
            await clinic.client.start_workflow(
                BareJourney.run, asked["waits_ms"], id=workflow_id, task_queue=QUEUE
            )

    await asyncio.gather(*(one(workflow_id) for workflow_id in asked["ids"]))


async def _main() -> None:
    asked = questions()
    async with _working(await anext(asked)) as clinic:
        answer(ready=True)
        async for question in asked:
            match question["ask"]:
                case "cpu":
                    answer(cpu_ms=own_cpu_ms())
                case "start":
                    clinic.finished = 0
                    clinic.answering = question["answering"]
                    await _start(clinic, question)
                    answer(started=True)
                case _:
                    answer(finished=clinic.finished)


if __name__ == "__main__":
    uvloop.run(_main())  # what the roles run on
    os._exit(0)  # the Temporal client's threads may abort an ordinary exit
