"""What the store remembers of how connections fare."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.channel_health import FAILING_FOR, MOST_FAILURES, MOST_REFUSALS, PROBE_EVERY
from nextvisit.store.base.engine import Database
from nextvisit.store.messages import channel_health
from tests.world.clock import NOW, SetClock
from tests.world.rows import audited, rows_of

pytestmark = pytest.mark.anyio


async def test_it_goes_down_once_and_is_audited_once(database: Database, clock: SetClock) -> None:
    told = []
    for _ in range(MOST_FAILURES + 3):
        clock.move(FAILING_FOR)
        async with database.transaction() as tx:
            told.append(await channel_health.record_failure(tx, "sms", "smpp.away", lasting=False))
    went_down = NOW + FAILING_FOR * MOST_FAILURES
    assert [each for each in told if each is not None] == [went_down]
    async with database.transaction() as tx:
        health = await channel_health.listing(tx)
    assert {slug: (each.state(clock.now()), each.down_since) for slug, each in health.items()} == {
        "sms": ("down", went_down)
    }
    assert await audited(database) == [("channel.paused", "sms", "ok")]


async def test_one_success_closes_it_and_begins_the_count_anew(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "sms", "smpp.0x0e", lasting=True)
        await channel_health.record_failure(tx, "mail", "smtp.away", lasting=False)
    for _ in range(2):
        async with database.transaction() as tx:
            await channel_health.record_success(tx, "sms")
            await channel_health.record_success(tx, "mail")
            assert await channel_health.listing(tx) == {}
    assert await audited(database) == [("channel.paused", "sms", "ok"), ("channel.resumed", "sms", "ok")]


async def test_a_provider_that_takes_no_message_goes_down_once(database: Database, clock: SetClock) -> None:
    told = []
    for number in range(MOST_REFUSALS + 2):
        clock.move(FAILING_FOR)
        async with database.transaction() as tx:
            told.append(await channel_health.record_refusal(tx, "sms", "smpp.0x0a"))
            assert (await channel_health.listing(tx))["sms"].refusals == number + 1
    assert [each for each in told if each is not None] == [NOW + FAILING_FOR * MOST_REFUSALS]
    rows = await rows_of(database, "SELECT action, body FROM audit_event WHERE action <> 'key.created'")
    assert [tuple(row) for row in rows] == [("channel.paused", '{"code":"smpp.0x0a"}')]


async def test_a_refusal_opens_a_connection_that_was_away(database: Database) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "sms", "smpp.away", lasting=True)
        assert await channel_health.record_refusal(tx, "sms", "smpp.0x0b") is None
        assert (await channel_health.listing(tx))["sms"].down_since is None
    assert await audited(database) == [("channel.paused", "sms", "ok"), ("channel.resumed", "sms", "ok")]


async def test_of_all_who_ask_one_may_try_it(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "sms", "smpp.0x0e", lasting=True)
        assert not await channel_health.take_probe(tx, "sms")
    clock.move(PROBE_EVERY)
    for expected in (True, False):
        async with database.transaction() as tx:
            assert await channel_health.take_probe(tx, "sms") is expected
    clock.move(PROBE_EVERY - timedelta(seconds=1))
    async with database.transaction() as tx:
        assert not await channel_health.take_probe(tx, "sms")
