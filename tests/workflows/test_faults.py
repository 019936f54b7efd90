"""A fault stops as much as it is about, and is named: a campaign, or a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from nextvisit.clock import Clock
from nextvisit.desk import campaigns as desk
from nextvisit.desk import channels
from nextvisit.domain.channel_health import MOST_REFUSALS
from nextvisit.domain.connections import Connection, Connections
from nextvisit.domain.task_reason import ADMINISTRATOR
from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Deferred, SendFailed, Sent
from nextvisit.flow.language.load import load_campaign
from nextvisit.sdk.errors import ConfigError, NextVisitError, Rejected, RetryLater
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import channel_health
from nextvisit.store.tasks import tasks
from nextvisit.watch import channels as watched
from nextvisit.watch.finding import Grade
from nextvisit_workflows.activities.enrol import Enrols
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.send_message import SendsMessages
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.versions import load_all
from nextvisit_workflows.runtime.wire import ActionOut
from tests.world.campaigns import RECALL, RECALL_WORDS
from tests.world.clock import SetClock
from tests.world.records import EMAIL
from tests.world.rows import a_send, a_state
from tests.world.workers import WorkingClinic, fast_clock, until, within

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Clock:
    """Stands still until a test moves it; as many times faster than the wall as a test with a worker says."""
    factor = getattr(request, "param", None)
    return SetClock() if factor is None else fast_clock(factor)


async def _attempt(
    clinic: WorkingClinic, journey: JourneyId, send: SendMessage, equipment: Equipment | None = None
) -> ActionOut:
    """One attempt of the activity, as Temporal would make it."""
    asked = await clinic.asking(journey, send, a_state(send.node))
    sends = SendsMessages(equipment or clinic.equipment)
    done: ActionOut = await within(journey, send).run(sends.send_message, asked)
    return done


def _send(clinic: WorkingClinic, *, days: int = 3, **changes: object) -> SendMessage:
    deadline = clinic.clock.now() + timedelta(days=days)
    return replace(a_send(deadline=deadline), **changes)  # type: ignore[arg-type]


async def _tasks(clinic: WorkingClinic) -> list[tuple[str, str]]:
    async with clinic.db.transaction() as tx:
        return [(task.queue, task.reason.value) for task in await tasks.listing(tx)]


async def _campaign(clinic: WorkingClinic) -> campaigns.Campaign:
    async with clinic.db.transaction() as tx:
        found = await campaigns.get(tx, "recall")
    assert found is not None
    return found


async def _resume(clinic: WorkingClinic) -> None:
    async def waking() -> desk.Wake:
        async def wake(_: str) -> None:
            return None

        return wake

    await desk.run(clinic.db, "recall", "ann", waking)


Spoil = Callable[[WorkingClinic, JourneyId], Awaitable[None]]


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Takes the words from a version as a worker holds it, for this test; what is stored stays as it was."""

    async def take(clinic: WorkingClinic, journey: JourneyId) -> None:
        version = (await clinic.head(journey)).version
        words = RECALL_WORDS.replace("neutral:", "other:")
        loaded = load_campaign(SourceFile("c", RECALL), [SourceFile("messages/en.yaml", words)])
        held = registry._registry.versions
        monkeypatch.setitem(held, ("recall", version), replace(loaded, version=version))

    return take


async def _mend(clinic: WorkingClinic, journey: JourneyId) -> None:
    version = (await clinic.head(journey)).version
    loaded = load_campaign(SourceFile("c", RECALL), [SourceFile("messages/en.yaml", RECALL_WORDS)])
    registry.add(replace(loaded, version=version))


async def test_a_template_that_fails_pauses_its_campaign_and_names_the_place(
    clinic: WorkingClinic, spoil: Spoil
) -> None:
    first, second = await clinic.enrol(2)
    await spoil(clinic, first)
    for journey in (first, second, first):
        done = await _attempt(clinic, journey, _send(clinic))
        assert isinstance(done.result, Deferred)
        assert done.result.reason == "campaign_faulty"
    standing = await _campaign(clinic)
    assert standing.state == "paused"
    assert standing.in_words == "paused: template.missing at campaign recall"
    assert await _tasks(clinic) == [(ADMINISTRATOR, "campaign_faulty")]
    assert clinic.email.sent == []
    assert [m.state for m in await clinic.messages(first)] == ["planned"]


async def test_after_the_mending_what_waited_goes_out_once_however_long_it_took(
    clinic: WorkingClinic, spoil: Spoil, clock: SetClock
) -> None:
    (journey,) = await clinic.enrol()
    await spoil(clinic, journey)
    send = _send(clinic)
    await _attempt(clinic, journey, send)
    clock.move(timedelta(days=4))
    asked_again = await _attempt(clinic, journey, send)
    assert isinstance(asked_again.result, Deferred)
    await _mend(clinic, journey)
    await _resume(clinic)
    assert (await _campaign(clinic)).in_words == "running"
    for _ in range(2):
        assert isinstance((await _attempt(clinic, journey, send)).result, Sent)
    assert len(clinic.email.sent) == 1


async def test_a_version_that_nobody_can_read_pauses_the_campaign_that_uses_it(clinic: WorkingClinic) -> None:
    await clinic.run_campaign()
    async with clinic.db.transaction() as tx:
        for version in ("unreadable", "unused"):
            files = {"campaign.yaml": "campaign: [of next year"}
            await campaigns.store_version(
                tx, "recall", version, files, purpose=a_send().purpose, applied_by="ann"
            )
    await load_all(clinic.db)
    assert (await _campaign(clinic)).state == "running"
    async with clinic.db.transaction() as tx:
        await campaigns.approve(tx, "recall", "unreadable", "bob", 1)
    await load_all(clinic.db)
    fault = (await _campaign(clinic)).fault
    assert fault is not None
    assert (fault.code, fault.place) == ("file.invalid", "campaign.yaml:1:24")


