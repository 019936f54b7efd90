"""The appliance looked at again and again, whoever asks and however often: a scrape costs no query.

One role looks at the whole store, the gateway: there is one, where workers and APIs are many, and it has
nothing to send or to answer that would wait meanwhile. It asks by one connection of its own, one check after
the other, and rests for nineteen times as long as it took, so that it keeps a twentieth of one connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import structlog

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import NextVisitError
from nextvisit.store.base.engine import Database
from nextvisit.watch.doctor import Examinee, examine, of_store
from nextvisit.watch.finding import Examined
from nextvisit.watch.numbers import Numbers, numbers

WITHIN: Final = timedelta(seconds=10)
"""For one statement."""
_LEAST_REST: Final = timedelta(seconds=5)
_RESTS: Final = 19

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """At the end of a look, by the wall. numbers: None, where they could not be had. took: all of it."""

    at: float
    took: float
    numbers: Numbers | None
    found: Sequence[Examined]


@dataclass(slots=True)
class Survey:
    """Looks while it runs. last: None before the first look has ended."""

    examinee: Examinee
    last: Look | None = field(default=None, init=False)

    async def run(self, database: Database) -> None:
        """Until it is cancelled. database: the appliance's, beside whose connections it looks."""
        aside = database.aside(WITHIN)
        try:
            while True:
                self.last = await look(replace(self.examinee, database=aside), aside)
                await asyncio.sleep(max(_LEAST_REST.total_seconds(), _RESTS * self.last.took))
        finally:
            await aside.close()


async def look(of: Examinee, aside: Database) -> Look:
    """Once."""
    began = time.monotonic()
    counted = None
    try:
        counted = await numbers(aside, of.site.zone)
    except NextVisitError as error:
        log.warning("survey.uncounted", code=error.code)
    found = [each for check in of_store(of, aside) for each in await examine([check], of.patience)]
    return Look(SystemClock().now().timestamp(), time.monotonic() - began, counted, found)
