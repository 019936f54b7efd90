"""The inbox: nothing twice, nothing lost, nothing in clear."""

from __future__ import annotations

from datetime import timedelta

import anyio
import pytest
from sqlalchemy import text

from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.queues import inbox, inbox_bodies
from tests.world.clock import SetClock

pytestmark = pytest.mark.anyio


async def _put(tx: Tx, dedupe: str, body: bytes = b"body") -> bool:
    return await inbox.put(tx, kind="mis_page", origin="his", dedupe=dedupe, body=body, count=3)


async def _hasten(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.connection.execute(text("UPDATE inbox SET retry_at_wall = NULL"))


async def test_the_same_thing_is_kept_once(database: Database) -> None:
    async with database.transaction() as tx:
        assert await _put(tx, "page 1")
        assert not await _put(tx, "page 1", b"again")
        assert await _put(tx, "page 2")
        assert [(item.body, item.count) for item in await inbox.take(tx, 10)] == [(b"body", 3)] * 2
        assert await inbox.counts(tx) == {"new": 2, "done": 0, "parked": 0}


async def test_two_hands_never_hold_the_same_thing(database: Database) -> None:
    async with database.transaction() as tx:
        for number in range(4):
            await _put(tx, str(number))
    async with database.transaction() as one, database.transaction() as other:
        first = {item.id for item in await inbox.take(one, 2)}
        second = {item.id for item in await inbox.take(other, 10)}
        assert len(first) == len(second) == 2
        assert not first & second


async def test_a_failing_thing_waits_and_is_parked_after_ten_attempts(database: Database) -> None:
    async with database.transaction() as tx:
        await _put(tx, "bad")
    for attempt in range(1, inbox.MAX_ATTEMPTS + 1):
        await _hasten(database)
        async with database.transaction() as tx:
            (item,) = await inbox.take(tx, 1)
            state = await inbox.retry(tx, item.id, "mis.unreachable")
            assert state == ("parked" if attempt == inbox.MAX_ATTEMPTS else "new")
        async with database.transaction() as tx:
            assert await inbox.take(tx, 1) == []
    async with database.transaction() as tx:
        (parked,) = await inbox.listing(tx, "parked", 10)
        assert (parked.reason, parked.attempts) == ("mis.unreachable", inbox.MAX_ATTEMPTS)
        assert await inbox.replay(tx) == 1
        assert len(await inbox.take(tx, 10)) == 1


async def test_what_is_done_is_never_taken_again(database: Database) -> None:
    async with database.transaction() as tx:
        await _put(tx, "one")
        (item,) = await inbox.take(tx, 1)
        await inbox.done(tx, item)
        assert await inbox.take(tx, 1) == []
        assert await inbox.replay(tx, [item.id]) == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (r"sealed_body || '\x00'::bytea", "seal.broken"),
        ("decode(repeat('ff', 1000), 'hex')", "vault.unknown_key"),
        (r"'\x02'::bytea", "vault.unknown_key"),
        ("''::bytea", "inbox.no_body"),
        ("NULL", "inbox.no_body"),
    ],
)
async def test_a_thing_that_does_not_open_is_parked_and_the_rest_goes_on(
    database: Database, body: str, reason: str
) -> None:
    """Whatever somebody made of it: else one row would hold up all that patients write."""
    async with database.transaction() as tx:
        await _put(tx, "one", b"first")
        await _put(tx, "two", b"second")
        spoil = f"UPDATE inbox SET sealed_body = {body} WHERE id = (SELECT min(id) FROM inbox)"
        await tx.connection.exec_driver_sql(spoil)
        assert [item.body for item in await inbox.take(tx, 10)] == [b"second"]
        (parked,) = await inbox.listing(tx, "parked", 10)
        assert parked.reason == reason


async def test_bodies_and_dedupe_keys_are_unreadable(database: Database) -> None:
    async with database.transaction() as tx:
        await _put(tx, "+48601100001 CANARY", b"CANARY text")
        row = (await tx.connection.execute(text("SELECT inbox::text FROM inbox"))).scalar_one()
        raw = (await tx.connection.execute(text("SELECT sealed_body FROM inbox"))).scalar_one()
        (item,) = await inbox.take(tx, 1)
    assert "CANARY" not in row
    assert b"CANARY" not in raw
    assert "CANARY" not in repr(item)


async def test_a_put_wakes_the_listener(database: Database) -> None:
    notifications = database.notifications("inbox", poll=timedelta(hours=1))
    with anyio.fail_after(240):
        await anext(notifications)
        async with database.transaction() as tx:
            await _put(tx, "one")
        await anext(notifications)
    await notifications.aclose()


async def test_what_waits_for_its_rest_is_taken_when_that_does_not_come(database: Database) -> None:
    async with database.transaction() as tx:
        await inbox.put(tx, kind="channel", origin="sms", dedupe="a", body=b"a", waits=timedelta(minutes=5))
    async with database.transaction() as tx:
        assert await inbox.take(tx, 10) == []
    await _hasten(database)
    async with database.transaction() as tx:
        assert [item.body for item in await inbox.take(tx, 10)] == [b"a"]


@pytest.mark.parametrize("is_read", [False, True])
async def test_what_more_came_of_takes_its_place_unless_it_was_read(
    database: Database, is_read: bool
) -> None:
    async with database.transaction() as tx:
        for origin in ("sms", "other"):
            await inbox.put(tx, kind="channel", origin=origin, dedupe="a", body=origin.encode())
    if is_read:
        async with database.transaction() as tx:
            (first, _) = await inbox.take(tx, 10)
            await inbox.park(tx, first.id, "unreadable")
    async with database.transaction() as tx:
        await inbox.replace(tx, kind="channel", origin="sms", dedupe="a")
    async with database.transaction() as tx:
        assert [item.body for item in await inbox.take(tx, 10)] == [b"other"]
        assert await inbox.counts(tx) == {"new": 1, "done": 0 if is_read else 1, "parked": int(is_read)}


async def test_what_was_processed_is_removed_after_its_time_and_nothing_else(
    database: Database, clock: SetClock
) -> None:
    """A page stays while a thing waits that stands in it; what was not processed stays however old it is."""
    async with database.transaction() as tx:
        for name in ("page", "over", "waiting", "young"):
            await inbox.put(tx, kind="mis_page", origin="his", dedupe=name, body=name.encode())
        page, over, _, young = await inbox.take(tx, 10)
        await inbox.put(tx, kind="mis_resource", origin="his", dedupe="thing", body=b"", within=page.id)
        await inbox.done(tx, page)
        await inbox.done(tx, over)
    clock.move(timedelta(days=31))
    async with database.transaction() as tx:
        await inbox.done(tx, young)
        before = tx.now - timedelta(days=30)
        assert await inbox_bodies.remove_bodies(tx, before, 10) == 1
        assert await inbox.body_of(tx, over.id) is None
        assert [item.body for item in await inbox.take(tx, 10)] == [b"waiting", b""]
        assert await inbox.body_of(tx, page.id) == b"page"
        assert await inbox.body_of(tx, young.id) == b"young"
        assert not await inbox.put(tx, kind="mis_page", origin="his", dedupe="over", body=b"over"), "known"
        thing = (await inbox.take(tx, 10))[-1]
        await inbox.done(tx, thing)
        assert await inbox_bodies.remove_bodies(tx, before, 10) == 1
        assert await inbox.body_of(tx, page.id) is None
