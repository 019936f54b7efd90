"""The ledger: a message goes out once, and its delivery only climbs."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import anyio
import pytest

from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus, MessageId
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import contacts, ledger
from nextvisit.store.messages.message_rows import Message
from tests.world.clock import NOW, SetClock
from tests.world.rows import a_journey, a_send, audited, plan, rows_of

pytestmark = pytest.mark.anyio

TEXT = "Dear Anna, come and see us"


async def _planned(database: Database) -> Message:
    head = await a_journey(database)
    async with database.transaction() as tx:
        return await plan(tx, head, a_send())


async def _claim(tx: Tx, message: MessageId) -> str:
    return await ledger.claim(
        tx, message, channel=ChannelKind("email"), provider="smtp", language="en", content=TEXT
    )


async def _claimed(database: Database) -> tuple[MessageId, str]:
    message = (await _planned(database)).id
    async with database.transaction() as tx:
        return message, await _claim(tx, message)


async def _sent(database: Database, ref: str | None = "<1@smtp>") -> MessageId:
    message, claim = await _claimed(database)
    async with database.transaction() as tx:
        await ledger.settle_sent(tx, message, claim, Accepted(ref))
    return message


async def _report(
    database: Database, status: DeliveryStatus, ref: str | None = "<1@smtp>", message: MessageId | None = None
) -> Message | None:
    async with database.transaction() as tx:
        return await ledger.report_delivery(tx, "smtp", DeliveryReport(status, ref, message))


async def _get(database: Database, message: MessageId) -> Message:
    async with database.transaction() as tx:
        return await ledger.get(tx, message)


async def test_a_plan_is_one_row_however_often_it_is_made(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        first = await plan(tx, head, a_send())
        second = await plan(tx, head, a_send(template="other"))
        next_rung = await plan(tx, head, a_send(rung=1))
    assert first == second
    assert first.id != next_rung.id
    assert (first.state, first.awaits, first.patient_id) == ("planned", ("opened",), head.patient_id)


async def test_of_sixteen_attempts_one_claims(database: Database) -> None:
    message = (await _planned(database)).id
    claims: list[str] = []
    refused: list[str] = []

    async def attempt() -> None:
        try:
            async with database.transaction() as tx:
                claim = await _claim(tx, message)
            claims.append(claim)
        except Bug as error:
            refused.append(error.code)

    async with anyio.create_task_group() as group:
        for _ in range(16):
            group.start_soon(attempt)
    assert len(claims) == 1
    assert refused == ["ledger.transition"] * 15
    assert (await rows_of(database, "SELECT claim, attempts FROM message"))[0] == (claims[0], 1)


async def test_a_claim_is_never_taken_over(database: Database) -> None:
    message, _ = await _claimed(database)
    for step in (
        lambda tx: _claim(tx, message),
        lambda tx: ledger.settle_sent(tx, message, "another", Accepted(None)),
        lambda tx: ledger.release(tx, message, "another"),
        lambda tx: ledger.settle_skipped(tx, message, "quiet_hours", "message"),
        lambda tx: ledger.settle_skipped(tx, message, "smtp.550", "rung", claim="another"),
        lambda tx: ledger.settle_unknown(tx, message, claim="another"),
    ):
        with pytest.raises(Bug) as caught:
            async with database.transaction() as tx:
                await step(tx)
        assert caught.value.code == "ledger.transition"
    assert (await _get(database, message)).state == "claimed"


async def test_a_sent_message_is_settled_once_and_audited_once(database: Database, clock: SetClock) -> None:
    message, claim = await _claimed(database)
    for _ in range(2):
        async with database.transaction() as tx:
            sent = await ledger.settle_sent(tx, message, claim, Accepted("<1@smtp>", parts=2))
        clock.move(timedelta(minutes=1))
    assert (sent.state, sent.status, sent.provider_ref, sent.parts) == ("sent", "accepted", "<1@smtp>", 2)
    assert sent.sent_at == NOW
    assert [entry for entry in await audited(database) if entry[0] == "message.sent"] == [
        ("message.sent", message, "ok")
    ]
    for step in (
        lambda tx: _claim(tx, message),
        lambda tx: ledger.release(tx, message, claim),
        lambda tx: ledger.settle_unknown(tx, message),
        lambda tx: ledger.settle_skipped(tx, message, "no_address", "rung"),
    ):
        with pytest.raises(Bug):
            async with database.transaction() as tx:
                await step(tx)


async def test_a_released_message_can_be_claimed_again(database: Database) -> None:
    message, claim = await _claimed(database)
    async with database.transaction() as tx:
        await ledger.release(tx, message, claim)
    async with database.transaction() as tx:
        again = await _claim(tx, message)
    assert again != claim
    with pytest.raises(Bug):
        async with database.transaction() as tx:
            await ledger.settle_sent(tx, message, claim, Accepted(None))
    async with database.transaction() as tx:
        assert (await ledger.settle_sent(tx, message, again, Accepted(None))).attempts == 2


async def test_a_skipped_message_keeps_its_reason_and_is_never_sent(database: Database) -> None:
    message = (await _planned(database)).id
    for _ in range(2):
        async with database.transaction() as tx:
            skipped = await ledger.settle_skipped(tx, message, "no_address", "rung")
    assert (skipped.state, skipped.reason, skipped.scope) == ("skipped", "no_address", "rung")
    assert ("message.skipped", message, "skipped") in await audited(database)
    rows = await rows_of(database, "SELECT body FROM audit_event WHERE action = 'message.skipped'")
    assert [row[0] for row in rows] == ['{"reason":"no_address"}']
    with pytest.raises(Bug):
        async with database.transaction() as tx:
            await _claim(tx, message)


async def test_a_refused_message_is_skipped_by_its_claim(database: Database) -> None:
    message, claim = await _claimed(database)
    async with database.transaction() as tx:
        assert (await ledger.settle_skipped(tx, message, "smtp.550", "rung", claim=claim)).state == "skipped"


@pytest.mark.parametrize("status", [DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED])
async def test_a_late_report_settles_an_unknown_message(database: Database, status: DeliveryStatus) -> None:
    message, _ = await _claimed(database)
    for _ in range(2):
        async with database.transaction() as tx:
            assert (await ledger.settle_unknown(tx, message)).state == "unknown"
    reported = await _report(database, status, ref="<9@smtp>", message=message)
    assert reported is not None
    assert (reported.state, reported.status, reported.provider_ref) == ("sent", status, "<9@smtp>")
    assert reported.sent_at is not None
    assert ("message.sent", message, "ok") in await audited(database)


async def test_a_report_may_overtake_the_provider_s_answer(database: Database) -> None:
    message, claim = await _claimed(database)
    await _report(database, DeliveryStatus.DELIVERED, ref=None, message=message)
    async with database.transaction() as tx:
        settled = await ledger.settle_sent(tx, message, claim, Accepted("<1@smtp>"))
    assert (settled.state, settled.status, settled.provider_ref) == ("sent", "delivered", "<1@smtp>")
    assert [entry[0] for entry in await audited(database)].count("message.sent") == 1


async def test_the_ladder_is_only_climbed_and_keeps_its_instants(database: Database, clock: SetClock) -> None:
    message = await _sent(database)
    clock.move(timedelta(minutes=1))
    await _report(database, DeliveryStatus.OPENED)
    clock.move(timedelta(minutes=1))
    late = await _report(database, DeliveryStatus.DELIVERED)
    await _report(database, DeliveryStatus.FAILED)
    await _report(database, DeliveryStatus.UNKNOWN)
    async with database.transaction() as tx:
        await ledger.opened(tx, message)
    assert late is not None
    assert late == await _get(database, message)
    assert (late.status, late.opened_at, late.delivered_at) == (
        "opened",
        NOW + timedelta(minutes=1),
        NOW + timedelta(minutes=1),
    )


async def test_a_report_from_the_future_is_read_as_now(database: Database, clock: SetClock) -> None:
    await _sent(database)
    clock.move(timedelta(minutes=1))
    ahead = DeliveryReport(DeliveryStatus.DELIVERED, "<1@smtp>", at=clock.now() + timedelta(days=1))
    async with database.transaction() as tx:
        reported = await ledger.report_delivery(tx, "smtp", ahead)
    assert reported is not None
    assert reported.delivered_at == NOW + timedelta(minutes=1)


async def test_a_report_from_before_its_message_is_read_as_of_then(
    database: Database, clock: SetClock
) -> None:
    """gammu/gammu#363, Vonage/vonage-php-sdk-core#173: delivered two hours before it was sent."""
    message = await _sent(database)
    clock.move(timedelta(hours=3))
    behind = DeliveryReport(DeliveryStatus.DELIVERED, "<1@smtp>", at=NOW - timedelta(hours=2))
    async with database.transaction() as tx:
        reported = await ledger.report_delivery(tx, "smtp", behind)
    assert reported is not None
    assert reported.delivered_at == (await _get(database, message)).claimed_at == NOW


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_message_that_arrived_has_arrived_whichever_report_comes_first(
    database: Database, order: tuple[int, int]
) -> None:
    """A centre that gives up a part, or answers for a copy: what it said first is as true as what it says last."""
    await _sent(database)
    reports = [
        DeliveryReport(DeliveryStatus.FAILED, "<1@smtp>", code="5.1.1"),
        DeliveryReport(DeliveryStatus.DELIVERED, "<1@smtp>"),
    ]
    for which in order:
        async with database.transaction() as tx:
            reported = await ledger.report_delivery(tx, "smtp", reports[which])
    assert reported is not None
    assert (reported.status, reported.status_code) == ("delivered", None)
    assert reported.delivered_at is not None


