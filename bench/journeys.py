"""Whole journeys through the real servers: how many a second, their cost, the length of their histories."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import ModuleType
from typing import Final
from uuid import uuid4

from sqlalchemy import text
from temporalio.client import Client

from bench import worker_bare, worker_ours
from bench.child import Child, spawned
from bench.clinic import STANDING, TUESDAY, Campaign, enrol, launch, move_in, three_steps
from bench.errors import BenchFailed
from bench.ground import DatabasePlace, Ground
from bench.measure import Result, Size, Target, in_turns
from nextvisit.clock import ScaledClock
from nextvisit.onebox.temporal import NAMESPACE
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit_workflows.runtime.wire import journey_workflow_id

NAME: Final = "journeys"
_MOST_EVENTS: Final = 40
_LEAST_SHARE: Final = 0.8
_FACTOR: Final = 3600.0
_SHORT, _SHORT_MS = "30 minutes", 500
_LONG, _LONG_MS = "60 hours", 60_000
_ABREAST: Final = 50
_PATIENCE: Final = 100.0
_POLL: Final = 0.05
_WARM_UP: Final = 3

Run = Callable[[int], Awaitable[None]]
"""Starts that many journeys and returns when all have ended."""


@dataclass(frozen=True, slots=True)
class _Extent:
    """journeys: at once. So many that the machine is busy; of few, their own pauses would be most of it."""

    journeys: int
    rounds: int


_EXTENT: Final[Mapping[Size, _Extent]] = {
    "full": _Extent(journeys=200, rounds=3),
    "quick": _Extent(journeys=10, rounds=1),
    "tiny": _Extent(journeys=2, rounds=1),
}


@dataclass(slots=True)
class _Course:
    """One bench under way. cpu: the worker's milliseconds a journey, by variant, round by round."""

    ground: Ground
    place: DatabasePlace
    extent: _Extent
    cpu: dict[str, list[float]] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=count)

    async def ours(self, variant: str, *, sandboxed: bool) -> float:
        """Journeys a second."""
        clock = self._clock()
        async with self.place.opened(clock) as db:
            # A worker loads the versions that it finds at its start.
            campaigns = [await self._launched(db, _LONG) for _ in range(2)]
            async with self._worker(worker_ours, clock, sandboxed=sandboxed) as child:
                return await self._measured(
                    variant, child, lambda number: _run_ours(db, campaigns.pop(), number)
                )

    async def bare(self, variant: str) -> float:
        """Journeys a second of the bare workflow."""
        async with self._worker(worker_bare, STANDING, sandboxed=False) as child:
            return await self._measured(
                variant, child, lambda number: _run_bare(child, _ids(number), _LONG_MS)
            )

    async def history(self) -> tuple[int, int]:
        """Events of one unanswered journey: ours, bare."""
        client = await Client.connect(self.ground.temporal.address, namespace=NAMESPACE)
        clock = self._clock()
        async with self.place.opened(clock) as db:
            campaign = await self._launched(db, _SHORT)
            async with self._worker(worker_ours, clock, sandboxed=False) as child:
                await child.ask(ask="answering", answering=False)
                await _run_ours(db, campaign, 1)
                ours = await _events(client, journey_workflow_id(await _newest_journey(db)))
        async with self._worker(worker_bare, STANDING, sandboxed=False) as child:
            ids = _ids(1)
            await _run_bare(child, ids, _SHORT_MS, answering=False)
            return ours, await _events(client, ids[0])

    def _clock(self) -> ScaledClock:
        """A month after the last one, so that no patient was written to lately."""
        starts = TUESDAY + next(self._numbers) * timedelta(days=30)
        return ScaledClock(_FACTOR, datetime.now(UTC), starts)

    async def _launched(self, db: Database, silence: str) -> Campaign:
        slug = f"turn{next(self._numbers)}"
        campaign = three_steps(slug, ChannelKind("sms"), wait=_SHORT, silence=silence)
        await launch(db, campaign)
        return campaign

    async def _measured(self, variant: str, child: Child, run: Run) -> float:
        await run(min(_WARM_UP, self.extent.journeys))
        cpu, began = await child.cpu_ms(), time.perf_counter()
        await run(self.extent.journeys)
        seconds = time.perf_counter() - began
        spent = await child.cpu_ms() - cpu
        self.cpu.setdefault(variant, []).append(spent / self.extent.journeys)
        return self.extent.journeys / seconds

    @asynccontextmanager
    async def _worker(
        self, module: ModuleType, clock: ScaledClock, *, sandboxed: bool
    ) -> AsyncIterator[Child]:
        async with spawned(module.__name__) as child:
            await child.ask(
                address=self.ground.temporal.address,
                namespace=NAMESPACE,
                dsn=self.place.dsn,
                vault_file=str(self.place.vault_file),
                clock=clock.to_json(),
                sandboxed=sandboxed,
            )
            yield child


