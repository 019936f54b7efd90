"""The outbox: in order per key, one hand per key."""

from __future__ import annotations

import pytest

from nextvisit.store.base.engine import Database
from nextvisit.store.queues import outbox

pytestmark = pytest.mark.anyio


async def test_rows_of_one_key_go_out_in_order(database: Database) -> None:
    async with database.transaction() as tx:
        await outbox.put(tx, "start_journey", "a", {"seq": 0})
        await outbox.put_many(tx, "signal_journey", [("a", {"seq": 1}), ("b", {"seq": 1}), ("a", {"seq": 2})])
    told: list[tuple[str, int]] = []
    while True:
        async with database.transaction() as tx:
            items = await outbox.take(tx, 10)
            if not items:
                break
            assert len({item.key for item in items}) == len(items)
            told += [(item.key, item.payload["seq"]) for item in items]
            await outbox.done(tx, [item.id for item in items])
    assert [seq for key, seq in told if key == "a"] == [0, 1, 2]
    assert [seq for key, seq in told if key == "b"] == [1]


async def test_a_key_in_one_hand_is_out_of_reach_for_another(database: Database) -> None:
    async with database.transaction() as tx:
        await outbox.put_many(tx, "signal_journey", [("a", {}), ("a", {}), ("b", {})])
    async with database.transaction() as one:
        (first,) = await outbox.take(one, 1)
        async with database.transaction() as other:
            assert [item.key for item in await outbox.take(other, 10)] == ["b"]
        await outbox.done(one, [first.id])
    async with database.transaction() as tx:
        assert [item.key for item in await outbox.take(tx, 10)] == ["a", "b"]


async def test_what_failed_stays_open_and_is_counted(database: Database) -> None:
    async with database.transaction() as tx:
        await outbox.put(tx, "start_journey", "a", {})
        (item,) = await outbox.take(tx, 1)
        await outbox.failed(tx, [item.id])
        (again,) = await outbox.take(tx, 1)
        assert again.attempts == 1
        pending = await outbox.pending(tx)
        assert (pending.count, pending.oldest, pending.failed) == (1, tx.now, 1)
        await outbox.done(tx, [item.id])
        assert (await outbox.pending(tx)).count == 0