async def test_a_firing_without_a_calendar_pauses_the_campaign(clinic: WorkingClinic) -> None:
    files = {
        "campaign.yaml": RECALL.replace(
            "goal:",
            "  pace: { open_slots: { specialty: cardiology, within: 14 days, invite_per_slot: 1 } }\ngoal:",
        ),
        "messages/en.yaml": RECALL_WORDS,
    }
    async with clinic.db.transaction() as tx:
        await campaigns.store_version(
            tx, "recall", "paced", files, purpose=a_send().purpose, applied_by="ann"
        )
        await campaigns.approve(tx, "recall", "paced", "bob", 1)
        await campaigns.set_state(tx, "recall", "running")
    nowhere = replace(clinic.equipment, booking_mis="elsewhere")
    fired = await ActivityEnvironment().run(Enrols(nowhere).fire, clinic.due())
    assert fired.fired is False
    assert (await _campaign(clinic)).in_words == "paused: mis.unknown at mis.elsewhere"


@pytest.mark.parametrize(
    "fault",
    [
        Rejected("smtp.535", scope="account"),
        ConfigError("smtp.untrusted", "its certificate is not trusted", place="mail.example"),
    ],
    ids=["account", "settings"],
)
async def test_a_connection_that_refuses_us_is_paused_and_not_asked_again_for_the_next(
    clinic: WorkingClinic, fault: NextVisitError
) -> None:
    first, second = await clinic.enrol(2)
    clinic.email.fail_next(fault)
    with pytest.raises(Exception, match="channel"):
        await _attempt(clinic, first, _send(clinic))
    for journey in (first, second):
        done = await _attempt(clinic, journey, _send(clinic))
        assert isinstance(done.result, Deferred)
        assert done.result.reason == "channel_down"
    assert clinic.email.sent == []
    assert (await _campaign(clinic)).state == "running"
    assert await _tasks(clinic) == [(ADMINISTRATOR, "channel_down")]
    (mail, text) = await channels.status(clinic.db, clinic.equipment.connections, clinic.equipment.site.zone)
    assert (mail.connection, mail.state, mail.code) == ("mail", "down", fault.code)
    assert (text.connection, text.state) == ("text", "up")
    await channels.resume(clinic.db, clinic.equipment.connections, "mail", "ann")
    assert isinstance((await _attempt(clinic, second, _send(clinic))).result, Sent)


async def test_another_connection_of_the_kind_takes_over(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    spare = FakeChannel(clinic.email.capabilities)
    given = clinic.equipment
    listed = (*given.connections.listed, Connection("spare", spare.capabilities, priority=0))
    two = replace(given, channels={**given.channels, "spare": spare}, connections=Connections(listed))
    clinic.email.break_down(Rejected("smtp.535", scope="account"))
    with pytest.raises(Exception, match="channel"):
        await _attempt(clinic, journey, _send(clinic), two)
    assert isinstance((await _attempt(clinic, journey, _send(clinic), two)).result, Sent)
    assert (len(clinic.email.sent), len(spare.sent)) == (0, 1)


async def test_a_refused_recipient_says_that_the_connection_answers(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        await channel_health.record_failure(tx, "mail", "smtp.away", lasting=False)
    clinic.email.refuse(EMAIL, Rejected("smtp.550", scope="recipient"))
    await _attempt(clinic, journey, _send(clinic))
    async with clinic.db.transaction() as tx:
        fares = (await channel_health.listing(tx))["mail"]
    assert (fares.failures, fares.refusals, fares.down_since) == (0, 1, None)


async def test_a_provider_that_refuses_every_message_is_paused_and_named(clinic: WorkingClinic) -> None:
    journeys = await clinic.enrol(MOST_REFUSALS + 1)
    refusals = [
        Rejected("smtp.550.5.1.1", scope="recipient"),
        *[Rejected("smtp.550.5.7.26", scope="message")] * MOST_REFUSALS,
    ]
    clinic.email.fail_next(*refusals)
    results = [(await _attempt(clinic, journey, _send(clinic))).result for journey in journeys]
    assert [type(each) for each in results] == [SendFailed] * MOST_REFUSALS + [Deferred]
    assert await _tasks(clinic) == [(ADMINISTRATOR, "channel_down")]
    [found] = await watched.working(clinic.db, clinic.equipment.channels)
    assert (found.grade, found.says) == (
        Grade.WRONG,
        "mail is paused: its provider answers smtp.550.5.7.26",
    )


async def test_what_is_one_recipients_does_not_count_against_the_connection(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    clinic.email.refuse(EMAIL, RetryLater("smtp.450", scope="recipient"))
    with pytest.raises(Exception, match=r"smtp\.450"):
        await _attempt(clinic, journey, _send(clinic))
    async with clinic.db.transaction() as tx:
        assert await channel_health.listing(tx) == {}


@pytest.mark.parametrize("clock", [500_000.0], indirect=True)
async def test_one_message_tries_a_connection_that_was_down_and_opens_it_for_all(
    clinic: WorkingClinic,
) -> None:
    first, second = await clinic.enrol(2)
    clinic.email.fail_next(RetryLater("smtp.away"))
    async with clinic.db.transaction() as tx:
        await channel_health.record_failure(tx, "mail", "smtp.535", lasting=True)
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _both_sent(clinic, first, second))
    async with clinic.db.transaction() as tx:
        assert await channel_health.listing(tx) == {}


async def _both_sent(clinic: WorkingClinic, *those: JourneyId) -> bool:
    found = [await clinic.messages(journey) for journey in those]
    return all(any(message.state == "sent" for message in each) for each in found)