async def _run_ours(db: Database, campaign: Campaign, number: int) -> None:
    if await enrol(db, campaign, ChannelKind("sms"), number) != number:
        raise BenchFailed("fewer patients could be enrolled than were wanted")
    statement = text("SELECT count(*) FROM journey WHERE outcome IS NULL")

    async def all_ended() -> bool:
        async with db.transaction() as tx:
            return bool((await tx.connection.execute(statement)).scalar_one() == 0)

    await _until(all_ended)


async def _run_bare(child: Child, ids: list[str], last_wait_ms: int, *, answering: bool = True) -> None:
    waits = [_SHORT_MS, _SHORT_MS, last_wait_ms]
    await child.ask(ask="start", ids=ids, waits_ms=waits, abreast=_ABREAST, answering=answering)

    async def all_ended() -> bool:
        finished: int = (await child.ask(ask="finished"))["finished"]
        return finished == len(ids)

    await _until(all_ended)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not await holds():
        if time.monotonic() > deadline:
            raise BenchFailed(f"journeys did not end within {_PATIENCE:g} s")
        await asyncio.sleep(_POLL)


async def _newest_journey(db: Database) -> str:
    async with db.transaction() as tx:
        found = await tx.connection.execute(text("SELECT id FROM journey ORDER BY started_at DESC LIMIT 1"))
        return str(found.scalar_one())


async def _events(client: Client, workflow_id: str) -> int:
    """Of a closed workflow; the last local activity is over before its workflow is."""

    async def has_closed() -> bool:
        return (await client.get_workflow_handle(workflow_id).describe()).close_time is not None

    await _until(has_closed)
    return len((await client.get_workflow_handle(workflow_id).fetch_history()).events)


def _ids(number: int) -> list[str]:
    return [f"bare:{uuid4()}" for _ in range(number)]


async def run(ground: Ground, size: Size) -> list[Result]:
    """Needs nothing but the ground."""
    extent = _EXTENT[size]
    async with ground.database() as place:
        async with place.opened(STANDING) as db:
            await move_in(db, extent.journeys, STANDING)
        course = _Course(ground, place, extent)
        rates = await in_turns(
            extent.rounds,
            {
                "production": lambda: course.ours("production", sandboxed=False),
                "bare": lambda: course.bare("bare"),
                "sandboxed": lambda: course.ours("sandboxed", sandboxed=True),
            },
        )
        events = await course.history()
    cpu = {variant: tuple(spent) for variant, spent in course.cpu.items()}
    bare = "bare workflow"
    return [
        Result(
            NAME,
            "whole journeys",
            "/s",
            rates["production"],
            bare,
            rates["bare"],
            Target(least_share=_LEAST_SHARE),
        ),
        Result(NAME, "worker CPU a journey", "ms", cpu["production"], bare, cpu["bare"]),
        Result(
            NAME, "worker CPU a journey, sandboxed", "ms", cpu["sandboxed"], "production", cpu["production"]
        ),
        Result(
            NAME,
            "history events, 3 messages, 3 waits",
            "",
            (events[0],),
            bare,
            (events[1],),
            Target(most=_MOST_EVENTS),
        ),
    ]
