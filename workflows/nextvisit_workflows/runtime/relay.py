"""Tells Temporal what the store has committed: journeys to start, signals to pass on, pulls to begin.

    take rows (locked) ─▶ start or signal ─▶ mark done ─▶ commit

A relay that dies between telling and committing tells again: a start that is there already counts as
done, and a journey ignores a signal whose number it has seen. A row that nobody here can read (a newer
release may have written it) stays for one who can, and holds up nothing but its own journey.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, assert_never
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from nextvisit.sdk.errors import Bug, RetryLater
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import enrolments
from nextvisit.store.journeys import journeys
from nextvisit.store.journeys.journey_json import signal_from_json
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.queues import outbox
from nextvisit.store.queues.outbox import OutboxItem
from nextvisit_workflows.runtime.looping import sync_now
from nextvisit_workflows.runtime.rehydrate import journey_in, resume, start_journey
from nextvisit_workflows.runtime.wire import JourneyIn, SignalIn, journey_workflow_id

log = structlog.get_logger()

_BATCH = 200
_LONGEST_PAUSE = 30.0


_Answer = Literal["told", "missing", "later", "unreadable"]


@dataclass(frozen=True, slots=True)
class _Pull:
    source: str


@dataclass(frozen=True, slots=True)
class _Telling:
    """One row. what: a journey to start, a signal for one, a pull to begin; None: nobody here can read it."""

    row: OutboxItem
    what: JourneyIn | SignalIn | _Pull | None

    @property
    def journey(self) -> JourneyId:
        """Whom it is about; rows of a pull are about none."""
        return JourneyId(UUID(self.row.key))


@dataclass(slots=True)
class Relay:
    """abreast: calls to Temporal at the same time."""

    db: Database
    client: Client
    abreast: int = 50
    lanes: int = 2

    async def run(self, *, poll: timedelta = timedelta(seconds=5)) -> None:
        """Until cancelled. Temporal or the database may go away and come back."""
        woken = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(self.lanes):
                group.create_task(self._lane(woken, poll))
            async for _ in self.db.notifications("outbox", poll=poll):
                woken.set()

    async def _lane(self, woken: asyncio.Event, poll: timedelta) -> None:
        pause = 0.2
        while True:
            # Before the draining: what is committed while it goes on wakes us again.
            woken.clear()
            try:
                while await self.drain_once():
                    pause = 0.2
            except RetryLater as error:
                log.warning("relay.postponed", code=error.code)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            try:
                await asyncio.wait_for(woken.wait(), poll.total_seconds())
            except TimeoutError:
                continue

    async def drain_once(self) -> int:
        """Tell one batch; how many rows were told. Raises RetryLater when none could be."""
        async with self.db.transaction() as tx:
            rows = await outbox.take(tx, _BATCH)
            telling = await self._prepare(tx, rows)
            gate = asyncio.Semaphore(self.abreast)
            answers = await asyncio.gather(*(self._tell(gate, each) for each in telling))
            for place, each in enumerate(telling):
                if answers[place] == "missing":
                    answers[place] = await self._bring_back(tx, each)
            answered = list(zip(telling, answers, strict=True))
            told = [each for each, answer in answered if answer == "told"]
            await outbox.done(tx, [each.row.id for each in told])
            await outbox.failed(tx, [each.row.id for each, answer in answered if answer != "told"])
            started = [each.journey for each in told if isinstance(each.what, JourneyIn)]
            if started:
                await enrolments.mark_started(tx, started)
        if not told and "later" in answers:
            raise RetryLater("relay.untold", f"{answers.count('later')} are still to be told")
        return len(told)

    async def _bring_back(self, tx: Tx, telling: _Telling) -> _Answer:
        """Nobody heard the signal: an open journey starts again, and finds it in its backlog."""
        try:
            await resume(tx, self.client, telling.journey)
        except RPCError:
            return "later"
        except Bug as error:
            return _unreadable(telling.row, error)
        return "told"

    async def _prepare(self, tx: Tx, rows: Sequence[OutboxItem]) -> Sequence[_Telling]:
        starting = [JourneyId(UUID(row.key)) for row in rows if row.kind == "start_journey"]
        heads = await journeys.heads(tx, starting)
        return [self._telling(row, heads) for row in rows]

    def _telling(self, row: OutboxItem, heads: Mapping[JourneyId, JourneyHead]) -> _Telling:
        match row.kind:
            case "start_journey":
                return _Telling(row, journey_in(heads[JourneyId(UUID(row.key))]))
            case "signal_journey":
                try:
                    return _Telling(row, SignalIn(signal_from_json(row.payload)))
                except Bug as error:
                    _unreadable(row, error)
                    return _Telling(row, None)
            case "pull_mis":
                return _Telling(row, _Pull(row.key))
            case _:
                assert_never(row.kind)

    async def _tell(self, gate: asyncio.Semaphore, telling: _Telling) -> _Answer:
        async with gate:
            try:
                match telling.what:
                    case None:
                        return "unreadable"
                    case JourneyIn():
                        await start_journey(self.client, telling.what, WorkflowIDReusePolicy.REJECT_DUPLICATE)
                    case SignalIn():
                        workflow = journey_workflow_id(telling.row.key)
                        await self.client.get_workflow_handle(workflow).signal("tell", telling.what)
                    case _Pull(source):
                        # Nobody hears it while nobody pulls; who begins to pull does so at once.
                        await sync_now(self.client, source)
                    case _:
                        assert_never(telling.what)
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND and isinstance(telling.what, SignalIn):
                    return "missing"
                log.warning("relay.refused", outbox=telling.row.id, code=error.status.name.lower())
                return "later"
            return "told"


def _unreadable(row: OutboxItem, error: Bug) -> _Answer:
    # No traceback: it would say less than the code, and say it every few seconds.
    log.error("relay.unreadable", journey=row.key, code=error.code, attempts=row.attempts)
    return "unreadable"
