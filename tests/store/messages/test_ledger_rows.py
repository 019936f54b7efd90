"""What each step of a message writes in the ledger and in the audit, and whom it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus, MessageId, Price
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind, Specialty
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import OfferId
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import ledger
from nextvisit.store.messages.delivery_ladder import news
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people.patients import patient_key
from tests.postgres import DatabaseUrls
from tests.world.clock import NOW, SetClock
from tests.world.rows import PURPOSE, a_journey, a_send, plan, rows_of, some_journeys
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio

OFFER = OfferId(uuid4())
MINUTE = timedelta(minutes=1)


async def _claim(tx: Tx, message: Message, *, provider: str = "smtp") -> str:
    return await ledger.claim(
        tx,
        message.id,
        channel=ChannelKind("email"),
        provider=provider,
        to=("email", b"d" * 16),
        language="en",
        content="come",
        offer_id=OFFER,
    )


async def _planned(database: Database, head: JourneyHead, **changes: Any) -> Message:
    async with database.transaction() as tx:
        return await plan(tx, head, a_send(**changes))


async def _sent(
    database: Database, head: JourneyHead, ref: str | None, price: Price | None = None, **changes: Any
) -> Message:
    message = await _planned(database, head, **changes)
    async with database.transaction() as tx:
        return await ledger.settle_sent(tx, message.id, await _claim(tx, message), Accepted(ref, price=price))


async def _bodies(database: Database, action: str) -> list[tuple[str, str, str, dict[str, str]]]:
    rows = await rows_of(
        database,
        "SELECT object_type, object_id, outcome, body FROM audit_event WHERE action = :action ORDER BY object_id",
        action=action,
    )
    return [(row[0], row[1], row[2], json.loads(row[3])) for row in rows]


async def test_a_plan_keeps_what_the_journey_asked_for(database: Database) -> None:
    head = await a_journey(database)
    planned = await _planned(database, head, rung=2)
    assert planned == Message(
        id=MessageId(str(uuid5(head.id, "message:invite:1:2"))),
        journey_id=head.id,
        patient_id=head.patient_id,
        campaign="recall",
        version="v1",
        node=NodeId("invite"),
        occurrence=1,
        rung=2,
        purpose=PURPOSE,
        template="neutral",
        language=None,
        channel=None,
        provider=None,
        state="planned",
        reason=None,
        scope=None,
        status=None,
        status_code=None,
        provider_ref=None,
        to=None,
        attempts=0,
        parts=None,
        price=None,
        awaits=("opened",),
        deadline=NOW + timedelta(days=3),
        planned_at=NOW,
        claimed_at=None,
        missed_at=None,
        sent_at=None,
        delivered_at=None,
        opened_at=None,
        replied_at=None,
        offer_id=None,
    )


async def test_an_offer_s_message_awaits_no_news_of_its_delivery(database: Database) -> None:
    offer = MakeOffer(
        NodeId("offer"),
        1,
        0,
        channels=(ChannelKind("email"),),
        template="offer",
        purpose=PURPOSE,
        deadline=NOW + timedelta(days=3),
        specialty=Specialty("dental"),
        slots=3,
        hold=timedelta(hours=2),
    )
    head = await a_journey(database)
    async with database.transaction() as tx:
        assert (await plan(tx, head, offer)).awaits == ()


async def test_a_claim_writes_the_attempt_and_a_release_takes_it_back(
    database: Database, clock: SetClock
) -> None:
    planned = await _planned(database, await a_journey(database))
    clock.move(MINUTE)
    async with database.transaction() as tx:
        claim = await _claim(tx, planned)
        claimed = await ledger.get(tx, planned.id)
        assert await ledger.content(tx, planned.id, why="test") == "come"
    assert claimed == replace(
        planned,
        state="claimed",
        claimed_at=NOW + MINUTE,
        channel=ChannelKind("email"),
        provider="smtp",
        to=("email", b"d" * 16),
        language="en",
        offer_id=OFFER,
        attempts=1,
    )
    assert len(claim) == 32
    async with database.transaction() as tx:
        released = await ledger.release(tx, planned.id, claim)
        assert await ledger.content(tx, planned.id, why="test") is None
    assert released == replace(claimed, state="planned", claimed_at=None)
    assert (await rows_of(database, "SELECT claim, sealed_content FROM message"))[0] == (None, None)


async def test_a_message_that_its_provider_never_got_is_free_once_more_and_no_more_often(
    database: Database,
) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        await _claim(tx, planned)
        missed = await ledger.missed(tx, await ledger.get(tx, planned.id, lock=True))
    assert (missed.state, missed.missed_at, missed.claimed_at) == ("planned", NOW, None)
    assert await _bodies(database, "message.missed") == [("message", planned.id, "not_sent", {})]
    async with database.transaction() as tx:
        await _claim(tx, missed)
        again = await ledger.get(tx, planned.id, lock=True)
        with pytest.raises(Bug, match="missed_twice"):
            await ledger.missed(tx, again)
    with pytest.raises(Bug, match="42501"):
        await rows_of(database, "UPDATE message SET state = 'planned', missed_at = now() RETURNING id")


async def test_a_price_is_kept_and_a_later_word_takes_its_place(database: Database) -> None:
    sent = await _sent(database, await a_journey(database), "<1>", price=Price(Decimal("0.0750"), "PLN"))
    assert sent.price == Price(Decimal("0.0750"), "PLN")
    for price, kept in (("0.09", "0.09"), (None, "0.09"), ("-1", "0.09"), ("NaN", "0.09"), ("0.08", "0.08")):
        said = None if price is None else Price(Decimal(price), "PLN")
        # A report of a lower rung, which tells nothing else.
        report = DeliveryReport(DeliveryStatus.ACCEPTED, "<1>", price=said)
        async with database.transaction() as tx:
            found = await ledger.report_delivery(tx, "smtp", report)
        assert found is not None
        assert found.price == Price(Decimal(kept), "PLN")


@pytest.mark.parametrize("currency", ["pln", "", "ZŁOTY", "PLN ", 7])
async def test_what_is_no_currency_costs_no_message(database: Database, currency: Any) -> None:
    sent = await _sent(database, await a_journey(database), "<1>", price=Price(Decimal(1), currency))
    assert (sent.state, sent.price) == ("sent", None)


async def test_a_price_that_a_quicker_report_said_stands(database: Database) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        claim = await _claim(tx, planned)
        said = Price(Decimal("0.09"), "PLN")
        report = DeliveryReport(DeliveryStatus.DELIVERED, None, planned.id, price=said)
        await ledger.report_delivery(tx, "smtp", report)
        accepted = Accepted("<1>", price=Price(Decimal("0.07"), "PLN"))
        assert (await ledger.settle_sent(tx, planned.id, claim, accepted)).price == said


async def test_a_claim_takes_a_key_that_is_at_hand(database: Database) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        key = await patient_key(tx, planned.patient_id)
        await ledger.claim(
            tx,
            planned.id,
            channel=ChannelKind("email"),
            provider="smtp",
            language="en",
            content="come",
            key=key,
        )
        message = await ledger.get(tx, planned.id)
        assert await ledger.content(tx, planned.id, why="test") == "come"
    assert (message.to, message.offer_id) == (None, None)


async def test_of_what_went_out_the_audit_says_campaign_and_channel(database: Database) -> None:
    head = await a_journey(database)
    sent = await _sent(database, head, "<1@smtp>")
    late = await _planned(database, head, occurrence=2)
    async with database.transaction() as tx:
        await _claim(tx, late)
        await ledger.settle_unknown(tx, late.id)
        report = DeliveryReport(DeliveryStatus.DELIVERED, None, late.id)
        await ledger.report_delivery(tx, "smtp", report)
    told = await _bodies(database, "message.sent")
    body = {"campaign": "recall", "channel": "email", "covers": "message"}
    assert [(*head, {name: said[name] for name in body}, said["row"]) for *head, said in told] == [
        ("message", each, "ok", body, each) for each in sorted((sent.id, late.id))
    ]
    assert await _bodies(database, "message.unknown") == [("message", late.id, "unknown", {})]


async def test_who_gave_an_attempt_up_too_early_is_told_how_it_ended(
    database: Database, clock: SetClock
) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        claim = await _claim(tx, planned)
        unknown = await ledger.settle_unknown(tx, planned.id, claim=claim)
    clock.move(MINUTE)
    async with database.transaction() as tx:
        sent = await ledger.settle_sent(tx, planned.id, claim, Accepted("<1@smtp>", parts=2))
    assert sent == replace(
        unknown,
        state="sent",
        sent_at=NOW + MINUTE,
        status=DeliveryStatus.ACCEPTED,
        provider_ref="<1@smtp>",
        parts=2,
    )


async def test_what_nobody_claimed_is_neither_unknown_nor_sent(database: Database) -> None:
    planned = await _planned(database, await a_journey(database))
    held = ", or another attempt holds it"
    refused: list[tuple[Callable[[Tx], Awaitable[Message]], str]] = [
        (lambda tx: ledger.settle_unknown(tx, planned.id), "claimed"),
        (lambda tx: ledger.release(tx, planned.id, "c"), f"claimed{held}"),
        (lambda tx: ledger.settle_sent(tx, planned.id, "c", Accepted(None)), f"claimed or unknown{held}"),
    ]
    for step, wanted in refused:
        with pytest.raises(Bug) as caught:
            async with database.transaction() as tx:
                await step(tx)
        assert caught.value.code == "ledger.transition"
        assert str(caught.value).endswith(f"message {planned.id} is planned, not {wanted}")


async def test_a_message_that_is_none_is_a_bug_that_names_it(database: Database) -> None:
    nobody = MessageId(str(uuid4()))
    async with database.transaction() as tx:
        assert await ledger.content(tx, nobody, why="test") is None
        with pytest.raises(Bug, match=f"message {nobody}") as caught:
            await ledger.get(tx, nobody)
    assert caught.value.code == "ledger.no_message"


async def test_an_opened_page_is_news_of_now(database: Database, clock: SetClock) -> None:
    sent = await _sent(database, await a_journey(database), "<1@smtp>")
    clock.move(MINUTE)
    async with database.transaction() as tx:
        opened = await ledger.opened(tx, sent.id)
    at = NOW + MINUTE
    assert opened == replace(sent, status=DeliveryStatus.OPENED, delivered_at=at, opened_at=at)


async def test_a_report_keeps_its_own_instant_and_its_code(database: Database, clock: SetClock) -> None:
    sent = await _sent(database, await a_journey(database), None)
    clock.move(3 * MINUTE)
    async with database.transaction() as tx:
        report = DeliveryReport(DeliveryStatus.DELIVERED, "<7@smtp>", sent.id, code="2.0.0", at=NOW + MINUTE)
        reported = await ledger.report_delivery(tx, "smtp", report)
    assert reported == replace(
        sent,
        status=DeliveryStatus.DELIVERED,
        status_code="2.0.0",
        delivered_at=NOW + MINUTE,
        provider_ref="<7@smtp>",
    )


async def test_a_report_never_renames_a_message(database: Database) -> None:
    sent = await _sent(database, await a_journey(database), "<1@smtp>")
    async with database.transaction() as tx:
        report = DeliveryReport(DeliveryStatus.ACCEPTED, "<other@smtp>", sent.id)
        assert await ledger.report_delivery(tx, "smtp", report) == sent


async def test_a_provider_s_answer_after_its_report_renames_nothing_and_is_its_claim_s(
    database: Database,
) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        claim = await _claim(tx, planned)
        report = DeliveryReport(DeliveryStatus.DELIVERED, "<0@smtp>", planned.id)
        reported = await ledger.report_delivery(tx, "smtp", report)
        assert reported is not None
        settled = await ledger.settle_sent(tx, planned.id, claim, Accepted("<1@smtp>", parts=2))
        assert settled == replace(reported, parts=2)
        with pytest.raises(Bug, match="another attempt holds it"):
            await ledger.settle_sent(tx, planned.id, "another", Accepted("<1@smtp>"))


async def test_news_of_no_end_leaves_an_unknown_message_unknown(database: Database) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        await _claim(tx, planned)
        await ledger.settle_unknown(tx, planned.id)
        report = DeliveryReport(DeliveryStatus.UNKNOWN, None, planned.id)
        reported = await ledger.report_delivery(tx, "smtp", report)
    assert reported is not None
    assert (reported.state, reported.status, reported.sent_at) == ("unknown", "unknown", None)


async def test_a_reference_used_again_means_the_newest_message(database: Database, clock: SetClock) -> None:
    head = await a_journey(database)
    older = await _sent(database, head, "<1@smtp>")
    clock.move(MINUTE)
    newer = await _sent(database, head, "<1@smtp>", occurrence=2)
    async with database.transaction() as tx:
        found = await ledger.report_delivery(tx, "smtp", DeliveryReport(DeliveryStatus.DELIVERED, "<1@smtp>"))
        assert found is not None
        assert found.id == newer.id
        assert await ledger.get(tx, older.id) == older


HERE, ELSEWHERE = ("email", b"d" * 16), ("email", b"e" * 16)


async def test_a_reference_used_again_means_the_message_that_went_to_that_address(
    database: Database, clock: SetClock, database_urls: DatabaseUrls
) -> None:
    """A centre that counts anew after a restart, and a receipt that comes late."""
    head = await a_journey(database)
    older = await _sent(database, head, "<1@smtp>")
    clock.move(MINUTE)
    newer = await _sent(database, head, "<1@smtp>", occurrence=2)
    moved = "UPDATE message SET to_digest = %(digest)s WHERE id = %(id)s"
    tamper(database_urls, "message", moved, digest=ELSEWHERE[1], id=newer.id)
    async with database.transaction() as tx:
        report = DeliveryReport(DeliveryStatus.FAILED, "<1@smtp>")
        found = await ledger.report_delivery(tx, "smtp", report, [("email", b"f" * 16), HERE])
        assert found is not None
        assert found.id == older.id
        assert (await ledger.get(tx, newer.id)).status is DeliveryStatus.ACCEPTED


@pytest.mark.parametrize("elsewhere", [ELSEWHERE, ("phone", HERE[1])])
async def test_a_report_on_another_address_is_of_no_message(
    database: Database, elsewhere: tuple[str, bytes]
) -> None:
    sent = await _sent(database, await a_journey(database), "<1@smtp>")
    async with database.transaction() as tx:
        for name in ({"provider_ref": "<1@smtp>"}, {"provider_ref": None, "message": sent.id}):
            report = DeliveryReport(DeliveryStatus.FAILED, **name)
            assert await ledger.report_delivery(tx, "smtp", report, [elsewhere]) is None
        assert await ledger.get(tx, sent.id) == sent


async def test_a_message_whose_address_was_not_kept_is_found_by_its_reference(
    database: Database, database_urls: DatabaseUrls
) -> None:
    sent = await _sent(database, await a_journey(database), "<1@smtp>")
    tamper(database_urls, "message", "UPDATE message SET to_space = NULL, to_digest = NULL")
    async with database.transaction() as tx:
        report = DeliveryReport(DeliveryStatus.DELIVERED, "<1@smtp>")
        found = await ledger.report_delivery(tx, "smtp", report, [ELSEWHERE])
        assert found is not None
        assert (found.id, found.status) == (sent.id, DeliveryStatus.DELIVERED)


async def test_our_own_name_in_a_stranger_s_mouth_is_no_name(database: Database) -> None:
    sent = await _sent(database, await a_journey(database), None)
    async with database.transaction() as tx:
        report = DeliveryReport(DeliveryStatus.FAILED, None, sent.id)
        assert await ledger.report_delivery(tx, "another", report) is None
        assert await ledger.report_delivery(tx, "smtp", DeliveryReport(DeliveryStatus.FAILED, None)) is None
        assert await ledger.get(tx, sent.id) == sent


async def test_a_report_of_a_message_not_yet_claimed_names_its_state(database: Database) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        await ledger.release(tx, planned.id, await _claim(tx, planned))
        report = DeliveryReport(DeliveryStatus.DELIVERED, None, planned.id)
        with pytest.raises(Bug, match=f"message {planned.id} is planned") as caught:
            await ledger.report_delivery(tx, "smtp", report)
    assert caught.value.code == "ledger.report_of_unsent"


async def test_an_answer_keeps_the_rung_it_reached(database: Database, clock: SetClock) -> None:
    sent = await _sent(database, await a_journey(database), None)
    async with database.transaction() as tx:
        opened = await ledger.opened(tx, sent.id)
    clock.move(MINUTE)
    async with database.transaction() as tx:
        replied = await ledger.replied(tx, sent.id)
    assert replied == replace(opened, replied_at=NOW + MINUTE)


async def test_skipping_again_for_another_reason_is_refused(database: Database) -> None:
    planned = await _planned(database, await a_journey(database))
    async with database.transaction() as tx:
        skipped = await ledger.settle_skipped(tx, planned.id, "no_address", "rung")
    assert skipped == replace(planned, state="skipped", reason="no_address", scope="rung")
    with pytest.raises(Bug):
        async with database.transaction() as tx:
            await ledger.settle_skipped(tx, planned.id, "opted_out", "journey")
    assert await _bodies(database, "message.skipped") == [
        ("message", planned.id, "skipped", {"reason": "no_address"})
    ]


async def test_only_what_the_ended_journey_had_not_begun_is_skipped(database: Database) -> None:
    ended, other = await some_journeys(database, 2)
    first, second = [await _planned(database, ended, occurrence=number) for number in (1, 2)]
    begun = await _planned(database, ended, occurrence=3)
    async with database.transaction() as tx:
        await _claim(tx, begun)
        begun = await ledger.get(tx, begun.id)
    stranger = await _planned(database, other)
    async with database.transaction() as tx:
        assert await ledger.skip_planned(tx, ended.id, "journey_closed") == 2
        assert [await ledger.get(tx, each.id) for each in (first, second, begun, stranger)] == [
            *(
                replace(each, state="skipped", reason="journey_closed", scope="journey")
                for each in (first, second)
            ),
            begun,
            stranger,
        ]
    assert await _bodies(database, "message.skipped") == [
        ("message", each, "skipped", {"reason": "journey_closed"}) for each in sorted((first.id, second.id))
    ]


async def test_a_paused_campaign_s_planned_messages_get_their_time_back(
    database: Database, clock: SetClock
) -> None:
    head, at_work = await some_journeys(database, 2)
    planned, begun = await _planned(database, head), await _planned(database, at_work)
    async with database.transaction() as tx:
        await _claim(tx, begun)
        whose: Any = {"journey": head.id, "patient": head.patient_id, "version": "v1"}
        stranger = await ledger.plan(tx, a_send(occurrence=9), campaign="birthday", **whose)
    clock.move(3 * MINUTE)
    planned_since = await _planned(database, head, occurrence=2)
    clock.move(4 * MINUTE)
    async with database.transaction() as tx:
        await ledger.give_back_time(tx, "recall", NOW + MINUTE)
        deadlines = {
            each: (await ledger.get(tx, each.id)).deadline - each.deadline
            for each in (planned, planned_since, begun, stranger)
        }
    assert deadlines == {
        planned: 6 * MINUTE,
        planned_since: 4 * MINUTE,
        begun: timedelta(),
        stranger: timedelta(),
    }


async def test_a_journey_s_messages_come_in_the_order_of_its_story(
    database: Database, clock: SetClock
) -> None:
    head, other = await some_journeys(database, 2)
    await _planned(database, other)
    clock.move(MINUTE)
    asked = [(3, rung) for rung in (4, 1, 5, 0, 3, 2)] + [(2, 7), (2, 6)]
    later = {
        (occurrence, rung): await _planned(database, head, occurrence=occurrence, rung=rung)
        for occurrence, rung in asked
    }
    clock.move(-MINUTE)
    earliest = await _planned(database, head, occurrence=9)
    async with database.transaction() as tx:
        assert await ledger.of_journey(tx, head.id) == [earliest, *(later[each] for each in sorted(asked))]


async def test_unsettled_claims_come_oldest_first_and_no_more_than_asked_for(
    database: Database, clock: SetClock
) -> None:
    head = await a_journey(database)
    messages = [await _planned(database, head, occurrence=number) for number in range(4)]
    for minutes, message in ((3, messages[1]), (1, messages[2]), (2, messages[0]), (4, messages[3])):
        clock.instant = NOW + minutes * MINUTE
        async with database.transaction() as tx:
            await _claim(tx, message)
    async with database.transaction() as tx:
        await ledger.settle_unknown(tx, messages[3].id)
        found = await ledger.claimed_before(tx, NOW + 3 * MINUTE, 10)
        assert [each.id for each in found] == [messages[2].id, messages[0].id]
        found = await ledger.claimed_before(tx, NOW + 9 * MINUTE, 10)
        assert [each.id for each in found] == [messages[2].id, messages[0].id, messages[1].id]
        found = await ledger.claimed_before(tx, NOW + 9 * MINUTE, 1)
        assert [each.id for each in found] == [messages[2].id]


async def test_who_read_a_message_is_audited_with_the_reason(database: Database) -> None:
    sent = await _sent(database, await a_journey(database), None)
    async with database.transaction() as tx:
        assert await ledger.content(tx, sent.id, why="complaint") == "come"
    assert await _bodies(database, "message.read") == [("message", sent.id, "ok", {"why": "complaint"})]
    assert (await rows_of(database, "SELECT id FROM message"))[0] == (UUID(sent.id),)


@pytest.mark.parametrize(
    ("had", "heard", "moves"),
    [
        (None, DeliveryStatus.QUEUED, True),
        (DeliveryStatus.ACCEPTED, DeliveryStatus.ACCEPTED, False),
        (DeliveryStatus.SENT, DeliveryStatus.ACCEPTED, False),
        (DeliveryStatus.SENT, DeliveryStatus.UNKNOWN, True),
        (DeliveryStatus.UNKNOWN, DeliveryStatus.DELIVERED, True),
        (DeliveryStatus.SENT, DeliveryStatus.FAILED, True),
        (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, False),
        (DeliveryStatus.OPENED, DeliveryStatus.FAILED, False),
        (DeliveryStatus.READ, DeliveryStatus.FAILED, False),
        (DeliveryStatus.FAILED, DeliveryStatus.DELIVERED, True),
        (DeliveryStatus.FAILED, DeliveryStatus.READ, True),
        (DeliveryStatus.FAILED, DeliveryStatus.SENT, False),
        (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, False),
        (DeliveryStatus.DELIVERED, DeliveryStatus.OPENED, True),
        (DeliveryStatus.OPENED, DeliveryStatus.READ, True),
        (DeliveryStatus.READ, DeliveryStatus.OPENED, False),
    ],
)
async def test_news_moves_a_message_only_up(
    database: Database, had: DeliveryStatus | None, heard: DeliveryStatus, moves: bool
) -> None:
    sent = replace(await _sent(database, await a_journey(database), None), status=had)
    assert bool(news(sent, heard, NOW, None)) is moves


async def test_first_instants_are_kept(database: Database) -> None:
    sent = await _sent(database, await a_journey(database), None)
    at = NOW + MINUTE
    assert news(sent, DeliveryStatus.READ, at, None) == {
        "status": "read",
        "status_code": None,
        "delivered_at": at,
        "opened_at": at,
    }
    arrived = replace(sent, delivered_at=NOW, status=DeliveryStatus.DELIVERED)
    assert news(arrived, DeliveryStatus.OPENED, at, "200") == {
        "status": "opened",
        "status_code": "200",
        "opened_at": at,
    }
    seen = replace(arrived, opened_at=NOW, status=DeliveryStatus.OPENED)
    assert news(seen, DeliveryStatus.READ, at, None) == {"status": "read", "status_code": None}
