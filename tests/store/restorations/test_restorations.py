"""What is kept of a restore, and whose messages it leaves in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from nextvisit.clock import ScaledClock
from nextvisit.domain.restoration import SLACK
from nextvisit.sdk.errors import Bug, ConfigError, NextVisitError
from nextvisit.store.base.engine import Database
from nextvisit.store.queues import inbox
from nextvisit.store.restorations import restorations
from nextvisit_workflows.runtime.pacing import clinic_span
from tests.world.rows import a_journey, a_send, audited, plan, rows_of

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


async def _begun(database: Database, lost: timedelta = 2 * HOUR) -> None:
    async with database.transaction() as tx:
        await restorations.begun(tx, tx.now - lost)


async def _confirmed(database: Database) -> None:
    async with database.transaction() as tx:
        latest = await restorations.unconfirmed(tx)
        assert latest is not None
        await restorations.confirm(tx, latest, "ann", lost_at=latest.lost_at, not_sent=["sms"])


async def _arrival(database: Database, dedupe: str) -> int:
    async with database.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin="his", dedupe=dedupe, body=b"x", count=1)
    rows = await rows_of(database, "SELECT max(id) AS id FROM inbox")
    number: int = rows[0].id
    return number


async def test_what_comes_in_bears_no_number_that_came_in_between(database: Database) -> None:
    before = await _arrival(database, "1")
    await _begun(database)
    assert await _arrival(database, "2") > before + 1_000_000


async def test_it_is_audited_and_confirmed_once_by_somebody(database: Database) -> None:
    await _begun(database)
    await _confirmed(database)
    async with database.transaction() as tx:
        assert await restorations.unconfirmed(tx) is None
        (known,) = await restorations.listing(tx)
    assert (known.confirmed_by, known.not_sent) == ("ann", ("sms",))
    assert {"restore.begun", "restore.confirmed"} <= {action for action, *_ in await audited(database)}
    for change in ("confirmed_by = 'bob'", "lost_at = lost_at - interval '1 hour'", "ran = '-1 hour'"):
        with pytest.raises((Bug, NextVisitError)):
            async with database.transaction() as tx:
                await tx.connection.execute(text(f"UPDATE restoration SET {change}"))


@pytest.mark.parametrize(("taken", "lost"), [(HOUR, timedelta()), (-2 * HOUR, -3 * HOUR), (-HOUR, HOUR)])
async def test_times_that_cannot_be_are_refused(
    database: Database, taken: timedelta, lost: timedelta
) -> None:
    async with database.transaction() as tx:
        with pytest.raises(ConfigError):
            await restorations.begun(tx, tx.now + taken, tx.now + lost)


async def test_only_the_time_in_which_a_worker_runs_counts(database: Database) -> None:
    await _begun(database)
    await _confirmed(database)
    await _age(database, "5 hours")
    async with database.transaction() as tx:
        await restorations.ran_on(tx, timedelta(seconds=30), database.clock)
        (known,) = await restorations.listing(tx)
    assert known.ran == clinic_span(database.clock, timedelta(seconds=30))


async def _age(database: Database, by: str) -> None:
    async with database.transaction() as tx:
        await tx.connection.execute(text(f"UPDATE restoration SET ran_until = ran_until - interval '{by}'"))


async def test_a_journey_is_in_doubt_for_as_long_as_was_lost_and_its_messages_were_held_up(
    database: Database,
) -> None:
    head = await a_journey(database)
    await _begun(database)
    await _confirmed(database)

    async def in_doubt() -> bool:
        async with database.transaction() as tx:
            return await restorations.in_doubt(tx, head.id) is not None

    async def ran(span: timedelta) -> None:
        async with database.transaction() as tx:
            await tx.connection.execute(text("UPDATE restoration SET ran = :span"), {"span": span})

    await ran(2 * HOUR + SLACK)
    assert await in_doubt()
    await ran(2 * HOUR + SLACK + HOUR)
    assert not await in_doubt()
    async with database.transaction() as tx:
        await plan(tx, head, a_send())
        later = ScaledClock.standing(tx.now + 10 * HOUR)
    assert not await in_doubt(), "it has waited for no time"
    async with replace(database, clock=later).transaction() as tx:
        assert await restorations.in_doubt(tx, head.id) is not None, "as long as it has waited"


async def test_without_a_restore_nothing_is(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        assert await restorations.in_doubt(tx, head.id) is None
