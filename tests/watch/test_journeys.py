"""A journey that stands still is counted, and so is what is sent in vain or to nobody knows where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Deferred, Opened, Replied, Sent, Started
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.sdk.channels import Accepted
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.enrolments import enrol_batch
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.journeys import journey_events
from nextvisit.store.journeys import journeys as stored
from nextvisit.store.journeys.journeys import Filters
from nextvisit.store.messages import ledger
from nextvisit.watch import journeys
from nextvisit.watch.finding import Finding, Grade
from tests.world.campaigns import HEAD, LADDER, english
from tests.world.clock import NOW, SetClock
from tests.world.rows import a_send, add_patients, plan, run_campaign, some_journeys, terms
from tests.world.site import SITE

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
CAMPAIGN = f"""\
{HEAD}{LADDER}steps:
  - ask:
      message: hello
      answers: {{ wants_visit: [ {{ offer: {{ specialty: cardiology, message: hello }} }} ] }}
      silence: {{ after: 10 days }}
  - wait: 4 days
  - send: hello
"""


KINDS = frozenset({ChannelKind("email"), ChannelKind("sms")})


async def _moving(database: Database) -> list[Finding]:
    found = await journeys.moving(database, StoredPrograms(KINDS))
    return [each for each in found if each.grade is Grade.WRONG]


async def _invited(database: Database) -> tuple[JourneyId, SendMessage]:
    """A journey of `STEPS` that has just asked for its invitation."""
    files = {"campaign.yaml": CAMPAIGN, "messages/en.yaml": english("hello").text}
    program = compile_campaign(load_files(files), usable=KINDS)
    async with database.transaction() as tx:
        await run_campaign(tx, program, files)
        await add_patients(tx, 1)
        await enrol_batch(tx, program, terms(), tx.now, zone=SITE.zone, limit=1)
        (head,) = await stored.listing(tx, Filters())
        state, (asked,) = step(program, begin(program, tx.now), Started(tx.now))
        assert isinstance(asked, SendMessage)
        await stored.advance(tx, head.id, state, (asked,))
        return head.id, asked


async def test_journeys_that_never_began_stand_still(database: Database, clock: SetClock) -> None:
    await some_journeys(database, 3)
    assert await _moving(database) == []
    clock.move(DAY)
    (found,) = await _moving(database)
    assert found.says.startswith("3 of recall stand still")
    assert (found.since, found.touches) == (NOW, "3 patients")


async def test_who_is_waited_for_stands_not_still_until_the_wait_is_over(
    database: Database, clock: SetClock
) -> None:
    journey, asked = await _invited(database)
    async with database.transaction() as tx:
        await stored.record(tx, journey, asked, Sent(NOW, "m1"))
        await journey_events.tell(tx, journey, Opened(NOW + HOUR, "m1"), "o1")
    for days in (2, 7, 4):  # ten days of silence and a pause of four after it, of which nothing is kept
        clock.move(days * DAY)
        assert await _moving(database) == []
    clock.move(2 * DAY)
    (found,) = await _moving(database)
    assert found.since == NOW + 14 * DAY


async def test_what_a_journey_was_told_moves_the_end_of_its_wait(database: Database, clock: SetClock) -> None:
    journey, asked = await _invited(database)
    async with database.transaction() as tx:
        await stored.record(tx, journey, asked, Sent(NOW, "m1"))
        await journey_events.tell(tx, journey, Replied(NOW + HOUR, Intent.WANTS_VISIT), "r1")
    clock.move(DAY)
    (found,) = await _moving(database)
    assert found.since == NOW + HOUR  # the answer asks for an offer, of which nothing is kept


async def test_a_message_that_is_put_off_over_night_stands_not_still(
    database: Database, clock: SetClock
) -> None:
    journey, asked = await _invited(database)
    async with database.transaction() as tx:
        await stored.record(tx, journey, asked, Deferred(NOW, NOW + 10 * HOUR, "quiet_hours"))
    clock.move(15 * HOUR)
    assert await _moving(database) == []
    clock.move(2 * HOUR)
    assert [each.since for each in await _moving(database)] == [NOW + 10 * HOUR]


async def test_an_action_that_comes_to_nothing_is_a_standing_still(
    database: Database, clock: SetClock
) -> None:
    await _invited(database)
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
