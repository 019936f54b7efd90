"""What waits in the queues is named with its reason and its age, never with its words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.store.base.engine import Database
from nextvisit.store.queues import inbox, outbox
from nextvisit.watch import queues
from nextvisit.watch.finding import Grade
from tests.world.clock import NOW, SetClock

pytestmark = pytest.mark.anyio


async def _park(database: Database, reason: str, *dedupes: str) -> None:
    async with database.transaction() as tx:
        for dedupe in dedupes:
            await inbox.put(tx, kind="mis_page", origin="his", dedupe=dedupe, body=b"Kowalska")
        for item in await inbox.take(tx, 10):
            await inbox.park(tx, item.id, reason)


async def test_what_is_parked_is_counted_by_reason_with_its_age(database: Database, clock: SetClock) -> None:
    await _park(database, "date.malformed", "a", "b")
    clock.move(timedelta(days=1))
    await _park(database, "shape.flag", "c")
    found = await queues.arrivals(database)
    assert [(each.grade, each.says, each.since) for each in found] == [
        (Grade.WRONG, "2 from his parked as date.malformed", NOW),
        (Grade.WRONG, "1 from his parked as shape.flag", NOW + timedelta(days=1)),
    ]
    assert all("inbox list" in each.do and "Kowalska" not in str(each) for each in found)


async def test_more_reasons_than_anybody_reads_are_counted(database: Database) -> None:
    for number in range(13):
        await _park(database, f"reason.{number:02}", f"thing {number}")
    found = await queues.arrivals(database)
    assert len(found) == 11
    assert found[-1].says == "and for 3 more reasons"


async def test_an_inbox_that_nobody_empties_is_seen(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin="his", dedupe="a", body=b"")
    assert [each.grade for each in await queues.arrivals(database)] == [Grade.OK]
    clock.move(timedelta(hours=2))
    (found,) = await queues.arrivals(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert "worker" in found.do


async def test_an_outbox_that_nobody_empties_is_seen(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await outbox.put(tx, "pull_mis", "his", {})
    assert [each.grade for each in await queues.outgoing(database)] == [Grade.OK]
    clock.move(timedelta(hours=2))
    (found,) = await queues.outgoing(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