async def test_reports_are_found_by_either_name_of_the_right_provider_only(database: Database) -> None:
    message = await _sent(database)
    found = await _report(database, DeliveryStatus.DELIVERED)
    assert found is not None
    assert found.id == message
    assert await _report(database, DeliveryStatus.DELIVERED, ref="<2@smtp>") is None
    assert await _report(database, DeliveryStatus.DELIVERED, ref=None, message=MessageId("not-ours")) is None
    assert (
        await _report(database, DeliveryStatus.DELIVERED, ref=None, message=MessageId(str(uuid4()))) is None
    )
    async with database.transaction() as tx:
        other = DeliveryReport(DeliveryStatus.DELIVERED, "<1@smtp>")
        assert await ledger.report_delivery(tx, "sms", other) is None


async def test_our_own_name_of_a_message_counts_more_than_the_provider_s(
    database: Database, clock: SetClock
) -> None:
    ours, claim = await _claimed(database)
    async with database.transaction() as tx:
        await ledger.settle_sent(tx, ours, claim, Accepted("<1@smtp>"))
    clock.move(timedelta(minutes=1))
    async with database.transaction() as tx:
        head = await journeys.head(tx, (await ledger.get(tx, ours)).journey_id)
        later = await plan(tx, head, a_send(occurrence=2))
        await ledger.settle_sent(tx, later.id, await _claim(tx, later.id), Accepted("<2@smtp>"))
    found = await _report(database, DeliveryStatus.DELIVERED, ref="<2@smtp>", message=ours)
    assert found is not None
    assert found.id == ours
    assert (await _get(database, later.id)).status == "accepted"


