"""A connection that is paused needs a person; one that failed last is worth knowing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from nextvisit.domain.channel_health import MOST_REFUSALS
from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import channel_health, daily_counts, ledger
from nextvisit.watch import channels
from nextvisit.watch.finding import Grade
from nextvisit_workflows.activities.dispatch import REJECTED
from tests.world.clock import NOW, SetClock
from tests.world.rows import a_send, plan, some_journeys
from tests.world.site import SITE

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


async def test_what_a_plugin_fails_with_is_not_called_its_provider_s_answer(database: Database) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "sms", "plugin.away", lasting=True)
    (sms,) = await channels.working(database, CONNECTIONS)
    assert sms.says == "sms is paused: its plugin fails with plugin.away"


async def test_a_paused_connection_that_the_settings_no_longer_have_needs_nobody(database: Database) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "fax", "fax.busy", lasting=True)
    (found,) = await channels.working(database, CONNECTIONS)
    assert found.grade is Grade.OK


async def _refused(database: Database, number: int, code: str, *, provider: str = "mail") -> None:
    """So many messages that this provider would not have."""
    for head in await some_journeys(database, number):
        async with database.transaction() as tx:
            message = (await plan(tx, head, a_send())).id
            claim = await ledger.claim(
                tx, message, channel=ChannelKind("email"), provider=provider, language="en", content="come"
            )
            await ledger.settle_skipped(tx, message, f"{REJECTED}{code}", "rung", claim=claim)


async def _taken(
    database: Database, heads: Sequence[JourneyHead], status: DeliveryStatus, code: str | None = None
) -> None:
    """What the provider took, and then said of it."""
    for head in heads:
        async with database.transaction() as tx:
            message = (await plan(tx, head, a_send())).id
            claim = await ledger.claim(
                tx, message, channel=ChannelKind("sms"), provider="sms", language="en", content="come"
            )
            await ledger.settle_sent(tx, message, claim, Accepted(message))
            await ledger.report_delivery(tx, "sms", DeliveryReport(status, message, code=code), [])


async def test_what_a_provider_took_and_did_not_deliver_is_told_when_it_is_most_of_a_campaign(
    database: Database,
) -> None:
    """A picture that nobody can fetch is said so only after the message was taken."""
    many = MOST_REFUSALS
    heads = await some_journeys(database, 2 * many + 1)
    await _taken(database, heads[: many - 1], DeliveryStatus.FAILED, "131053")
    (found,) = await channels.working(database, CONNECTIONS)
    assert found.grade is Grade.OK
    await _taken(database, heads[many - 1 : many], DeliveryStatus.FAILED, "131053")
    (found,) = await channels.working(database, CONNECTIONS)
    assert found.grade is Grade.WRONG
    assert found.says.startswith(f"of {many} messages of a day that sms took of ")
    assert found.says.endswith(f", {many} were not delivered: 131053")
    assert "nextvisit campaign pause" in found.do
    await _taken(database, heads[many:], DeliveryStatus.DELIVERED)
    (found,) = await channels.working(database, CONNECTIONS)
    assert found.grade is Grade.INFORMS


async def test_many_messages_of_a_day_that_were_refused_alike_are_worth_knowing(
    database: Database, clock: SetClock
) -> None:
    """One domain that holds something against us, among others that take what we send."""
    await _refused(database, MOST_REFUSALS, "smtp.5.7.26")
    async with database.transaction() as tx:
        await channel_health.record_success(tx, "mail")
    (found,) = await channels.working(database, CONNECTIONS)
    assert (found.grade, found.since) == (Grade.INFORMS, NOW)
    assert found.says == f"{MOST_REFUSALS} messages of a day were refused to mail: smtp.5.7.26"
    assert [each.grade for each in await channels.working(database, ("sms",))] == [Grade.OK]
    clock.move(timedelta(days=1, seconds=1))
    assert [each.grade for each in await channels.working(database, CONNECTIONS)] == [Grade.OK]


async def test_few_refusals_are_no_news(database: Database) -> None:
    await _refused(database, MOST_REFUSALS - 1, "smtp.5.1.1")
    (found,) = await channels.working(database, CONNECTIONS)
    assert found.grade is Grade.OK


async def test_a_daily_limit_is_shown_and_told_of_once_it_is_used_up(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        assert await daily_counts.take(tx, "mail", NOW.date(), 1)
    mail, sms = await channels.today(database, {"mail": 1, "sms": 5}, SITE.zone)
    assert (mail.grade, mail.says) == (Grade.INFORMS, "mail was given 1 of 1 messages today")
    assert "channels.mail.per_day" in mail.do
    assert (sms.grade, sms.says) == (Grade.OK, "sms was given 0 of 5 messages today")
    clock.move(timedelta(days=1))
    assert [each.grade for each in await channels.today(database, {"mail": 1}, SITE.zone)] == [Grade.OK]
