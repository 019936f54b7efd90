"""A number that was lost on the way is a fault of ours, and whoever looks is told."""

from __future__ import annotations

import pytest

from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.enrolments import finish_firing
from nextvisit.watch import equations
from nextvisit.watch.finding import Grade
from tests.postgres import DatabaseUrls
from tests.world.clock import NOW
from tests.world.rows import a_program, run_campaign, some_journeys, terms
from tests.world.site import SITE
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio


async def test_where_all_hold_nobody_is_needed(database: Database) -> None:
    await some_journeys(database, 3)
    (found,) = await equations.holding(database)
    assert found.grade is Grade.OK


async def test_a_lost_journey_is_named_with_both_numbers(
    database: Database, database_urls: DatabaseUrls
) -> None:
    await some_journeys(database, 3)
    lost = "DELETE FROM journey WHERE id = (SELECT min(id::text)::uuid FROM journey)"
    assert tamper(database_urls, "journey", lost) == 1
    found = await equations.holding(database)
    assert found[0].grade is Grade.WRONG
    assert found[0].says == "recall: enrolled = journeys + held out does not hold, as 3 is not 2"
    assert "nextvisit campaign pause recall" in found[0].do


async def test_numbers_that_agree_because_nobody_was_there_prove_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        await run_campaign(tx, a_program())
        await finish_firing(tx, a_program(), terms(), NOW, zone=SITE.zone)
    (found,) = await equations.holding(database)
    assert (found.grade, "its segment held nobody" in found.says) == (Grade.WRONG, True)