async def test_a_report_of_a_message_that_never_left_is_a_bug(database: Database) -> None:
    message, claim = await _claimed(database)
    async with database.transaction() as tx:
        await ledger.settle_skipped(tx, message, "smtp.550", "rung", claim=claim)
    with pytest.raises(Bug, match="report_of_unsent"):
        await _report(database, DeliveryStatus.DELIVERED, ref=None, message=message)


async def test_the_first_answer_counts_and_proves_arrival(database: Database, clock: SetClock) -> None:
    message = await _sent(database)
    for _ in range(2):
        async with database.transaction() as tx:
            answered = await ledger.replied(tx, message)
        clock.move(timedelta(hours=1))
    assert (answered.replied_at, answered.status, answered.delivered_at) == (NOW, "delivered", NOW)


async def test_what_went_out_or_may_have_counts_as_a_contact(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        for number in range(4):
            message = await plan(tx, head, a_send(occurrence=number))
            if number == 3:
                break
            claim = await _claim(tx, message.id)
            if number == 1:
                await ledger.settle_sent(tx, message.id, claim, Accepted(None))
            if number == 2:
                await ledger.settle_unknown(tx, message.id)
        found = await contacts.since(tx, head.patient_id, NOW - timedelta(days=7))
        assert [(contact.at, contact.journey) for contact in found] == [(NOW, str(head.id))] * 3
        assert await contacts.since(tx, head.patient_id, NOW + timedelta(seconds=1)) == ()


async def test_content_is_sealed_in_its_row_and_reading_it_is_audited(database: Database) -> None:
    message = await _sent(database)
    sealed = (await rows_of(database, "SELECT sealed_content FROM message"))[0][0]
    assert TEXT.encode() not in sealed
    async with database.transaction() as tx:
        assert await ledger.content(tx, message, why="complaint") == TEXT
    assert ("message.read", message, "ok") in await audited(database)


async def test_an_ended_journey_s_planned_messages_are_skipped(database: Database) -> None:
    planned = await _planned(database)
    async with database.transaction() as tx:
        assert await ledger.skip_planned(tx, planned.journey_id, "journey_closed") == 1
    assert (await _get(database, planned.id)).reason == "journey_closed"


async def test_claims_that_nobody_settled_are_found(database: Database, clock: SetClock) -> None:
    message, _ = await _claimed(database)
    async with database.transaction() as tx:
        assert await ledger.claimed_before(tx, NOW, 10) == []
        found = await ledger.claimed_before(tx, NOW + timedelta(minutes=5), 10)
    assert [one.id for one in found] == [message]
