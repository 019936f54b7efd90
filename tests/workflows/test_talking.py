"""Sessions, quotes, and addresses of which the provider says that nobody is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from nextvisit.clock import Clock
from nextvisit.flow.engine.events import SendFailed, Sent, Skipped
from nextvisit.sdk.channels import InboundMessage, MessageForm
from nextvisit.sdk.errors import Rejected, RetryLater
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.testing.fake_channel import TEXTS, CheckingFakeChannel, FakeChannel
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.people import patients, suppressions
from nextvisit_workflows.activities.address_check import GOOD_FOR
from nextvisit_workflows.activities.upkeep import KeepsUp
from tests.world.clock import SetClock
from tests.world.one_channel import OneChannel
from tests.world.records import PHONE
from tests.world.workers import WorkingClinic

pytestmark = pytest.mark.anyio

DAY = timedelta(hours=24)
CHAT = replace(
    TEXTS,
    kind=ChannelKind("chat"),
    forms=(MessageForm.SHORT_TEXT, MessageForm.TEMPLATE),
    session=DAY,
)
FREE = "language: en\nmessages: { neutral: { sms: come } }\n"
BOTH = "language: en\nmessages: { neutral: { sms: come, template: { name: t, text: come } } }\n"
YES = InboundMessage(PHONE, "yes, I want an appointment", provider_ref="in-1")


@pytest.fixture
def clock() -> Clock:
    """Stands still until a test moves it."""
    return SetClock()


def _forms(chat: OneChannel) -> list[MessageForm]:
    return [each.content.form for each in chat.fake.sent]


async def _is_suppressed(chat: OneChannel, journey: JourneyId) -> bool:
    patient = (await chat.clinic.head(journey)).patient_id
    async with chat.clinic.db.transaction() as tx:
        address = patients.address(tx, CHAT.addresses.space, PHONE)
        return bool(await suppressions.in_force(tx, patient, address))


async def test_who_has_not_written_gets_a_template(clinic: WorkingClinic) -> None:
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    assert isinstance((await chat.attempt(journey)).result, Sent)
    assert _forms(chat) == [MessageForm.TEMPLATE]


async def test_who_wrote_a_moment_ago_gets_the_best_form(clinic: WorkingClinic, clock: SetClock) -> None:
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    await chat.hears(YES)
    clock.move(DAY - timedelta(seconds=1))
    assert isinstance((await chat.attempt(journey)).result, Sent)
    assert _forms(chat) == [MessageForm.SHORT_TEXT]


async def test_a_session_ends_so_long_after_the_patient_wrote(clinic: WorkingClinic, clock: SetClock) -> None:
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    await chat.hears(replace(YES, at=clock.now() - timedelta(hours=2)))
    clock.move(DAY - timedelta(hours=2))
    assert isinstance((await chat.attempt(journey)).result, Sent)
    assert _forms(chat) == [MessageForm.TEMPLATE]


async def test_where_nothing_may_go_out_the_next_rung_has_its_turn(clinic: WorkingClinic) -> None:
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(FREE)
    result = (await chat.attempt(journey)).result
    assert isinstance(result, Skipped)
    assert (result.reason, result.scope) == ("session_over", "rung")
    assert chat.fake.calls == 0


async def test_what_its_provider_says_of_a_session_leads_to_the_next_form(clinic: WorkingClinic) -> None:
    """Nothing is held against the address, and whoever writes again is written to freely."""
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    await chat.hears(YES)
    chat.fake.fail_next(Rejected("chat.131047", scope="session"))
    with pytest.raises(Exception, match=r"channel\.session_over"):
        await chat.attempt(journey)
    assert isinstance((await chat.attempt(journey)).result, Sent)
    assert _forms(chat) == [MessageForm.TEMPLATE]
    assert not await _is_suppressed(chat, journey)
    await chat.hears(replace(YES, text="yes please, I want one"), dedupe="2")
    assert isinstance((await chat.attempt(journey, chat.a_send(occurrence=2))).result, Sent)
    assert _forms(chat)[-1] is MessageForm.SHORT_TEXT


async def test_a_template_that_is_refused_as_out_of_a_session_does_not_go_out_for_ever(
    clinic: WorkingClinic,
) -> None:
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    chat.fake.break_down(Rejected("chat.131047", scope="session"))
    result = (await chat.attempt(journey)).result
    assert isinstance(result, SendFailed)
    assert chat.fake.calls == 1
    assert not await _is_suppressed(chat, journey)


async def test_what_answers_a_reply_quotes_it(clinic: WorkingClinic, clock: SetClock) -> None:
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    await chat.attempt(journey)
    await chat.hears(YES)
    await chat.attempt(journey, chat.a_send(occurrence=2, in_reply=True))
    clock.move(timedelta(days=5))
    await chat.attempt(journey, chat.a_send(occurrence=3))
    assert [each.reply_to for each in chat.fake.sent] == [None, "in-1", None]


async def test_what_was_written_before_a_button_was_pressed_is_not_quoted(clinic: WorkingClinic) -> None:
    chat = OneChannel(clinic, FakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    await chat.attempt(journey)
    await chat.hears(YES)
    await chat.presses_a_button(journey)
    await chat.attempt(journey, chat.a_send(occurrence=2, in_reply=True))
    assert [each.reply_to for each in chat.fake.sent] == [None, None]


async def test_upkeep_forgets_what_was_heard_long_ago(clinic: WorkingClinic, clock: SetClock) -> None:
    chat = OneChannel(clinic, CheckingFakeChannel(CHAT))
    journey = await chat.enrol(BOTH)
    await chat.attempt(journey)
    await chat.hears(YES)
    assert await chat.known() == (1, 1)
    clock.move(timedelta(days=31))
    await ActivityEnvironment().run(KeepsUp(chat.equipment).upkeep)
    assert await chat.known() == (0, 0)


async def test_who_is_not_there_is_passed_over_and_asked_for_again_later(
    clinic: WorkingClinic, clock: SetClock
) -> None:
    fake = CheckingFakeChannel(CHAT)
    chat = OneChannel(clinic, fake)
    journey = await chat.enrol(BOTH)
    fake.absent.add(PHONE)
    for occurrence in (1, 2):
        result = (await chat.attempt(journey, chat.a_send(occurrence=occurrence))).result
        assert isinstance(result, Skipped)
        assert (result.reason, result.scope) == ("not_reachable", "rung")
    assert (fake.asked, fake.sent) == ([PHONE], [])
    assert not await _is_suppressed(chat, journey)
    fake.absent.clear()
    clock.move(max(GOOD_FOR.values()))
    assert isinstance((await chat.attempt(journey, chat.a_send(occurrence=3))).result, Sent)


@pytest.mark.parametrize("trouble", ["unknown", "away", "refused"])
async def test_what_nobody_can_say_is_written_to(clinic: WorkingClinic, trouble: str) -> None:
    fake = CheckingFakeChannel(CHAT)
    chat = OneChannel(clinic, fake)
    journey = await chat.enrol(BOTH)
    match trouble:
        case "unknown":
            fake.unknown.add(PHONE)
        case "away":
            fake.fail_next(RetryLater("chat.away"))
        case _:
            fake.fail_next(Rejected("chat.no_contacts", scope="account"))
    assert isinstance((await chat.attempt(journey)).result, Sent)
    assert fake.asked == [PHONE]


async def test_nobody_is_asked_of_an_address_that_may_not_be_written_to(clinic: WorkingClinic) -> None:
    fake = CheckingFakeChannel(CHAT)
    chat = OneChannel(clinic, fake)
    journey = await chat.enrol(BOTH)
    await chat.hears(InboundMessage(PHONE, "STOP"))
    await chat.attempt(journey)
    assert (fake.asked, fake.sent) == ([], [])
