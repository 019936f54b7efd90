"""From an audience to journeys that Temporal runs: choosing and writing, then starting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final
from uuid import uuid4

from sqlalchemy import text
from temporalio.client import Client

from bench.clinic import EVERYBODY, STANDING, Campaign, crowd, enrol, had_visits, launch, three_steps
from bench.errors import BenchFailed
from bench.ground import Ground
from bench.measure import Result, Size, Target, in_turns
from nextvisit.onebox.temporal import NAMESPACE
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.queues import outbox
from nextvisit_workflows.runtime.converter import Frontend, connect
from nextvisit_workflows.runtime.relay import Relay
from nextvisit_workflows.runtime.wire import JourneyIn

NAME: Final = "enrolment"
_LEAST_SHARE: Final = 0.8
_CHANNEL: Final = ChannelKind("sms")
_BATCH: Final = 500
# The catalogue's reactivation campaign asks for the same.
_RECALL: Final = (
    "{ all: [ { last_visit: { over: 12 months, status: fulfilled } }, { age: { from: 30, to: 65 } },"
    " { visited: { specialty: cardiology } }, { not: { has: future_appointment } } ] }"
)


@dataclass(frozen=True, slots=True)
class _Extent:
    population: int
    starts: int
    rounds: int


_EXTENT: Final[Mapping[Size, _Extent]] = {
    "full": _Extent(population=20_000, starts=400, rounds=3),
    "quick": _Extent(population=2_000, starts=100, rounds=1),
    "tiny": _Extent(population=60, starts=5, rounds=1),
}

_BARE_ROWS = text(
    """
    WITH enrolled AS (
        INSERT INTO enrolment
            (id, campaign, version, patient_id, occurrence, arm, state, flags, due_at, enrolled_at)
        SELECT gen_random_uuid(), :campaign, 'v', id, 1, 'contacted', 'pending', '{}', :now, :now
        FROM patient ORDER BY ref_digest OFFSET :offset LIMIT :limit
        RETURNING id, patient_id
    ), journeys AS (
        INSERT INTO journey (id, campaign, version, patient_id, event_count, actions, started_at, updated_at)
        SELECT id, :campaign, 'v', patient_id, 0, 0, :now, :now FROM enrolled
    )
    INSERT INTO outbox (kind, key, payload, created_at, attempts, done_at)
    SELECT 'start_journey', id, '{}', :now, 0, :now FROM enrolled
    """
)


@dataclass(slots=True)
class _Course:
    """One bench under way."""

    db: Database
    ours: Client
    bare: Client
    extent: _Extent
    _numbers: count[int] = field(default_factory=count)

    async def enrol_segment(self) -> float:
        """Rows a second that a firing writes for everybody whom a segment holds."""
        campaign = await self._launched(_RECALL)
        began = time.perf_counter()
        enrolled = await enrol(self.db, campaign, _CHANNEL, self.extent.population)
        seconds = time.perf_counter() - began
        await self._forget_outbox()
        return enrolled / seconds

    async def write_rows(self) -> float:
        """Rows a second when nobody is chosen: one statement a batch."""
        slug, number = f"bare{next(self._numbers)}", self.extent.population // 4
        began = time.perf_counter()
        for offset in range(0, number, _BATCH):
            async with self.db.transaction() as tx:
                limit = min(_BATCH, number - offset)
                values = {"campaign": slug, "now": tx.now, "offset": offset, "limit": limit}
                await tx.connection.execute(_BARE_ROWS, values)
        return number / (time.perf_counter() - began)

    async def relay(self) -> float:
        """Journeys a second that the relay starts out of the outbox."""
        campaign = await self._launched(EVERYBODY)
        enrolled = await enrol(self.db, campaign, _CHANNEL, self.extent.starts)
        relay = Relay(self.db, self.ours)
        began = time.perf_counter()
        await asyncio.gather(*(self._drain(relay) for _ in range(relay.lanes)))
        seconds = time.perf_counter() - began
        async with self.db.transaction() as tx:
            if (await outbox.pending(tx)).count:
                raise BenchFailed("the relay left rows behind")
        return enrolled / seconds

    async def start(self) -> float:
        """Workflows a second that a client starts, with as many calls at the same time as the relay."""
        relay = Relay(self.db, self.ours)
        gate = asyncio.Semaphore(relay.abreast * relay.lanes)
        async with self.db.transaction() as tx:
            now = tx.now

        async def one() -> None:
            journey = str(uuid4())
            start = JourneyIn(journey, "recall", "v" * 64, now, (_CHANNEL,))
            async with gate:
                await self.bare.start_workflow(
                    "BareJourney", start, id=f"bare:{journey}", task_queue="bench-nobody"
                )

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(self.extent.starts)))
        return self.extent.starts / (time.perf_counter() - began)

    async def _launched(self, segment: str) -> Campaign:
        campaign = three_steps(f"turn{next(self._numbers)}", _CHANNEL, segment=segment)
        await launch(self.db, campaign)
        return campaign

    async def _forget_outbox(self) -> None:
        async with self.db.transaction() as tx:
            await tx.connection.execute(text("UPDATE outbox SET done_at = created_at WHERE done_at IS NULL"))

    async def _drain(self, relay: Relay) -> None:
        while await relay.drain_once():
            pass


async def run(ground: Ground, size: Size) -> list[Result]:
    """Nobody polls the task queues, so that starts alone are measured."""
    extent = _EXTENT[size]
    async with ground.database() as place, place.opened(STANDING) as db:
        await crowd(db, extent.population)
        await had_visits(db)
        async with db.transaction() as tx:
            keys = tx.vault.payload_keys()
        ours = await connect(Frontend(ground.temporal.address, NAMESPACE), keys)
        bare = await Client.connect(ground.temporal.address, namespace=NAMESPACE)
        course = _Course(db, ours, bare, extent)
        rows = await in_turns(extent.rounds, {"ours": course.enrol_segment, "bare": course.write_rows})
        starts = await in_turns(extent.rounds, {"ours": course.relay, "bare": course.start})
    aim = Target(least_share=_LEAST_SHARE)
    return [
        Result(NAME, "audience to journey rows", "/s", rows["ours"], "INSERT of the rows", rows["bare"]),
        Result(
            NAME, "journey starts, relay", "/s", starts["ours"], "client.start_workflow", starts["bare"], aim
        ),
    ]
