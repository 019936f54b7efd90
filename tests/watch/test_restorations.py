"""A restore that nobody has confirmed is said loudly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.store.base.engine import Database
from nextvisit.store.restorations import restorations as stored
from nextvisit.watch import restorations
from nextvisit.watch.finding import Grade

pytestmark = pytest.mark.anyio


async def test_a_restore_is_wrong_until_it_is_confirmed_and_then_remembered(database: Database) -> None:
    assert [each.grade for each in await restorations.confirmed(database)] == [Grade.OK]
    async with database.transaction() as tx:
        begun = await stored.begun(tx, tx.now - timedelta(hours=1))
    (found,) = await restorations.confirmed(database)
    assert found.grade is Grade.WRONG
    assert "restore status" in found.do
    async with database.transaction() as tx:
        await stored.confirm(tx, begun, "ann", lost_at=begun.lost_at, not_sent=())
    assert [each.grade for each in await restorations.confirmed(database)] == [Grade.INFORMS]
