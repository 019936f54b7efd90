"""Lanes through the inbox: what has to stay in order, and what may go side by side.

All that one MIS connection says, pulled or unasked, is one lane, strictly in order, because what comes
later holds the newer truth. All that patients and providers say is another, so that a STOP never waits
behind a first sync of a million patients, and one patient's words keep their order. A lane is in one
transaction's hand at a time, over all processes.

Order is lost where a thing is parked and processed again, or where the rest of it is waited for. A page of a
MIS then counts for as much as is surely not older (`late`), and an answer is for a person (`replies`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from nextvisit.intake.meaning import BY_RULES, ReplyReading
from nextvisit.intake.row import MIS_KINDS, Intaking, process
from nextvisit.intake.verdict import Again, Done, Parked, Verdict
from nextvisit.sdk.errors import NextVisitError, Rejected, RetryLater
from nextvisit.store.people.patients import patient_key
from nextvisit.store.queues import inbox

if TYPE_CHECKING:
    from nextvisit.domain.connections import Connections
    from nextvisit.domain.site import Site
    from nextvisit.sdk.ports import Channel, MisAdapter
    from nextvisit.store.base.engine import Database, Tx
    from nextvisit.store.campaigns.programs import Programs
    from nextvisit.store.people.identity import PatientId
    from nextvisit.store.queues.inbox import InboxItem, InboxKind
    from nextvisit.store.vault.seal import DataKey

POLL: Final = timedelta(seconds=5)
_PAUSE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Lane:
    """Rows of these kinds, and of one connection if `origin` says so; `batch` of them at once."""

    name: str
    kinds: tuple[InboxKind, ...]
    origin: str | None = None
    batch: int = 1


_TALK: Final = Lane("talk", kinds=("channel", "webhook", "page_answer"), batch=50)

log = structlog.get_logger()


@dataclass(slots=True)
class Intake:
    """Takes what is in the inbox. `adapters` and `channels` by the slug of their connection.

    reading: how the site reads replies.
    """

    db: Database
    adapters: Mapping[str, MisAdapter]
    channels: Mapping[str, Channel]
    connections: Connections
    site: Site
    programs: Programs
    reading: ReplyReading = BY_RULES

    @property
    def _lanes(self) -> tuple[Lane, ...]:
        return (_TALK, *(Lane(f"mis {slug}", kinds=MIS_KINDS, origin=slug) for slug in self.adapters))

    async def drain(self, limit: int) -> int:
        """Take rows, at most `limit`, until nothing is due; how many. Raises RetryLater."""
        taken = 0
        for lane in self._lanes:
            while taken < limit and (step := await self._step(lane, limit - taken)):
                taken += step
        return taken

    async def run(self, stop: asyncio.Event) -> None:
        """Take rows as they come, until `stop`. A row that was begun is finished."""
        wakes = [asyncio.Event() for _ in self._lanes]
        waker = asyncio.create_task(self._wake(wakes), name="intake wake")
        workers = [
            asyncio.create_task(self._work(lane, wake, stop), name=f"intake {lane.name}")
            for lane, wake in zip(self._lanes, wakes, strict=True)
        ]
        stopping = asyncio.create_task(stop.wait(), name="intake stop")
        try:
            # The waker and the workers end only when something is wrong that they cannot mend.
            done, _ = await asyncio.wait({stopping, waker, *workers}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            stop.set()
            waker.cancel()
            stopping.cancel()
            for wake in wakes:
                wake.set()
            await asyncio.gather(waker, stopping, *workers, return_exceptions=True)

    async def _wake(self, wakes: list[asyncio.Event]) -> None:
        async with aclosing(self.db.notifications("inbox", poll=POLL)) as notes:
            async for _ in notes:
                for wake in wakes:
                    wake.set()

    async def _work(self, lane: Lane, wake: asyncio.Event, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await wake.wait()
            wake.clear()
            try:
                while not stop.is_set() and await self._step(lane, lane.batch):
                    pass
            except RetryLater as error:
                log.warning("intake.store_away", queue=lane.name, code=error.code)
                await asyncio.sleep(_PAUSE.total_seconds())
                wake.set()

    async def _step(self, lane: Lane, limit: int) -> int:
        """Some rows in one transaction. If one of them cannot be processed, the first alone."""
        size = min(limit, lane.batch)
        begun: list[int] = []
        try:
            return await self._take(lane, size, begun)
        except RetryLater:
            raise
        # Whatever a row provokes, a plugin's fault or ours: the inbox must go on, and the row is parked.
        except Exception as error:
            if not begun:
                raise
            if size > 1:
                return await self._step(lane, 1)
            await self._park(begun[0], error)
            return 1

    async def _take(self, lane: Lane, limit: int, begun: list[int]) -> int:
        async with self.db.transaction(actor="intake") as tx:
            if not await inbox.hold_lane(tx, lane.name):
                return 0
            rows = await inbox.take(tx, limit, kinds=lane.kinds, origin=lane.origin)
            using = Intaking(
                self.adapters, self.channels, self.connections, self.site, self.programs, self.reading
            )
            for row in rows:
                begun.append(row.id)
                await _carry_out(tx, row, await process(tx, row, using))
            return len(rows)

    async def _park(self, row: int, error: Exception) -> None:
        reason = error.code if isinstance(error, NextVisitError) else f"bug.{type(error).__name__}"
        log.error("intake.row_failed", inbox=row, reason=reason, error=type(error).__name__)
        async with self.db.transaction(actor="intake") as tx:
            await inbox.park(tx, row, reason)


async def _carry_out(tx: Tx, row: InboxItem, verdict: Verdict) -> None:
    match verdict:
        case Done(about):
            await inbox.done(tx, row, None if about is None else (about, await _key(tx, about)))
        case Again(reason, counts):
            await inbox.retry(tx, row.id, reason, counts=counts)
        case Parked(reason):
            log.warning("intake.parked", inbox=row.id, kind=row.kind, origin=row.origin, reason=reason)
            await inbox.park(tx, row.id, reason)


async def _key(tx: Tx, patient: PatientId) -> DataKey | None:
    try:
        return await patient_key(tx, patient)
    except Rejected:
        return None  # erased
