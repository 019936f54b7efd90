"""The report counts what happened, and its equations notice what was lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, text

from nextvisit.desk.reports import cost_lines, equation_line
from nextvisit.domain.pace import Pace
from nextvisit.flow.engine.state import Outcome
from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus, Price
from nextvisit.sdk.records import ChannelKind, MisRef
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import ContactDigestRow, table_of
from nextvisit.store.booking import bookings
from nextvisit.store.campaigns.enrolments import enrol_batch, finish_firing
from nextvisit.store.campaigns.report import ArmEffect, Bookings, Costs, Report, campaign_report
from nextvisit.store.journeys import ending, journeys
from nextvisit.store.journeys.journeys import Filters
from nextvisit.store.messages import ledger
from tests.postgres import DatabaseUrls
from tests.store.booking.test_offers import an_offer
from tests.world.clock import NOW, SetClock
from tests.world.rows import (
    a_program,
    a_send,
    a_state,
    add_patients,
    add_visit,
    plan,
    rows_of,
    run_campaign,
    terms,
)
from tests.world.site import SITE
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio

RULE = terms(holdout=Decimal(25), pace=Pace(per_day=12))


async def _report(database: Database) -> Report:
    async with database.transaction() as tx:
        return await campaign_report(tx, "recall")


async def _enrol(database: Database) -> list[JourneyId]:
    program = a_program()
    async with database.transaction() as tx:
        await run_campaign(tx, program)
        await add_patients(tx, 40)
        await enrol_batch(tx, program, RULE, NOW, zone=SITE.zone, limit=99)
        await finish_firing(tx, program, RULE, NOW, zone=SITE.zone)
        return [head.id for head in await journeys.listing(tx, Filters(campaign="recall"))]


async def _live_through(database: Database) -> None:
    """Twelve journeys: 1 booked by us, 1 otherwise, 1 opted out, 1 unreachable, the rest under way."""
    runs = await _enrol(database)
    async with database.transaction() as tx:
        for number, run in enumerate(runs[:6]):
            head = await journeys.head(tx, run)
            message = await plan(tx, head, a_send())
            if number == 5:
                continue
            if number == 4:
                await ledger.settle_skipped(tx, message.id, "no_address", "rung")
                continue
            claim = await ledger.claim(
                tx, message.id, channel=ChannelKind("email"), provider="smtp", language="en", content="Hello"
            )
            if number == 3:
                await ledger.settle_unknown(tx, message.id, reason="before_restore")
                continue
            await ledger.settle_sent(tx, message.id, claim, Accepted(f"<{number}>"))
        await ledger.report_delivery(tx, "smtp", DeliveryReport(DeliveryStatus.OPENED, "<0>"))
        await ledger.report_delivery(tx, "smtp", DeliveryReport(DeliveryStatus.FAILED, "<2>"))
        message = (await ledger.of_journey(tx, runs[0]))[0]
        await ledger.replied(tx, message.id)
        offer = await an_offer(tx, runs[0], "a")
        booking = await bookings.request(tx, runs[0], "book", 1, offer, choice=1)
        await bookings.settle(tx, booking.id, "booked", appointment_ref=MisRef("Appointment/1"))
        ends = (Outcome.GOAL, Outcome.GOAL, Outcome.OPTED_OUT, Outcome.UNREACHABLE)
        for run, outcome in zip(runs, ends, strict=False):
            await ending.finish(tx, run, a_state(), outcome)


async def test_a_report_of_a_campaign_that_never_ran_is_empty_and_sound(database: Database) -> None:
    report = await _report(database)
    assert report.audience.at_first_firing is None
    assert report.channels == ()
    assert all(equation.holds for equation in report.equations)


async def test_the_funnel_is_counted(database: Database) -> None:
    await _live_through(database)
    report = await _report(database)
    assert (report.audience.at_first_firing, report.audience.contacted) == (40, 12)
    assert report.audience.enrolled == 12 + report.audience.held_out
    assert report.audience.over_pace == 40 - report.audience.enrolled
    assert report.journeys.open == 8
    assert report.journeys.ended == {Outcome.GOAL: 2, Outcome.OPTED_OUT: 1, Outcome.UNREACHABLE: 1}
    email, nowhere = report.channels
    assert (
        email.channel,
        email.planned,
        email.sent,
        email.delivered,
        email.opened,
        email.replied,
        email.failed,
    ) == (
        ChannelKind("email"),
        4,
        3,
        1,
        1,
        1,
        1,
    )
    assert (nowhere.channel, nowhere.planned, nowhere.skipped, nowhere.under_way) == (None, 2, 1, 1)
    assert (report.skipped, report.unknown, report.opted_out) == ({"no_address": 1}, 1, 1)
    assert report.bookings == Bookings(ours=1, others=1)
    assert all(equation.holds for equation in report.equations), report.equations


async def test_both_arms_are_measured_alike(database: Database, clock: SetClock) -> None:
    await _enrol(database)
    clock.move(timedelta(days=1))
    rows = await rows_of(database, "SELECT arm, patient_id FROM enrolment ORDER BY arm, seq")
    arms = {arm: [row.patient_id for row in rows if row.arm == arm] for arm in ("contacted", "holdout")}
    async with database.transaction() as tx:
        for patient in (*arms["contacted"][:3], arms["holdout"][0]):
            await add_visit(tx, patient, NOW + timedelta(days=9), "booked")
        await add_visit(tx, arms["contacted"][3], NOW + timedelta(days=9), "cancelled")
        await add_visit(tx, arms["contacted"][4], NOW - timedelta(days=9), "fulfilled")
        known_before = {"mis_updated_at": NOW - timedelta(days=1)}
        await add_visit(tx, arms["contacted"][5], NOW + timedelta(days=9), "booked", **known_before)
    report = await _report(database)
    assert report.contacted_effect == ArmEffect(12, 3)
    assert report.holdout_effect == ArmEffect(len(arms["holdout"]), 1)


@pytest.mark.parametrize(
    ("breakage", "equation"),
    [
        (
            "DELETE FROM journey WHERE id = (SELECT max(id::text)::uuid FROM journey WHERE state IS NULL)",
            "enrolled = journeys + held out",
        ),
        (
            "UPDATE journey SET ended_at = NULL WHERE outcome = 'opted_out'",
            "contacted = open + ended",
        ),
        (
            "UPDATE message SET sent_at = NULL WHERE provider_ref = '<1>'",
            "planned = sent + skipped + unknown + under way",
        ),
        ("UPDATE message SET reason = NULL WHERE state = 'skipped'", "skipped = sum of reasons"),
        (
            "UPDATE campaign_firing SET standing = standing - 'held_out'",
            "audience = enrolled + held out + not yet + refused",
        ),
        (
            "UPDATE campaign_firing SET contacted = contacted + 1",
            "enrolled by firings = sum of firings",
        ),
    ],
)
async def test_a_row_broken_by_hand_is_noticed(
    database: Database, database_urls: DatabaseUrls, breakage: str, equation: str
) -> None:
    await _live_through(database)
    table = breakage.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]
    assert tamper(database_urls, table, breakage) == 1
    broken = {one.name for one in (await _report(database)).equations if not one.holds}
    assert equation in broken


async def test_an_audience_is_accounted_for_at_each_firing(database: Database, clock: SetClock) -> None:
    """Twelve a day; two of the second day's share an address with one who is spoken to."""
    await _enrol(database)
    first = await _report(database)
    (equation,) = [each for each in first.equations if each.name.startswith("audience")]
    assert (equation.left, equation.holds) == (40, True)
    async with database.transaction() as tx:
        contacted = await tx.connection.scalar(
            text("SELECT patient_id FROM enrolment WHERE arm = 'contacted'")
        )
        free = "SELECT id FROM patient WHERE id NOT IN (SELECT patient_id FROM enrolment) LIMIT 2"
        for patient in (contacted, *(await tx.connection.scalars(text(free))).all()):
            digest = {"kind": "phone", "digest": b"shared", "patient_id": patient}
            await tx.connection.execute(insert(table_of(ContactDigestRow)).values(**digest))
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await enrol_batch(tx, a_program(), RULE, NOW + timedelta(days=1), zone=SITE.zone, limit=99)
        await finish_firing(tx, a_program(), RULE, NOW + timedelta(days=1), zone=SITE.zone)
    second = await _report(database)
    assert second.audience.refused == {"shared_address": 2}
    assert second.audience.enrolled + second.audience.over_pace + 2 == 40
    assert all(each.holds for each in second.equations), second.equations
    waiting = second.audience.over_pace
    assert waiting > 0
    assert equation_line(second.equations[0]) == (
        f"holds  audience 40 = enrolled {second.audience.contacted} + held out {second.audience.held_out}"
        f" + not yet {waiting} (over_pace {waiting}) + refused 2 (shared_address 2)"
    )


