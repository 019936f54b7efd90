"""A MIS that is not read is seen: never read, failing, or standing still without any fault."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.sdk.records import Cursor
from nextvisit.store.base.engine import Database
from nextvisit.store.reading import mis
from nextvisit.watch import reading
from nextvisit.watch.finding import Finding, Grade
from tests.world.clock import NOW, SetClock

pytestmark = pytest.mark.anyio

QUARTER = timedelta(minutes=15)


async def _found(database: Database) -> Finding:
    return (await reading.moving(database, "his", QUARTER))[0]


async def _read(database: Database) -> None:
    async with database.transaction() as tx:
        await mis.advance(tx, "his", Cursor("1"), 3)


async def test_a_connection_that_was_never_read_is_wrong(database: Database) -> None:
    found = await _found(database)
    assert (found.grade, found.says) == (Grade.WRONG, "was never read")
    assert "mis sync his" in found.do


async def test_a_connection_that_is_read_is_fine(database: Database) -> None:
    await _read(database)
    assert await _found(database) == Finding(Grade.OK, "1 pages, 3 things", since=NOW)


async def test_a_pull_that_failed_names_its_code_and_since_when_nothing_came(
    database: Database, clock: SetClock
) -> None:
    await _read(database)
    clock.move(timedelta(minutes=20))
    async with database.transaction() as tx:
        await mis.fault(tx, "his", "fhir.not_json")
    found = await _found(database)
    assert (found.grade, found.says, found.since) == (
        Grade.WRONG, "the last pull failed: fhir.not_json", NOW,
    )  # fmt: skip


async def test_a_reading_that_stands_still_without_a_fault_is_wrong(
    database: Database, clock: SetClock
) -> None:
    await _read(database)
    clock.move(timedelta(hours=3))
    found = await _found(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert found.says == "was last read 3 hours ago, though it is pulled every 15 minutes"
