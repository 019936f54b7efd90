"""What somebody asked for by way of Temporal, and was refused, is said."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import refused_actions as stored
from nextvisit.watch import refused_actions
from nextvisit.watch.finding import Grade

pytestmark = pytest.mark.anyio


async def test_what_was_refused_is_wrong_for_a_day_and_then_remembered(database: Database) -> None:
    assert [each.grade for each in await refused_actions.met(database)] == [Grade.OK]
    async with database.transaction() as tx:
        await stored.keep(tx, "journey:1", "send_message", "number")
        await stored.keep(tx, "journey:1", "send_message", "number")
        await stored.keep(tx, stored.PAYLOAD, stored.PAYLOAD, "foreign", 7)
    found = await refused_actions.met(database)
    assert [each.grade for each in found] == [Grade.WRONG] * 2
    assert {each.says.split(" ")[0] for each in found} == {"7", "send_message"}
    assert any("2 times by journey:1" in each.says for each in found)
    async with database.transaction() as tx:
        old = text("UPDATE refused_action SET last_at_wall = last_at_wall - interval '2 days'")
        await tx.connection.execute(old)
    assert [each.grade for each in await refused_actions.met(database)] == [Grade.INFORMS]
