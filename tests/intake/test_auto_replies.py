"""What is owed to somebody's words at once is planned in the transaction that takes them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nextvisit.domain.auto_reply import SENSE_FOR, AutoReplyKind
from nextvisit.flow.engine.events import Replied
from nextvisit.intake import inbound, meaning
from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus, InboundMessage, MessageId
from nextvisit.sdk.records import ContactPoint, MisRef
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.messages import auto_replies, replies
from nextvisit.store.tasks import tasks
from nextvisit.understanding.model import MISSING, Understood
from tests.postgres import DatabaseUrls
from tests.world.clinic import Clinic
from tests.world.clock import SetClock
from tests.world.records import CANARY, PHONE, a_patient
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio
ONE, TWO = MisRef("Patient/1"), MisRef("Patient/2")
SAME_PHONE = (ContactPoint("phone", PHONE),)
URGENT = "boli mnie w klatce piersiowej od rana"
UNSURE = "chyba ten drugi"


async def _owed(clinic: Clinic) -> list[tuple[object, ...]]:
    """(kind, language, state) of all that was planned, in order."""
    found = await clinic.rows("SELECT kind, language, state FROM auto_reply ORDER BY planned_at, said_ref")
    return [tuple(each) for each in found]


async def _reasons(clinic: Clinic) -> list[str]:
    async with clinic.db.transaction() as tx:
        return [task.reason.value for task in await tasks.listing(tx)]


async def _offered(clinic: Clinic) -> JourneyId:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    offer = await clinic.an_offer(journey)
    await clinic.a_message(journey, node="book", offer=offer.id)
    return journey


async def test_an_urgent_text_is_owed_the_emergency_number(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    await clinic.tell(InboundMessage(PHONE, URGENT))
    await clinic.drain()
    assert await _owed(clinic) == [("emergency", "pl", "planned")]
    assert [each.intent for each in await clinic.heard(journey) if isinstance(each, Replied)] == [
        Intent.URGENT
    ]
    ((to, name),) = await clinic.rows("SELECT sealed_to, campaign FROM auto_reply")
    assert name == "reactivation"
    assert isinstance(to, bytes)
    assert PHONE.encode() not in to


@pytest.mark.parametrize("who", ["nothing open", "unknown", "shared"])
async def test_whoever_writes_it_is_owed_the_number(clinic: Clinic, who: str) -> None:
    if who != "unknown":
        await clinic.sync(a_patient(contact_points=SAME_PHONE))
    if who == "shared":
        await clinic.sync(a_patient(2, contact_points=SAME_PHONE))
        for ref in (ONE, TWO):
            await clinic.a_message(await clinic.a_journey(ref), provider_ref=str(ref))
    await clinic.tell(InboundMessage(PHONE, URGENT))
    await clinic.drain()
    assert await _owed(clinic) == [("emergency", "pl", "planned")]
    ((patient,),) = await clinic.rows("SELECT patient_id FROM auto_reply")
    assert (patient is None) is (who != "nothing open")


async def test_the_number_is_owed_once_an_hour_to_an_address(clinic: Clinic, clock: SetClock) -> None:
    for words in (URGENT, "не могу дышать", URGENT):
        await clinic.tell(InboundMessage(PHONE, words))
    await clinic.tell(InboundMessage("+48601100002", URGENT))
    await clinic.drain()
    assert len(await _owed(clinic)) == 2
    clock.move(timedelta(minutes=61))
    await clinic.tell(InboundMessage(PHONE, URGENT))
    await clinic.drain()
    assert len(await _owed(clinic)) == 3


async def test_a_text_that_comes_again_is_answered_once(clinic: Clinic) -> None:
    await clinic.tell(InboundMessage(PHONE, URGENT), dedupe="one")
    await clinic.drain()
    await clinic.rows("UPDATE inbox SET state = 'new' RETURNING id")
    await clinic.rows("UPDATE auto_reply SET state = 'skipped' RETURNING id")
    await clinic.drain()
    assert len(await _owed(clinic)) == 1


async def test_a_clock_of_the_provider_that_is_hours_behind_costs_nobody_the_number(
    clinic: Clinic, clock: SetClock
) -> None:
    await clinic.tell(InboundMessage(PHONE, URGENT, at=clock.now() - timedelta(hours=5)))
    await clinic.drain()
    ((deadline,),) = await clinic.rows("SELECT deadline FROM auto_reply")
    assert deadline == clock.now() + SENSE_FOR[AutoReplyKind.EMERGENCY]


async def test_the_answer_is_in_the_language_that_somebody_reads(clinic: Clinic) -> None:
    await clinic.sync(a_patient(languages=("de",)))
    await clinic.tell(InboundMessage(PHONE, "Ich habe starke Brustschmerzen, chest pain"))
    await clinic.tell(InboundMessage("+48601100002", "не могу дышать"))
    await clinic.drain()
    assert [language for _, language, _ in await _owed(clinic)] == ["de", "ru"]


async def test_a_stop_is_confirmed_only_where_the_site_wants_it(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    await clinic.a_message(await clinic.a_journey(ONE))
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    assert await _owed(clinic) == []


async def test_a_stop_is_confirmed_once_until_somebody_writes_there_again(
    clinic: Clinic, clock: SetClock, database_urls: DatabaseUrls
) -> None:
    clinic.intake.site = replace(clinic.intake.site, confirm_stop=True)
    await clinic.sync(a_patient())
    await clinic.a_message(await clinic.a_journey(ONE))
    for _ in range(3):
        clock.move(timedelta(hours=30))
        await clinic.tell(InboundMessage(PHONE, "STOP"))
        await clinic.drain()
    assert await _owed(clinic) == [("stop_confirmed", "pl", "planned")]
    tamper(database_urls, "message", "UPDATE message SET claimed_at = claimed_at + interval '9 days'")
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    assert len(await _owed(clinic)) == 2


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """`UNSURE` is probably the second time."""
    read = meaning.understood

    async def understood(*args: object, **asked: object) -> Understood:
        if args[1] == UNSURE:
            return Understood(Intent.UNCLEAR, choice=2, confidence=0, source="none")
        return await read(*args, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(inbound, "understood", understood)


@pytest.mark.usefixtures("unsure")
async def test_what_probably_means_a_time_is_asked_back_and_nobody_else_hears_of_it(clinic: Clinic) -> None:
    journey = await _offered(clinic)
    await clinic.tell(InboundMessage(PHONE, UNSURE))
    await clinic.drain()
    assert await _owed(clinic) == [("ask_back", "pl", "planned")]
    assert [each for each in await clinic.heard(journey) if isinstance(each, Replied)] == []
    assert await _reasons(clinic) == []
    async with clinic.db.transaction() as tx:
        assert await replies.last_note(tx, journey, why="test") == UNSURE
    ((state, replied),) = await clinic.rows(
        "SELECT o.state, m.replied_at FROM offer o JOIN message m ON m.offer_id = o.id"
    )
    assert state == "open"
    assert replied is not None


@pytest.mark.usefixtures("unsure")
async def test_it_is_asked_once_for_an_offer_and_then_a_person_reads_it(clinic: Clinic) -> None:
    journey = await _offered(clinic)
    for _ in range(2):
        await clinic.tell(InboundMessage(PHONE, UNSURE))
    await clinic.tell(InboundMessage(PHONE, "2"))
    await clinic.drain()
    heard = [(each.intent, each.choice) for each in await clinic.heard(journey) if isinstance(each, Replied)]
    assert [intent for intent, _ in heard] == [Intent.UNCLEAR, Intent.CHOICE]
    assert heard[1][1] == 2
    assert len(await _owed(clinic)) == 1


@pytest.mark.usefixtures("unsure")
@pytest.mark.parametrize("why", ["no offer", "past", "late"])
async def test_what_cannot_be_answered_is_not_asked(clinic: Clinic, clock: SetClock, why: str) -> None:
    journey = await _offered(clinic)
    if why == "no offer":
        await clinic.rows("UPDATE offer SET state = 'closed' RETURNING id")
    if why == "past":
        clock.move(timedelta(days=3))
    await clinic.tell(InboundMessage(PHONE, UNSURE, at=clock.now()))
    if why == "late":
        clock.move(timedelta(hours=3))
    await clinic.drain()
    assert await _owed(clinic) == []
    assert [each.intent for each in await clinic.heard(journey) if isinstance(each, Replied)] == [
        Intent.UNCLEAR
    ]


async def test_a_report_on_an_answer_is_its_own(clinic: Clinic) -> None:
    await clinic.tell(InboundMessage(PHONE, URGENT))
    await clinic.drain()
    async with clinic.db.transaction() as tx:
        reply = await auto_replies.take(tx)
        assert reply is not None
        await auto_replies.claim(tx, reply, provider="sms", content="x")
    await clinic.tell(
        DeliveryReport(DeliveryStatus.DELIVERED, None, message=MessageId(reply.id), to=(PHONE,))
    )
    await clinic.drain()
    assert (await clinic.states())[-1] == ("channel", "done", None)
    ((state, status),) = await clinic.rows("SELECT state, status FROM auto_reply")
    assert (state, status) == ("sent", "delivered")


@pytest.mark.usefixtures("unsure")
async def test_a_question_that_did_not_arrive_is_what_a_person_reads(clinic: Clinic) -> None:
    journey = await _offered(clinic)
    await clinic.tell(InboundMessage(PHONE, UNSURE))
    await clinic.drain()
    async with clinic.db.transaction() as tx:
        reply = await auto_replies.take(tx)
        assert reply is not None
        claim = await auto_replies.claim(tx, reply, provider="sms", content="x")
        await auto_replies.settle_sent(tx, reply.id, claim, Accepted("a1"))
    for _ in range(2):
        await clinic.tell(DeliveryReport(DeliveryStatus.FAILED, "a1", to=(PHONE,)))
    await clinic.drain()
    assert [each.intent for each in await clinic.heard(journey) if isinstance(each, Replied)] == [
        Intent.UNCLEAR
    ]


async def test_no_table_and_no_entry_shows_the_address_or_the_words(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    await clinic.tell(InboundMessage(PHONE, f"{URGENT} {CANARY} {MISSING}"))
    await clinic.drain()
    shown = str(await clinic.rows("SELECT * FROM auto_reply")) + str(
        await clinic.rows("SELECT * FROM audit_event")
    )
    assert [each for each in (CANARY, PHONE, "601100001", "klatce") if each in shown] == []
