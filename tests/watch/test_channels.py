"""A connection that is paused needs a person; one that failed last is worth knowing."""

from __future__ import annotations

import pytest

from nextvisit.store.base.engine import Database
from nextvisit.store.messages import channel_health
from nextvisit.watch import channels
from nextvisit.watch.finding import Grade
from tests.world.clock import NOW

pytestmark = pytest.mark.anyio

CONNECTIONS = ("mail", "sms")


async def test_nothing_is_said_of_connections_that_work(database: Database) -> None:
    (found,) = await channels.working(database, CONNECTIONS)
    assert found.grade is Grade.OK


async def test_a_paused_connection_is_named_with_its_code_and_what_to_do(database: Database) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "mail", "smtp.535", lasting=True)
        await channel_health.record_failure(tx, "sms", "smpp.away", lasting=False)
    mail, sms = await channels.working(database, CONNECTIONS)
    assert (mail.grade, mail.since) == (Grade.WRONG, NOW)
    assert mail.says == "mail is paused: its provider answers smtp.535"
    assert "nextvisit channel resume mail" in mail.do
    assert (sms.grade, sms.says) == (Grade.INFORMS, "sms came to nothing 1 times in a row: smpp.away")


async def test_a_paused_connection_that_the_settings_no_longer_have_needs_nobody(database: Database) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "fax", "fax.busy", lasting=True)
    (found,) = await channels.working(database, CONNECTIONS)
    assert found.grade is Grade.OK
