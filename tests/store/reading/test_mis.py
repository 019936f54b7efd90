"""Reading a MIS goes on where it stopped, and a cursor stands behind its page."""

from __future__ import annotations

import pytest

from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.store.base.engine import Database
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis
from tests.world.clock import NOW, later

pytestmark = pytest.mark.anyio


async def test_a_cursor_moves_with_its_page(database: Database) -> None:
    with pytest.raises(LookupError):  # noqa: PT012
        async with database.transaction() as tx:
            await inbox.put(tx, kind="mis_page", origin="his", dedupe="one", body=b"body", count=3)
            await mis.advance(tx, "his", RawBatch(b"", Cursor("c1"), 3))
            raise LookupError
    async with database.transaction() as tx:
        assert await inbox.take(tx, 10) == []
        assert await mis.begin_pull(tx, "his") is None
        await mis.fault(tx, "his", "mis.unreachable")
        assert (await mis.status(tx))[0].last_error == "mis.unreachable"
        await mis.advance(tx, "his", RawBatch(b"", Cursor("c1"), 3))
        await mis.advance(tx, "his", RawBatch(b"", Cursor("c2"), 4))
        (row,) = await mis.status(tx)
        assert await mis.begin_pull(tx, "his") == "c2"
    assert (row.pages, row.resources, row.last_error) == (2, 7, None)


async def test_a_pull_that_brings_nothing_is_a_success_too(database: Database) -> None:
    """Otherwise an error stands there until something changes, and a MIS at night looks away."""
    async with database.transaction() as tx:
        await mis.advance(tx, "his", RawBatch(b"", Cursor("c1"), 3, newest=NOW, ahead=later(400)))
        await mis.fault(tx, "his", "mis.unreachable")
        await mis.answered(tx, "his")
        (row,) = await mis.status(tx)
    assert (row.last_error, row.newest_at, row.ahead_at) == (None, NOW, later(400))
