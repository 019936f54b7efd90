"""A message that may have gone out: its provider is asked before a person is, and nobody is written to twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from nextvisit.clock import Clock
from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Started
from nextvisit.flow.engine.step import begin, step
from nextvisit.messages.forms import as_read
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import Accepted, MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.errors import OutcomeUnknown, Rejected, RetryLater
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS, FakeChannel, FindingFakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.messages import auto_replies, ledger
from nextvisit.store.messages.auto_replies import Owed, WayBack
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import consents, patients
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.auto_reply import write_back
from nextvisit_workflows.activities.upkeep import KeepsUp
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.versions import load_all
from tests.world.records import EMAIL, PHONE
from tests.world.rows import plan
from tests.world.workers import WorkingClinic, until

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("factor", [1_000.0])]


@pytest.fixture
def mail() -> FindingFakeChannel:
    return FindingFakeChannel(MAILS)


@pytest.fixture
def clinic(database: Database, client: Client, clock: Clock, mail: FindingFakeChannel) -> WorkingClinic:
    texts = FindingFakeChannel(TEXTS)
    return WorkingClinic(database, client, clock, mail, texts, FakeMis(), doubt=timedelta())


async def _first(clinic: WorkingClinic, journey: JourneyId) -> Message | None:
    return next(iter(await clinic.messages(journey)), None)


async def _comes_to(clinic: WorkingClinic, journey: JourneyId, state: str) -> Message:
    """The first message, once it has."""

    async def has_come() -> bool:
        found = await _first(clinic, journey)
        return found is not None and found.state in {state, "sent", "unknown"}

    async with clinic.worker():
        await clinic.tell_temporal()
        await until(has_come)
    found = await _first(clinic, journey)
    assert found is not None
    assert found.state == state
    return found


async def _tasks(clinic: WorkingClinic) -> list[str]:
    async with clinic.db.transaction() as tx:
        return [task.reason.value for task in await tasks.listing(tx)]


async def _left_claimed(clinic: WorkingClinic, journey: JourneyId) -> Message:
    """As by a worker that was killed while it talked to the provider."""
    await load_all(clinic.db)
    head = await clinic.head(journey)
    program = registry.program(head.campaign, head.version, frozenset(clinic.equipment.connections.kinds))
    begun = begin(program, head.enrolled_at, head.flags)
    _, (effect,) = step(program, begun, Started(clinic.clock.now(), head.flags))
    assert isinstance(effect, SendMessage)
    async with clinic.db.transaction() as tx:
        message = await plan(tx, head, effect)
        kind = ChannelKind("email")
        await ledger.claim(tx, message.id, channel=kind, provider="mail", language="en", content="x")
        return await ledger.get(tx, message.id)


def _was_taken(mail: FindingFakeChannel, message: Message) -> None:
    mail.sent.append(OutgoingMessage(message.id, EMAIL, ShortText("x"), "en"))


async def test_a_message_whose_answer_was_cut_goes_on_as_sent_when_its_provider_has_it(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    mail.cut_next()
    message = await _comes_to(clinic, journey, "sent")
    assert (message.provider_ref, message.missed_at) == ("fake-1", None)
    assert len(mail.sent) == 1
    assert await _tasks(clinic) == []


async def test_what_a_killed_worker_had_sent_is_found_and_not_sent_again(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    _was_taken(mail, await _left_claimed(clinic, journey))
    assert (await _comes_to(clinic, journey, "sent")).provider_ref == "fake-1"
    assert len(mail.sent) == 1
    assert await _tasks(clinic) == []


async def test_what_its_provider_never_got_is_sent_once_more(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    mail.lose_next()
    message = await _comes_to(clinic, journey, "sent")
    assert message.missed_at is not None
    assert [one.id for one in mail.sent] == [message.id]
    assert await _tasks(clinic) == []


async def test_what_is_lost_again_is_not_sent_a_third_time(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    mail.lose_next()
    mail.lose_next()
    message = await _comes_to(clinic, journey, "unknown")
    assert message.attempts == 2
    assert mail.sent == []
    assert await _tasks(clinic) == ["send_unknown"]


async def test_while_it_may_still_be_on_its_way_it_is_asked_for_and_not_sent_again(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    clinic.doubt = timedelta(days=1)
    message = await _left_claimed(clinic, journey)

    async def asked() -> bool:
        return len(mail.asked) >= 3 or bool(mail.sent)

    async with clinic.worker():
        await clinic.tell_temporal()
        await until(asked)
        still = await _first(clinic, journey)
        assert still is not None
        assert (still.state, mail.sent) == ("claimed", [])
        _was_taken(mail, message)  # late, and not twice
    assert (await _comes_to(clinic, journey, "sent")).missed_at is None
    assert len(mail.sent) == 1


async def test_a_provider_that_is_away_is_asked_again(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    clinic.doubt = timedelta(days=1)
    mail.cut_next()
    mail.fail_finding(RetryLater("fake.away"), RetryLater("fake.away"))
    await _comes_to(clinic, journey, "sent")
    assert (len(mail.sent), len(mail.asked)) == (1, 3)
    assert await _tasks(clinic) == []


async def test_where_the_provider_cannot_say_a_person_is_asked(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    mail.cut_next()
    mail.fail_finding(OutcomeUnknown("fake.forgotten"))
    await _comes_to(clinic, journey, "unknown")
    assert len(mail.sent) == 1
    assert await _tasks(clinic) == ["send_unknown"]


@pytest.mark.parametrize(("taken", "state"), [(True, "sent"), (False, "planned")])
async def test_a_claim_to_which_no_attempt_comes_back_is_asked_after(
    clinic: WorkingClinic, mail: FindingFakeChannel, taken: bool, state: str
) -> None:
    (journey,) = await clinic.enrol()
    message = await _left_claimed(clinic, journey)
    if taken:
        _was_taken(mail, message)
    assert await _tidied(clinic) == 0
    found = await _first(clinic, journey)
    assert found is not None
    assert found.state == state
    assert await _tasks(clinic) == []


async def test_of_an_ended_journey_nothing_is_sent_again(
    clinic: WorkingClinic, mail: FindingFakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    await _left_claimed(clinic, journey)
    async with clinic.db.transaction() as tx:
        await tx.connection.execute(text("UPDATE journey SET outcome = 'completed', ended_at = now()"))
    assert await _tidied(clinic) == 1
    found = await _first(clinic, journey)
    assert found is not None
    assert found.state == "unknown"


async def test_a_plugin_that_breaks_when_it_is_asked_leaves_the_others_settled(
    clinic: WorkingClinic, mail: FindingFakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await clinic.enrol(2)
    broken = await _left_claimed(clinic, one)
    _was_taken(mail, await _left_claimed(clinic, other))
    sound = mail.find_message

    async def find(message: MessageId) -> Accepted | None:
        if message == broken.id:
            raise KeyError
        return await sound(message)

    monkeypatch.setattr(mail, "find_message", find)
    assert await _tidied(clinic) == 1
    states = [found.state for each in (one, other) if (found := await _first(clinic, each))]
    assert states == ["unknown", "sent"]


async def test_an_auto_reply_whose_answer_was_cut_is_sent_when_its_provider_has_it(
    clinic: WorkingClinic,
) -> None:
    await _owe(clinic)
    assert isinstance(clinic.sms, FindingFakeChannel)
    clinic.sms.cut_next()
    assert await write_back(clinic.equipment)
    assert await _replies(clinic) == ["sent"]
    assert len(clinic.sms.sent) == 1


async def test_an_auto_reply_that_a_killed_worker_had_sent_is_found(clinic: WorkingClinic) -> None:
    await _owe(clinic)
    async with clinic.db.transaction() as tx:
        reply = await auto_replies.take(tx)
        assert reply is not None
        await auto_replies.claim(tx, reply, provider="text", content="x")
    clinic.sms.sent.append(OutgoingMessage(reply.id, PHONE, ShortText("x"), "en"))
    assert await _tidied(clinic) == 0
    assert await _replies(clinic) == ["sent"]


KEYED = replace(MAILS, idempotent_send=timedelta(hours=1))


@pytest.fixture
def keyed(clinic: WorkingClinic) -> FakeChannel:
    """A provider that takes our id as its key, and cannot be asked."""
    clinic.doubt = timedelta(days=1)
    clinic.email = FakeChannel(KEYED)
    return clinic.email


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_provider_that_takes_our_id_as_its_key_is_given_the_same_again(
    clinic: WorkingClinic, keyed: FakeChannel, arrives: bool
) -> None:
    (journey,) = await clinic.enrol()
    for _ in range(2):
        keyed.cut_next() if arrives else keyed.lose_next()
    message = await _comes_to(clinic, journey, "sent")
    assert [one.id for one in keyed.sent] == [message.id]
    assert (keyed.calls, message.attempts, message.provider_ref) == (3, 1, "fake-1")
    assert await _tasks(clinic) == []


async def test_it_is_given_it_again_after_a_worker_was_killed_to_the_letter(
    clinic: WorkingClinic, keyed: FakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    keyed.cut_next()
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: clinic.has_sent(1))
    message = await _comes_to(clinic, journey, "sent")
    async with clinic.db.transaction() as tx:
        said = await ledger.content(tx, message.id, why="test")
    assert [as_read(one.content) for one in keyed.sent] == [said]


async def test_what_would_read_otherwise_today_is_not_sent_again(
    clinic: WorkingClinic, keyed: FakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    await _left_claimed(clinic, journey)  # it said `x`
    await _comes_to(clinic, journey, "unknown")
    assert keyed.calls == 0
    assert await _tasks(clinic) == ["send_unknown"]


async def test_nothing_is_sent_again_that_its_provider_may_have_forgotten(
    clinic: WorkingClinic, keyed: FakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    short = replace(KEYED, idempotent_send=clinic.equipment.patience)
    keyed.capabilities = short
    keyed.cut_next()
    await _comes_to(clinic, journey, "unknown")
    assert keyed.calls == 1


async def test_a_refusal_of_the_second_says_nothing_of_the_first(
    clinic: WorkingClinic, keyed: FakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    keyed.lose_next()
    refused = keyed.send

    async def send(message: OutgoingMessage) -> Accepted:
        if keyed.calls:
            raise Rejected("fake.no", scope="message")
        return await refused(message)

    keyed.send = send  # type: ignore[method-assign]
    await _comes_to(clinic, journey, "unknown")
    assert await _tasks(clinic) == ["send_unknown"]


async def test_who_has_said_stop_since_is_not_sent_it_again(
    clinic: WorkingClinic, keyed: FakeChannel
) -> None:
    (journey,) = await clinic.enrol()
    keyed.lose_next()
    lost = keyed.send

    async def send(message: OutgoingMessage) -> Accepted:
        async with clinic.db.transaction() as tx:
            patient = (await clinic.head(journey)).patient_id
            await consents.withdraw(tx, patient, purposes=[Purpose.RECALL], origin="reply", origin_ref="1")
        return await lost(message)

    keyed.send = send  # type: ignore[method-assign]
    await _comes_to(clinic, journey, "unknown")
    assert keyed.calls == 1


async def _tidied(clinic: WorkingClinic) -> int:
    """Upkeep to which every claim is an old one; how many it has given up."""
    equipment = replace(clinic.equipment, attempt=timedelta())
    return (await ActivityEnvironment().run(KeepsUp(equipment).upkeep)).claims_unknown


async def _owe(clinic: WorkingClinic) -> None:
    async with clinic.db.transaction() as tx:
        address = patients.address(tx, AddressSpace("phone"), PHONE)
        back = WayBack("text", ChannelKind("sms"), PHONE, address)
        assert await auto_replies.plan(tx, Owed(AutoReplyKind.EMERGENCY, "7:0", "7:0", tx.now, back, "pl"))


async def _replies(clinic: WorkingClinic) -> list[str]:
    async with clinic.db.transaction() as tx:
        return [row.state for row in await tx.connection.execute(text("SELECT state FROM auto_reply"))]