async def test_a_campaign_that_does_nothing_cannot_hold(database: Database) -> None:
    program = a_program()
    async with database.transaction() as tx:
        await run_campaign(tx, program)
    before = await _report(database)
    assert before.audience.idle == "never_fired"
    assert not [each for each in before.equations if each.name.startswith("audience")]
    async with database.transaction() as tx:
        await finish_firing(tx, program, RULE, NOW, zone=SITE.zone)
    after = await _report(database)
    assert after.audience.idle == "nobody_in_segment"
    (equation,) = [each for each in after.equations if each.name.startswith("audience")]
    assert (equation.left, equation.right, equation.holds) == (0, 0, False)


async def test_what_messages_cost_is_summed_by_currency(database: Database) -> None:
    runs = await _enrol(database)
    prices = [("0.1", "PLN"), ("0.2", "PLN"), ("0.3", "EUR"), None]
    async with database.transaction() as tx:
        for run, price in zip(runs, prices, strict=False):
            message = await plan(tx, await journeys.head(tx, run), a_send())
            kind = ChannelKind("sms")
            claim = await ledger.claim(
                tx, message.id, channel=kind, provider="smpp", language="en", content="x"
            )
            cost = None if price is None else Price(Decimal(price[0]), price[1])
            await ledger.settle_sent(tx, message.id, claim, Accepted(None, price=cost))
    costs = (await _report(database)).costs
    assert costs == Costs({"PLN": Decimal("0.3"), "EUR": Decimal("0.3")}, priced=3, unpriced=1)
    assert cost_lines(costs) == ["cost 0.3 EUR", "cost 0.3 PLN", "without a price: 1 of 4 that went out"]
    assert cost_lines(Costs({}, priced=0, unpriced=9)) == []
