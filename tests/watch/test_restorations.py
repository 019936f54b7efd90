"""A restore that nobody has confirmed is said loudly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.contact_reason import Reason
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.messages import ledger
from nextvisit.store.restorations import restorations as stored
from nextvisit.watch import journeys, restorations
from nextvisit.watch.finding import Grade
from tests.world.rows import a_journey, a_send, plan

pytestmark = pytest.mark.anyio


async def test_a_restore_is_wrong_until_it_is_confirmed_and_then_remembered(database: Database) -> None:
    assert [each.grade for each in await restorations.confirmed(database)] == [Grade.OK]
    async with database.transaction() as tx:
        begun = await stored.begun(tx, tx.now - timedelta(hours=1))
    (found,) = await restorations.confirmed(database)
    assert found.grade is Grade.WRONG
    assert "restore status" in found.do
    async with database.transaction() as tx:
        await stored.confirm(tx, begun, "ann", lost_at=begun.lost_at, not_sent=())
    assert [each.grade for each in await restorations.confirmed(database)] == [Grade.INFORMS]


async def test_what_stayed_unknown_by_it_is_told_of_the_restore_and_calls_nobody(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        begun = await stored.begun(tx, tx.now - timedelta(hours=1))
        await stored.confirm(tx, begun, "ann", lost_at=begun.lost_at, not_sent=())
        message = await plan(tx, head, a_send())
        kind = ChannelKind("email")
        await ledger.claim(tx, message.id, channel=kind, provider="mail", language="en", content="")
        await ledger.settle_unknown(tx, message.id, reason=Reason.BEFORE_RESTORE.value)
    (found,) = await restorations.confirmed(database)
    assert found.grade is Grade.INFORMS
    assert "of 1 messages nobody can say" in found.says
    assert "restore status" in found.do
    assert [each.grade for each in await journeys.sending(database)] == [Grade.OK]
