"""A journey that stands still is counted, and so is what is sent in vain or to nobody knows where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from nextvisit.flow.engine.effects import Wait
from nextvisit.sdk.channels import Accepted
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns import campaigns
from nextvisit.store.journeys import journeys as stored
from nextvisit.store.messages import ledger
from nextvisit.watch import journeys
from nextvisit.watch.finding import Finding, Grade
from tests.world.clock import NOW, SetClock
from tests.world.rows import a_send, a_state, plan, some_journeys

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


async def _moving(database: Database) -> list[Finding]:
    return [each for each in await journeys.moving(database) if each.grade is Grade.WRONG]


async def test_journeys_that_never_began_stand_still(database: Database, clock: SetClock) -> None:
    await some_journeys(database, 3)
    assert await _moving(database) == []
    clock.move(DAY)
    (found,) = await _moving(database)
    assert found.says.startswith("3 of recall stand still")
    assert (found.since, found.touches) == (NOW, "3 patients")


async def test_a_wait_is_no_standing_still_until_it_is_over(database: Database, clock: SetClock) -> None:
    (head,) = await some_journeys(database, 1)
    async with database.transaction() as tx:
        await stored.advance(tx, head.id, a_state(), (Wait(NOW + 14 * DAY),))
    clock.move(13 * DAY)
    assert await _moving(database) == []
    clock.move(2 * DAY)
    (found,) = await _moving(database)
    assert found.since == NOW + 14 * DAY


async def test_an_action_that_comes_to_nothing_is_a_standing_still(
    database: Database, clock: SetClock
) -> None:
    (head,) = await some_journeys(database, 1)
    async with database.transaction() as tx:
        await stored.advance(tx, head.id, a_state(), (a_send(),))
    clock.move(DAY)
    assert [each.since for each in await _moving(database)] == [NOW]


async def test_a_campaign_that_is_paused_stands_still_on_purpose(database: Database, clock: SetClock) -> None:
    await some_journeys(database, 1)
    async with database.transaction() as tx:
        await campaigns.set_state(tx, "recall", "paused")
    clock.move(DAY)
    assert await _moving(database) == []


async def test_what_is_tried_in_vain_and_what_nobody_knows_is_counted(database: Database) -> None:
    vain, unknown, sent = await some_journeys(database, 3)
    async with database.transaction() as tx:
        for head in (vain, unknown, sent):
            message = await plan(tx, head, a_send())
            claim = await ledger.claim(
                tx, message.id, channel=ChannelKind("email"), provider="smtp", language="en", content="Hello"
            )
            if head is vain:
                await ledger.release(tx, message.id, claim)
                raised = text("UPDATE message SET attempts = 5 WHERE id = :id")
                await tx.connection.execute(raised, {"id": message.id})
            elif head is unknown:
                await ledger.settle_unknown(tx, message.id)
            else:
                await ledger.settle_sent(tx, message.id, claim, Accepted("<1>"))
    found = await journeys.sending(database)
    assert [(each.grade, each.says.split(":")[0]) for each in found] == [
        (Grade.WRONG, "1 messages of recall were tried 5 times or more and did not go out"),
        (Grade.WRONG, "1 messages or bookings of recall"),
    ]
