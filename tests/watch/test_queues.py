"""What waits in the queues is named with its reason and its age, never with its words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.messages import auto_replies
from nextvisit.store.messages.auto_replies import Owed, WayBack
from nextvisit.store.people import patients
from nextvisit.store.queues import inbox, outbox
from nextvisit.watch import queues
from nextvisit.watch.finding import Grade
from tests.world.clock import NOW, SetClock
from tests.world.records import PHONE

pytestmark = pytest.mark.anyio


async def _park(database: Database, reason: str, *dedupes: str) -> None:
    async with database.transaction() as tx:
        for dedupe in dedupes:
            await inbox.put(tx, kind="mis_page", origin="his", dedupe=dedupe, body=b"Kowalska")
        for item in await inbox.take(tx, 10):
            await inbox.park(tx, item.id, reason)


async def test_what_is_parked_is_counted_by_reason_with_its_age(database: Database, clock: SetClock) -> None:
    await _park(database, "date.malformed", "a", "b")
    clock.move(timedelta(days=1))
    await _park(database, "shape.flag", "c")
    found = await queues.arrivals(database)
    assert [(each.grade, each.says, each.since) for each in found] == [
        (Grade.WRONG, "2 from his parked as date.malformed", NOW),
        (Grade.WRONG, "1 from his parked as shape.flag", NOW + timedelta(days=1)),
    ]
    assert all("inbox list" in each.do and "Kowalska" not in str(each) for each in found)


async def test_more_reasons_than_anybody_reads_are_counted(database: Database) -> None:
    for number in range(13):
        await _park(database, f"reason.{number:02}", f"thing {number}")
    found = await queues.arrivals(database)
    assert len(found) == 11
    assert found[-1].says == "and for 3 more reasons"


async def test_an_inbox_that_nobody_empties_is_seen(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin="his", dedupe="a", body=b"")
    assert [each.grade for each in await queues.arrivals(database)] == [Grade.OK]
    clock.move(timedelta(hours=2))
    (found,) = await queues.arrivals(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert "worker" in found.do


async def test_an_outbox_that_nobody_empties_is_seen(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await outbox.put(tx, "pull_mis", "his", {})
    assert [each.grade for each in await queues.outgoing(database)] == [Grade.OK]
    clock.move(timedelta(hours=2))
    (found,) = await queues.outgoing(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)


async def _owe(database: Database, ref: str) -> None:
    async with database.transaction() as tx:
        to = patients.address(tx, AddressSpace("phone"), PHONE)
        back = WayBack("sms", ChannelKind("sms"), PHONE, to)
        await auto_replies.plan(tx, Owed(AutoReplyKind.EMERGENCY, ref, ref, tx.now, back, "pl"))


async def test_an_answer_that_nobody_sends_is_seen_within_minutes(
    database: Database, clock: SetClock
) -> None:
    await _owe(database, "1:0")
    assert [each.grade for each in await queues.written_back(database)] == [Grade.OK]
    clock.move(timedelta(minutes=6))
    (found,) = await queues.written_back(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert PHONE not in str(found)


@pytest.mark.parametrize("failed", [False, True])
async def test_an_emergency_number_that_did_not_arrive_is_said_for_a_day(
    database: Database, clock: SetClock, failed: bool
) -> None:
    await _owe(database, "1:0")
    async with database.transaction() as tx:
        reply = await auto_replies.take(tx)
        assert reply is not None
        if failed:
            claim = await auto_replies.claim(tx, reply, provider="sms", content="112")
            await auto_replies.settle_sent(tx, reply.id, claim, Accepted("a1"))
            await auto_replies.report_delivery(tx, "sms", DeliveryReport(DeliveryStatus.FAILED, "a1"))
        else:
            await auto_replies.settle_skipped(tx, reply.id, "deadline_passed")
    (found,) = await queues.written_back(database)
    assert (found.grade, "task list" in found.do) == (Grade.WRONG, True)
    clock.move(timedelta(days=2))
    assert [each.grade for each in await queues.written_back(database)] == [Grade.OK]
