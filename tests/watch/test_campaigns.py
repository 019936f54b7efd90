"""A campaign that does nothing while it runs is seen, with the reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from nextvisit.sdk.records import Purpose
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.tables import FiringRow, table_of
from nextvisit.store.campaigns import campaigns as stored
from nextvisit.watch import campaigns
from nextvisit.watch.finding import Finding, Grade
from tests.world.campaigns import RECALL, english
from tests.world.clock import NOW, SetClock
from tests.world.site import SITE

pytestmark = pytest.mark.anyio

# 2 March 2026 is a Monday; the schedule says ten o'clock in Warsaw, which is NOW.
TUESDAY = NOW + timedelta(days=1)


async def _run(tx: Tx, text: str = RECALL) -> None:
    files = {"campaign.yaml": text, "messages/en.yaml": english("neutral", "reminder").text}
    await stored.store_version(tx, "recall", "v1", files, purpose=Purpose.RECALL, applied_by="ann")
    await stored.approve(tx, "recall", "v1", "bob", 0)
    await stored.set_state(tx, "recall", "running")


async def _fired(tx: Tx, due_at: datetime, **counts: Any) -> None:
    standard = {"audience": 9, "fresh": 5, "contacted": 0, "held_out": 0, "over_pace": 0, "standing": {}}
    row = {"campaign": "recall", "due_at": due_at, "version": "v1"} | standard | counts
    await tx.connection.execute(insert(table_of(FiringRow)).values(**row))


async def _found(database: Database) -> Finding:
    (found,) = await campaigns.firing(database, SITE)
    return found


async def test_a_campaign_before_its_first_firing_is_fine(database: Database) -> None:
    async with database.transaction() as tx:
        await _run(tx)
    found = await _found(database)
    assert found.grade is Grade.OK
    assert "2026-03-03 10:00" in found.says


async def test_a_firing_that_did_not_finish_is_named_with_its_time(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        await _run(tx)
    clock.instant = TUESDAY + timedelta(hours=1)
    assert (await _found(database)).grade is Grade.OK
    clock.instant = TUESDAY + timedelta(hours=3)
    found = await _found(database)
    assert (found.grade, found.since) == (Grade.WRONG, TUESDAY)
    assert "the firing of 2026-03-03 10:00 did not finish" in found.says


@pytest.mark.parametrize(
    ("counts", "grade", "why"),
    [
        ({"audience": 0, "fresh": 0}, Grade.WRONG, "its segment holds nobody"),
        ({"fresh": 0}, Grade.INFORMS, "enrolled already, or may not be now"),
        ({"fresh": 5, "over_pace": 5}, Grade.WRONG, "5 of 9 wait for free times"),
    ],
)
async def test_firings_that_enrol_nobody_say_why(
    database: Database, clock: SetClock, counts: dict[str, int], grade: Grade, why: str
) -> None:
    async with database.transaction() as tx:
        await _run(tx)
        for day in (1, 2, 3):
            await _fired(tx, NOW + timedelta(days=day), **counts)
    clock.instant = NOW + timedelta(days=3, hours=1)
    found = await _found(database)
    assert (found.grade, found.since) == (grade, TUESDAY)
    assert why in found.says


@pytest.mark.parametrize(("contacted", "grade"), [(12, Grade.INFORMS), (11, Grade.WRONG)])
async def test_a_day_s_number_that_is_used_up_needs_nobody(
    database: Database, clock: SetClock, contacted: int, grade: Grade
) -> None:
    async with database.transaction() as tx:
        await _run(tx, RECALL.replace("enrol:\n", "enrol:\n  pace: { per_day: 12 }\n"))
        await _fired(tx, TUESDAY - timedelta(days=1), contacted=12)
        await _fired(tx, TUESDAY, contacted=contacted)
        for minutes in (1, 2, 3):
            await _fired(tx, TUESDAY + timedelta(minutes=minutes))
    clock.instant = TUESDAY + timedelta(hours=1)
    found = await _found(database)
    assert found.grade is grade
    assert ("its `per_day` of 12 is used up" in found.says) is (grade is Grade.INFORMS)


async def test_one_firing_of_three_that_enrolled_somebody_is_enough(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        await _run(tx)
        for day, contacted in ((1, 1), (2, 0), (3, 0)):
            await _fired(tx, NOW + timedelta(days=day), contacted=contacted)
    clock.instant = NOW + timedelta(days=3, hours=1)
    assert (await _found(database)).grade is Grade.OK


async def test_what_does_not_run_is_not_asked(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await _run(tx)
        await stored.set_state(tx, "recall", "paused")
    clock.instant = TUESDAY + timedelta(days=9)
    assert (await _found(database)).says == "none runs"


async def test_a_version_that_this_program_cannot_read_is_wrong(database: Database) -> None:
    async with database.transaction() as tx:
        await _run(tx, "campaign: recall\nsteps: []\n")
    assert "cannot be read" in (await _found(database)).says


async def test_a_campaign_that_a_fault_paused_is_named_with_the_place(database: Database) -> None:
    async with database.transaction() as tx:
        await _run(tx)
        await stored.pause_for(tx, "recall", "template.missing", "messages/en.yaml")
    found = await _found(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert found.says == "recall is paused by a fault: template.missing at messages/en.yaml"
    assert "nextvisit campaign resume recall" in found.do
