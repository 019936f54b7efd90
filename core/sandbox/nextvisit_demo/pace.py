"""The demo's clock runs as fast as the machine lets it: it stands while the appliance is behind."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx2
from sqlalchemy import text
from temporalio.api.enums.v1 import DescribeTaskQueueMode, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from nextvisit.clock import Pause, ScaledClock, SystemClock
from nextvisit.sdk.errors import NextVisitError

if TYPE_CHECKING:
    from nextvisit.install.bootstrap import Appliance

_LOOK_EVERY: Final = 0.2
_BEHIND: Final = timedelta(milliseconds=400)
"""What waits longer than this by the wall is late: three quarters of an hour of the demo's clock."""
_NOTICE: Final = timedelta(milliseconds=600)
"""A pause begins so long after it is written down: everybody has to know it before."""
_PAUSE: Final = timedelta(seconds=1)


@dataclass(slots=True)
class FileClock:
    """The clock as it stands in the demo's folder by now, with the pauses that were added."""

    file: Path
    _seen: tuple[int, int] = (0, 0)
    _clock: ScaledClock | None = None

    @property
    def shown(self) -> ScaledClock:
        """The clock of this instant."""
        found = self.file.stat()
        seen = (found.st_ino, found.st_mtime_ns)
        if self._clock is None or seen != self._seen:
            self._clock, self._seen = ScaledClock.from_json(self.file.read_text(encoding="utf-8")), seen
        return self._clock

    @property
    def virtual_origin(self) -> datetime:
        """What it showed at first."""
        return self.shown.virtual_origin

    def now(self) -> datetime:
        return self.shown.now()

    def at_wall(self, wall: datetime) -> datetime:
        return self.shown.at_wall(wall)

    def wall_span(self, span: timedelta) -> timedelta:
        return self.shown.wall_span(span)

    def wall_until(self, instant: datetime, since: datetime) -> timedelta:
        return self.shown.wall_until(instant, since)


@dataclass(slots=True)
class Pacer:
    """Looks for what is late, and makes everybody's clock stand a moment when something is.

    tell: gives a clock to everybody. late: what is behind now, in words.
    """

    clock: FileClock
    tell: Callable[[ScaledClock], Awaitable[None]]
    late: Callable[[], Awaitable[Sequence[str]]]
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def stood(self) -> timedelta:
        """How long it has stood, by the wall."""
        return sum((each.ends - each.begins for each in self.clock.shown.pauses), timedelta())

    def said(self) -> str:
        """One line about how it went."""
        if not self.stood:
            return "the machine kept up with the clock"
        why = ", ".join(f"{name} {times}×" for name, times in self.causes.most_common(4))
        return f"the clock stood {self.stood.total_seconds():.0f} s, for the appliance to keep up: {why}"

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            began = time.monotonic()
            causes = list(await self.late())
            if time.monotonic() - began > _BEHIND.total_seconds():
                causes.append("answers")
            if causes:
                await self._pause(causes)
            await asyncio.sleep(_LOOK_EVERY)

    async def _pause(self, causes: Sequence[str]) -> None:
        shown, now = self.clock.shown, SystemClock().now()
        if shown.pauses and shown.pauses[-1].ends > now + _NOTICE:
            return
        self.causes.update(causes)
        begins = max([now + _NOTICE, *(each.ends for each in shown.pauses[-1:])])
        await self.tell(shown.pausing(Pause(begins, begins + _PAUSE)))


@dataclass(frozen=True, slots=True)
class Lag:
    """What the appliance and the sandbox have not yet done although it is due."""

    appliance: Appliance
    clock: FileClock
    control_url: str
    queues: Sequence[str]
    temporal: Client

    async def __call__(self) -> Sequence[str]:
        """What is late. What does not answer is down, and the clock runs on: that is a disturbance."""
        found = await asyncio.gather(self._stored(), self._queued(), self._patients(), return_exceptions=True)
        late: list[str] = []
        for each in found:
            match each:
                case list():
                    late += each
                case NextVisitError() | RPCError() | httpx2.HTTPError():
                    return []
                case _:
                    raise each
        return late

    async def _stored(self) -> list[str]:
        async with self.appliance.database.transaction() as tx:
            row = (
                await tx.connection.execute(
                    text(
                        "SELECT (SELECT min(created_at) FROM outbox WHERE done_at IS NULL) AS outbox,"
                        " (SELECT min(due_at) FROM auto_reply WHERE state = 'planned') AS auto_replies,"
                        " (SELECT min(received_at) FROM inbox WHERE state = 'new'"
                        "  AND retry_at_wall IS NULL) AS inbox"
                    )
                )
            ).one()
        now = self.clock.now()
        return [
            name
            for name, since in (
                ("outbox", row.outbox),
                ("auto-replies", row.auto_replies),
                ("inbox", row.inbox),
            )
            if since is not None and self.clock.wall_span(now - since) > _BEHIND
        ]

    async def _queued(self) -> list[str]:
        answers = await asyncio.gather(*(self._queue(each) for each in self.queues))
        return [f"queue {name}" for name, late in zip(self.queues, answers, strict=True) if late]

    async def _queue(self, name: str) -> bool:
        kinds = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
        answer = await self.temporal.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self.temporal.namespace,
                task_queue=TaskQueue(name=name),
                api_mode=DescribeTaskQueueMode.DESCRIBE_TASK_QUEUE_MODE_ENHANCED,
                task_queue_types=kinds,
                report_stats=True,
            ),
            timeout=timedelta(seconds=5),
        )
        return any(
            info.stats.approximate_backlog_age.ToTimedelta() > _BEHIND
            for version in answer.versions_info.values()
            for info in version.types_info.values()
        )

    async def _patients(self) -> list[str]:
        async with httpx2.AsyncClient(timeout=10) as client:
            lag = (await client.get(f"{self.control_url}/lag")).raise_for_status().json()
        return ["patients"] if timedelta(seconds=lag["behind_seconds"]) > _BEHIND else []
