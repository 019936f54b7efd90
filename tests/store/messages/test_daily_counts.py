"""A connection with a daily limit is never given more than that, whoever sends."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from nextvisit.store.base.engine import Database
from nextvisit.store.messages import daily_counts

pytestmark = pytest.mark.anyio

TODAY = date(2026, 3, 2)
TOMORROW = TODAY + timedelta(days=1)


async def _take(database: Database, day: date, limit: int | None = 3) -> bool:
    async with database.transaction() as tx:
        return await daily_counts.take(tx, "mail", day, limit)


async def _used(database: Database, day: date) -> int:
    async with database.transaction() as tx:
        return (await daily_counts.used(tx, day)).get("mail", 0)


async def test_workers_that_take_at_once_take_no_more_than_the_limit(database: Database) -> None:
    taken = await asyncio.gather(*(_take(database, TODAY) for _ in range(8)))
    assert sorted(taken) == [False] * 5 + [True] * 3
    assert await _used(database, TODAY) == 3


async def test_a_new_day_begins_at_none(database: Database) -> None:
    for _ in range(3):
        await _take(database, TODAY)
    assert await _used(database, TOMORROW) == 0
    assert await _take(database, TOMORROW)
    assert await _used(database, TOMORROW) == 1


async def test_who_began_before_midnight_counts_for_the_day_that_has_begun(database: Database) -> None:
    assert await _take(database, TOMORROW, 2)
    assert await _take(database, TODAY, 2)
    assert await _used(database, TOMORROW) == 2
    assert not await _take(database, TOMORROW, 2)


async def test_what_was_not_sent_is_given_back_on_its_own_day_alone(database: Database) -> None:
    assert await _take(database, TODAY, 1)
    async with database.transaction() as tx:
        await daily_counts.give_back(tx, "mail", TODAY)
    assert await _take(database, TODAY, 1)
    assert await _take(database, TOMORROW, 1)
    async with database.transaction() as tx:
        await daily_counts.give_back(tx, "mail", TODAY)
    assert await _used(database, TOMORROW) == 1


async def test_what_no_limit_holds_back_is_counted_all_the_same(database: Database) -> None:
    assert await _take(database, TODAY, 1)
    assert await _take(database, TODAY, None)
    assert not await _take(database, TODAY, 2)
    assert await _used(database, TODAY) == 2
