"""Two that tell the ledger the same thing at once: the second waits for the first, and hears what it did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import pytest
from sqlalchemy import text

from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.messages import ledger
from nextvisit.store.messages.message_rows import Message
from tests.world.clock import NOW, SetClock
from tests.world.rows import a_journey, a_send, plan, rows_of
from tests.world.workers import until

pytestmark = pytest.mark.anyio

Step = Callable[[Tx], Awaitable[Message | None]]


async def _claimed(database: Database) -> tuple[Message, str]:
    head = await a_journey(database)
    async with database.transaction() as tx:
        message = await plan(tx, head, a_send())
        claim = await ledger.claim(
            tx, message.id, channel=ChannelKind("email"), provider="smtp", language="en", content="come"
        )
        return message, claim


async def _sent(database: Database) -> Message:
    message, claim = await _claimed(database)
    async with database.transaction() as tx:
        return await ledger.settle_sent(tx, message.id, claim, Accepted("<1@smtp>"))


async def _at_once(database: Database, clock: SetClock, step: Step) -> tuple[Message, Message]:
    """What the step answers twice; the second begins a minute later, before the first is committed."""
    answers: list[Message | None] = []

    async def again() -> None:
        async with database.transaction() as tx:
            answers.append(await step(tx))

    async def somebody_waits() -> bool:
        if len(answers) == 2:
            return True  # nobody had to
        blocked = await rows_of(
            database,
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()",
        )
        return bool(blocked[0][0])

    async with anyio.create_task_group() as group, database.transaction() as tx:
        answers.append(await step(tx))
        clock.move(timedelta(minutes=1))
        group.start_soon(again)
        await until(somebody_waits)
    first, second = answers
    assert first is not None
    assert second is not None
    return first, second


async def test_an_arrival_keeps_its_first_instant(database: Database, clock: SetClock) -> None:
    sent = await _sent(database)
    first, second = await _at_once(database, clock, lambda tx: ledger.replied(tx, sent.id))
    assert first == second
    assert (second.replied_at, second.delivered_at) == (NOW, NOW)


async def test_an_opening_keeps_its_first_instant(database: Database, clock: SetClock) -> None:
    sent = await _sent(database)
    first, second = await _at_once(database, clock, lambda tx: ledger.opened(tx, sent.id))
    assert first == second
    assert second.opened_at == NOW


async def test_a_report_keeps_its_first_instant(database: Database, clock: SetClock) -> None:
    await _sent(database)
    report = DeliveryReport(DeliveryStatus.DELIVERED, "<1@smtp>")
    first, second = await _at_once(database, clock, lambda tx: ledger.report_delivery(tx, "smtp", report))
    assert first == second
    assert second.delivered_at == NOW


async def test_a_refusal_is_written_once(database: Database, clock: SetClock) -> None:
    message, claim = await _claimed(database)
    first, second = await _at_once(
        database, clock, lambda tx: ledger.settle_skipped(tx, message.id, "smtp.550", "rung", claim=claim)
    )
    assert first == second


async def test_an_unknown_outcome_is_written_once(database: Database, clock: SetClock) -> None:
    message, _ = await _claimed(database)
    first, second = await _at_once(database, clock, lambda tx: ledger.settle_unknown(tx, message.id))
    assert first == second
    assert second.state == "unknown"


async def test_a_provider_s_answer_is_written_once(database: Database, clock: SetClock) -> None:
    message, claim = await _claimed(database)
    first, second = await _at_once(
        database, clock, lambda tx: ledger.settle_sent(tx, message.id, claim, Accepted("<1@smtp>"))
    )
    assert first == second


async def test_who_only_reads_a_message_waits_for_nobody(database: Database) -> None:
    sent = await _sent(database)
    async with database.transaction() as tx, database.transaction() as reader:
        opened = await ledger.opened(tx, sent.id)
        await reader.connection.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert await ledger.get(reader, sent.id) == sent != opened
