"""One writer per account or port: work that one process alone does, and that another takes over.

Whoever has the lease works until a while before it runs out by its own clock, unless the database has
prolonged it. So one whose database is away stops before another could begin, and one that stood still for
long ends with the first look at its clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from nextvisit.sdk.errors import RetryLater
from nextvisit.store.vitals import listener_leases

if TYPE_CHECKING:
    from nextvisit.store.base.engine import Database

SPAN: Final = timedelta(seconds=30)
"""From the last word of whoever holds it until another may begin."""
RESERVE: Final = timedelta(seconds=10)
"""Of this, what is left for a session to take leave in."""
LOOK: Final = timedelta(seconds=2)

ELSEWHERE: Final = "listener.elsewhere"
"""Another process listens there."""
SLOW: Final = "store.slow"
"""The database does not say in time whose it is."""
ENDED: Final = "listener.ended"
_FIRST_ANSWER: Final = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lease:
    """Of one connection. instance: who we are among all processes."""

    db: Database
    origin: str
    instance: str

    async def while_held(self, work: Callable[[], Awaitable[None]], deaf: Callable[[str], None]) -> None:
        """Until cancelled: work whenever it is ours. deaf: told why we do not."""
        try:
            while True:
                held = await self._asked(None)
                if isinstance(held, str):
                    deaf(held)
                    await asyncio.sleep(LOOK.total_seconds())
                    continue
                log.info("listener.lease_taken", origin=self.origin)
                lost = await self._work(work, held)
                log.warning("listener.lease_lost", origin=self.origin, code=lost)
                deaf(lost)
        finally:
            with suppress(RetryLater, TimeoutError):
                async with asyncio.timeout(LOOK.total_seconds()), self.db.transaction(actor="gateway") as tx:
                    await listener_leases.let_go(tx, self.origin, self.instance)

    async def _work(self, work: Callable[[], Awaitable[None]], until: float) -> str:
        """As long as it is ours; why it is not any more."""
        now = asyncio.get_running_loop().time
        working = asyncio.ensure_future(work())
        try:
            while not working.done():
                await asyncio.wait({working}, timeout=min(LOOK.total_seconds(), max(0, until - now())))
                held = await self._asked(until)
                if isinstance(held, str):
                    return held
                until = held
            return ENDED
        finally:
            working.cancel()
            await asyncio.wait({working})

    async def _asked(self, until: float | None) -> float | str:
        """Until when it is ours now, by the loop's clock, or why it is not. until: it was."""
        now = asyncio.get_running_loop().time
        asked = now()
        patience = _FIRST_ANSWER if until is None else max(0, until - asked)
        try:
            async with asyncio.timeout(patience), self.db.transaction(actor="gateway") as tx:
                if not await listener_leases.take(tx, self.origin, self.instance, SPAN):
                    return ELSEWHERE
        except (RetryLater, TimeoutError) as error:
            # Nobody else is given it before it has run out.
            if until is not None and now() < until:
                return until
            return error.code if isinstance(error, RetryLater) else SLOW
        return asked + (SPAN - RESERVE).total_seconds()
