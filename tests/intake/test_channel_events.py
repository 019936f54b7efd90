"""What providers report and patients write."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Literal

import pytest
import structlog
from sqlalchemy import text

from nextvisit.domain.consent import ConsentRules, Standing, Way, standing
from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Opened, PatientGone, Replied
from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, DeliveryStatus, InboundMessage, MessageId
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import ChannelKind, ContactPoint, MisRef, Purpose, RelatedPerson
from nextvisit.sdk.replies import Intent
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import ledger, replies
from nextvisit.store.people import consents, suppressions
from nextvisit.store.people.patients import PatientId
from nextvisit.store.queues import inbox
from nextvisit.store.tasks import tasks
from tests.postgres import DatabaseUrls
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock, later
from tests.world.records import CANARY, PHONE, a_patient
from tests.world.site import CONNECTIONS, SITE
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")
SAME_PHONE = (ContactPoint("phone", PHONE),)


def _report(status: DeliveryStatus, ref: str = "p1", code: str | None = None) -> DeliveryReport:
    return DeliveryReport(status, ref, code=code)


async def test_reports_reach_the_journey_that_asked_for_them(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    message = await clinic.a_message(journey)
    for status in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ):
        await clinic.tell(_report(status))
    await clinic.drain()
    told = [
        (type(each), each.message)
        for each in await clinic.heard(journey)
        if isinstance(each, Delivered | Opened)
    ]
    assert told == [(Delivered, message.id), (Opened, message.id)]


@pytest.mark.parametrize(
    ("news", "heard"), [((), []), (("delivered",), [Delivered]), (("opened",), [Opened])]
)
async def test_a_journey_is_not_told_what_it_does_not_wait_for(
    clinic: Clinic, news: tuple[Literal["delivered", "opened"], ...], heard: list[type]
) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey, news=news)
    await clinic.tell(_report(DeliveryStatus.DELIVERED), _report(DeliveryStatus.READ))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == heard


async def test_a_failure_always_reaches_the_journey(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey, news=())
    await clinic.tell(_report(DeliveryStatus.FAILED, code="23"), _report(DeliveryStatus.FAILED, code="23"))
    await clinic.drain()
    (failed,) = await clinic.heard(journey)
    assert isinstance(failed, DeliveryFailed)
    assert failed.code == "23"


async def test_a_journey_hears_that_what_failed_has_arrived_after_all(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    for status in (DeliveryStatus.FAILED, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED):
        await clinic.tell(_report(status))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [DeliveryFailed, Delivered]


@pytest.mark.parametrize(
    ("to", "heard"),
    [
        (("48601999999",), []),
        (("48601999999", "+48601999998"), []),
        ((PHONE.removeprefix("+"),), [DeliveryFailed]),
        (("48601999999", PHONE), [DeliveryFailed]),
        # Nobody can say that the one which cannot be read is not the patient's.
        (("48601999999", "48601***001"), [DeliveryFailed]),
    ],
)
async def test_a_receipt_of_somebody_else_s_text_ends_nothing(
    clinic: Clinic, to: tuple[str, ...], heard: list[type]
) -> None:
    """A centre that begins to count its ids anew after a restart."""
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    await clinic.tell(DeliveryReport(DeliveryStatus.FAILED, "p1", to=to))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == heard
    assert (await clinic.states())[-1][1:] == (("done", None) if heard else ("new", "unknown_message"))


async def test_a_report_before_its_message_waits_for_it(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.tell(_report(DeliveryStatus.DELIVERED))
    await clinic.drain()
    assert (await clinic.states())[-1] == ("channel", "new", "unknown_message")
    await clinic.a_message(journey)
    await _make_due(clinic)
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [Delivered]


async def test_a_report_on_nothing_of_ours_is_parked_and_can_be_replayed(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.tell(_report(DeliveryStatus.DELIVERED))
    for _ in range(inbox.MAX_ATTEMPTS):
        assert await clinic.drain() == 1
        await _make_due(clinic)
    assert (await clinic.states())[-1] == ("channel", "parked", "unknown_message")
    await clinic.a_message(journey)
    async with clinic.db.transaction() as tx:
        await inbox.replay(tx)
    await clinic.drain()
    assert (await clinic.states())[-1] == ("channel", "done", None)
    assert [type(each) for each in await clinic.heard(journey)] == [Delivered]


async def _make_due(clinic: Clinic) -> None:
    async with clinic.db.transaction() as tx:
        await tx.connection.execute(text("UPDATE inbox SET retry_at_wall = NULL"))


async def test_an_unready_report_does_not_hold_up_the_others(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    await clinic.tell(_report(DeliveryStatus.DELIVERED, "stranger"))
    await clinic.tell(InboundMessage(PHONE, "Ile to kosztuje?"))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [Replied]


async def _standing(clinic: Clinic, patient: PatientId, purpose: Purpose, channel: ChannelKind) -> Standing:
    async with clinic.db.transaction() as tx:
        said = await consents.events(tx, patient)
        way = Way(channel, CONNECTIONS.spaces[channel])
        return standing(said, purpose, way, tx.now, ConsentRules(frozenset(), timedelta(days=1)))


async def test_stop_withdraws_consent_and_ends_every_journey(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    first = await clinic.a_journey(ONE)
    await clinic.a_message(first)
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    assert [each.reason for each in await clinic.heard(first) if isinstance(each, PatientGone)] == [
        "opted_out"
    ]
    patient = await clinic.patient(ONE)
    for purpose in Purpose:
        wanted = Standing.GRANTED if purpose is Purpose.SERVICE else Standing.DENIED
        for channel in (ChannelKind("sms"), ChannelKind("email")):
            assert await _standing(clinic, patient, purpose, channel) is wanted


async def test_stop_counts_without_a_journey_too(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    await clinic.tell(InboundMessage(PHONE, "stop!"))
    await clinic.drain()
    patient = await clinic.patient(ONE)
    assert await _standing(clinic, patient, Purpose.RECALL, ChannelKind("sms")) is Standing.DENIED


HALF = "\ud83d"  # of an emoji


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (InboundMessage(PHONE, f"STOP {HALF}"), [PatientGone]),
        (InboundMessage(PHONE, f"tak {HALF}", provider_ref="\0"), [Replied]),
        (InboundMessage(PHONE, "STOP\0"), [PatientGone]),
        (InboundMessage(f"{PHONE}\0", "tak"), [Replied]),
        (InboundMessage(HALF, f"STOP {HALF}"), []),
        (DeliveryReport(DeliveryStatus.DELIVERED, "p1", code=f"a\0{HALF}"), [Delivered]),
        (DeliveryReport(DeliveryStatus.FAILED, "p1", to=(HALF, "\0")), [DeliveryFailed]),
    ],
    ids=ascii,
)
async def test_a_character_that_nobody_can_keep_costs_itself_alone(
    clinic: Clinic, event: ChannelEvent, heard: list[type], monkeypatch: pytest.MonkeyPatch
) -> None:
    """hapifhir/hapi-fhir#2404 and nightscout/nocturne#1212, said by a provider."""
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    monkeypatch.setattr(clinic.sms, "parse_inbound", lambda _body: [event])
    await clinic.tell()
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == heard
    assert (await clinic.states())[-1] == ("channel", "done", None)


@pytest.mark.parametrize("known", [True, False])
async def test_a_stop_that_is_not_all_there_stops_and_is_read_by_a_person(
    clinic: Clinic, known: bool
) -> None:
    await clinic.sync(a_patient(contact_points=SAME_PHONE if known else ()))
    await clinic.tell(InboundMessage(PHONE, "STOP, mam już\N{REPLACEMENT CHARACTER}"))
    await clinic.drain()
    await clinic.sync(a_patient(2, contact_points=SAME_PHONE))
    patient = await clinic.patient(MisRef("Patient/2"))
    assert await _standing(clinic, patient, Purpose.RECALL, ChannelKind("sms")) is Standing.DENIED
    async with clinic.db.transaction() as tx:
        (task,) = await tasks.listing(tx)
    assert task.reason == ("unclear" if known else "unknown_sender")


async def test_a_choice_that_is_not_all_there_books_nothing(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    offer = await clinic.an_offer(journey)
    await clinic.a_message(journey, offer=offer.id)
    await clinic.tell(InboundMessage(PHONE, "1\N{REPLACEMENT CHARACTER}"))
    await clinic.drain()
    (heard,) = await clinic.heard(journey)
    assert isinstance(heard, Replied)
    assert (heard.intent, heard.choice) == (Intent.UNCLEAR, None)


async def test_stop_from_a_shared_phone_silences_everybody_there_on_every_channel(clinic: Clinic) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE))
    journey = await clinic.a_journey(ONE)
    other = await clinic.a_journey(MisRef("Patient/2"))
    await clinic.a_message(journey)
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    second = await clinic.patient(MisRef("Patient/2"))
    for channel in (ChannelKind("sms"), ChannelKind("email")):
        assert await _standing(clinic, second, Purpose.RECALL, channel) is Standing.DENIED
    assert await _standing(clinic, second, Purpose.SERVICE, ChannelKind("sms")) is Standing.GRANTED
    for told in (journey, other):
        assert [type(each) for each in await clinic.heard(told)] == [PatientGone]


async def test_somebody_elses_stop_ends_no_journey_of_the_care_that_one_is_in(
    clinic: Clinic, database_urls: DatabaseUrls
) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE))
    await clinic.a_message(await clinic.a_journey(ONE))
    other = await clinic.a_journey(MisRef("Patient/2"))
    async with clinic.db.transaction() as tx:
        await campaigns.store_version(
            tx, "reactivation", "service", {"a": "b"}, purpose=Purpose.SERVICE, applied_by="ann"
        )
    serves = "UPDATE journey SET version = 'service' WHERE id = %(id)s"
    tamper(database_urls, "journey", serves, id=other)
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    assert await clinic.heard(other) == ()


async def test_stop_from_a_number_that_nobody_has_waits_for_whoever_gets_it(clinic: Clinic) -> None:
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    await clinic.sync(a_patient())
    patient = await clinic.patient(ONE)
    assert await _standing(clinic, patient, Purpose.RECALL, ChannelKind("email")) is Standing.DENIED
    async with clinic.db.transaction() as tx:
        assert [task.reason for task in await tasks.listing(tx)] == ["unknown_sender"]


OLD = (ContactPoint("phone", PHONE, use="old"), ContactPoint("phone", "+48601999111"))
ENDED = (ContactPoint("phone", PHONE, ends=later(-1)), ContactPoint("phone", "+48601999111"))
GONE = (ContactPoint("phone", "+48601999111"),)


@pytest.mark.parametrize("points", [OLD, ENDED, GONE], ids=["old", "ended", "gone"])
async def test_stop_from_a_number_that_was_the_patients_is_the_patients(
    clinic: Clinic, points: tuple[ContactPoint, ...]
) -> None:
    """In the last case nothing says so but that we wrote to them there."""
    await clinic.sync(a_patient())
    await clinic.a_message(await clinic.a_journey(ONE))
    await clinic.rows("UPDATE journey SET outcome = 'completed' RETURNING id")
    await clinic.sync(a_patient(version="2", updated_at=later(1), contact_points=points))
    await clinic.tell(InboundMessage(PHONE, "1"), InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    patient = await clinic.patient(ONE)
    for channel in (ChannelKind("sms"), ChannelKind("email")):
        assert await _standing(clinic, patient, Purpose.RECALL, channel) is Standing.DENIED
    # Whoever has the number now may be somebody else: a person sees both.
    async with clinic.db.transaction() as tx:
        assert [task.reason for task in await tasks.listing(tx)] == ["unknown_sender"] * 2


async def test_stop_waits_at_a_number_for_whoever_will_have_had_it(clinic: Clinic) -> None:
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    await clinic.sync(a_patient(contact_points=OLD))
    patient = await clinic.patient(ONE)
    assert await _standing(clinic, patient, Purpose.RECALL, ChannelKind("sms")) is Standing.DENIED


# Nothing in its digits says whether it is a mobile of the Faroes or a landline of Siedlce.
EITHER, ABROAD, HERE = "298211234", "+298211234", "+48298211234"


@pytest.mark.parametrize("theirs", [ABROAD, HERE])
async def test_a_sender_that_may_have_two_addresses_is_whoever_is_known_at_one(
    clinic: Clinic, theirs: str
) -> None:
    await clinic.sync(a_patient(contact_points=(ContactPoint("phone", theirs),)))
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey, to=theirs)
    await clinic.tell(InboundMessage(EITHER, "tak"))
    await clinic.tell(InboundMessage(f"+{EITHER}", "STOP"))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [Replied, PatientGone]
    # The other address is a stranger's.
    other = ABROAD if theirs == HERE else HERE
    await clinic.sync(a_patient(2, contact_points=(ContactPoint("phone", other),)))
    second = await clinic.patient(MisRef("Patient/2"))
    assert await _standing(clinic, second, Purpose.RECALL, ChannelKind("sms")) is Standing.GRANTED


async def test_a_stop_stops_at_both_addresses_that_its_sender_may_have(clinic: Clinic) -> None:
    await clinic.sync(
        a_patient(contact_points=(ContactPoint("phone", ABROAD),)),
        a_patient(2, contact_points=(ContactPoint("phone", HERE),)),
    )
    first, second = await clinic.a_journey(ONE), await clinic.a_journey(MisRef("Patient/2"))
    await clinic.a_message(first, to=ABROAD)
    await clinic.tell(InboundMessage(EITHER, "STOP"))
    await clinic.drain()
    for journey, ref in ((first, ONE), (second, MisRef("Patient/2"))):
        assert [type(each) for each in await clinic.heard(journey)] == [PatientGone]
        patient = await clinic.patient(ref)
        assert await _standing(clinic, patient, Purpose.RECALL, ChannelKind("sms")) is Standing.DENIED


async def test_a_stop_of_somebody_unknown_waits_at_both_addresses(clinic: Clinic) -> None:
    await clinic.tell(InboundMessage(EITHER, "STOP"))
    await clinic.drain()
    for number, address in ((1, ABROAD), (2, HERE)):
        await clinic.sync(a_patient(number, contact_points=(ContactPoint("phone", address),)))
        patient = await clinic.patient(MisRef(f"Patient/{number}"))
        assert await _standing(clinic, patient, Purpose.RECALL, ChannelKind("email")) is Standing.DENIED


async def test_a_choice_that_fits_two_addresses_is_asked_back(clinic: Clinic) -> None:
    await clinic.sync(
        a_patient(contact_points=(ContactPoint("phone", ABROAD),)),
        a_patient(2, contact_points=(ContactPoint("phone", HERE),)),
    )
    journeys = [await clinic.a_journey(ONE), await clinic.a_journey(MisRef("Patient/2"))]
    for journey, to in zip(journeys, (ABROAD, HERE), strict=True):
        await clinic.a_message(journey, to=to, provider_ref=to)
    await clinic.tell(InboundMessage(EITHER, "1"))
    await clinic.drain()
    assert [await clinic.heard(journey) for journey in journeys] == [(), ()]
    async with clinic.db.transaction() as tx:
        assert [task.reason for task in await tasks.listing(tx)] == ["shared_address"]


async def test_a_reply_is_told_once_and_its_text_waits_sealed_for_the_task(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    message = await clinic.a_message(journey)
    words = f"{CANARY}: ile to kosztuje?"
    await clinic.tell(InboundMessage("601 100 001", words), dedupe="one")
    await clinic.tell(InboundMessage("601 100 001", words), dedupe="one")
    await clinic.drain()
    (heard,) = await clinic.heard(journey)
    assert isinstance(heard, Replied)
    assert heard.intent is Intent.QUESTION
    async with clinic.db.transaction() as tx:
        assert await replies.last_note(tx, journey, why="test") == words
        assert await tasks.listing(tx) == []
        assert (await ledger.get(tx, MessageId(message.id))).replied_at is not None
    ((kept,),) = await clinic.rows("SELECT sealed_text FROM reply")
    assert isinstance(kept, bytes)
    assert CANARY.encode() not in kept


async def test_a_number_chooses_from_the_open_offer(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    offer = await clinic.an_offer(journey)
    await clinic.a_message(journey, offer=offer.id)
    await clinic.tell(InboundMessage(PHONE, "2"))
    await clinic.drain()
    (heard,) = await clinic.heard(journey)
    assert isinstance(heard, Replied)
    assert (heard.intent, heard.choice) == (Intent.CHOICE, 2)


@pytest.mark.parametrize("says_when", [True, False], ids=["channel says when", "inbox knows when"])
async def test_tomorrow_is_the_writers_however_late_it_is_read(clinic: Clinic, says_when: bool) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    async with clinic.db.transaction() as tx:
        written = tx.now - timedelta(days=2)
    await clinic.tell(InboundMessage(PHONE, "jutro o 15", at=written if says_when else None))
    if not says_when:
        async with clinic.db.transaction() as tx:
            await tx.connection.execute(
                text("UPDATE inbox SET received_at = :at WHERE kind = 'channel'"), {"at": written}
            )
    await clinic.drain()
    (heard,) = await clinic.heard(journey)
    assert isinstance(heard, Replied)
    assert heard.wanted is not None
    day = written.astimezone(SITE.zone).date() + timedelta(days=1)
    assert heard.wanted.astimezone(SITE.zone).date() == day


@pytest.mark.parametrize(
    ("words", "reason"),
    [("1", "shared_address"), ("tak", "shared_address"), ("boli mnie w klatce", "urgent")],
)
async def test_what_fits_two_open_conversations_is_asked_back_and_never_guessed(
    clinic: Clinic, clock: SetClock, words: str, reason: str
) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE))
    first = await clinic.a_journey(ONE)
    second = await clinic.a_journey(MisRef("Patient/2"))
    offer = await clinic.an_offer(first)
    await clinic.a_message(first, provider_ref="a", offer=offer.id)
    clock.move(timedelta(seconds=1))
    await clinic.a_message(second, provider_ref="b")
    await clinic.tell(InboundMessage(PHONE, words))
    await clinic.drain()
    assert await clinic.heard(first) == await clinic.heard(second) == ()
    async with clinic.db.transaction() as tx:
        (task,) = await tasks.listing(tx)
        assert (task.reason, await tasks.note(tx, task.id)) == (reason, f"{PHONE}\n{words}")


async def test_of_two_who_share_a_phone_the_one_with_whom_it_speaks_answers(clinic: Clinic) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE))
    first = await clinic.a_journey(ONE)
    second = await clinic.a_journey(MisRef("Patient/2"))
    await clinic.a_message(first)
    await clinic.tell(InboundMessage(PHONE, "tak"))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(first)] == [Replied]
    assert await clinic.heard(second) == ()


@pytest.mark.parametrize("fact", [{"deceased": True}, {"replaced_by": ONE}], ids=["dead", "merged"])
async def test_a_phone_is_not_shared_with_the_dead_nor_with_a_record_that_was_merged(
    clinic: Clinic, fact: dict[str, Any]
) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE, **fact))
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey, to="+48601999111")
    await clinic.tell(InboundMessage(PHONE, "tak"))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [Replied]


async def test_a_guardian_answers_for_a_child(clinic: Clinic) -> None:
    mother = RelatedPerson(
        MisRef("RelatedPerson/1"),
        "1",
        NOW,
        ONE,
        guardian=True,
        contact_points=(ContactPoint("phone", "+48601999001"),),
    )
    await clinic.sync(a_patient(birth_date="2020-01-01"), mother)
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey, to="+48601999001")
    await clinic.tell(InboundMessage("+48601999001", "tak"))
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [Replied]
    await clinic.tell(InboundMessage("+48601999001", "STOP"))
    await clinic.drain()
    child = await clinic.patient(ONE)
    assert await _standing(clinic, child, Purpose.RECALL, ChannelKind("sms")) is Standing.DENIED


async def test_a_number_that_is_said_to_be_wrong_is_remembered(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    await clinic.tell(InboundMessage(PHONE, "pomyłka, zły numer"))
    await clinic.drain()
    async with clinic.db.transaction() as tx:
        (kept,) = await suppressions.listing(tx)
    assert (kept.kind, kept.code) == ("address", "reply.wrong_number")
    assert [type(each) for each in await clinic.heard(journey)] == [Replied]


async def test_a_conversation_elsewhere_does_not_make_a_shared_phone_ones_own(clinic: Clinic) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE))
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey, to="+48601999111")
    await clinic.tell(InboundMessage(PHONE, "1"))
    await clinic.drain()
    assert await clinic.heard(journey) == ()


async def test_a_stranger_and_a_reply_to_nothing_become_tasks_with_the_text(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    await clinic.tell(InboundMessage("+48601999999", "dzień dobry"))
    await clinic.tell(InboundMessage(PHONE, "proszę o telefon"))
    await clinic.drain()
    async with clinic.db.transaction() as tx:
        found = {each.reason: await tasks.note(tx, each.id) for each in await tasks.listing(tx)}
    assert found == {
        "unknown_sender": "+48601999999\ndzień dobry",
        "reply_without_journey": "proszę o telefon",
    }


async def test_a_row_that_provokes_a_bug_is_parked_and_the_others_are_done(
    clinic: Clinic, database_urls: DatabaseUrls
) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    tamper(database_urls, "message", "UPDATE message SET state = 'planned'")
    await clinic.tell(InboundMessage("+48601999999", "a"))
    await clinic.tell(_report(DeliveryStatus.DELIVERED))
    await clinic.tell(InboundMessage("+48601999999", "b"))
    await clinic.drain()
    assert [(state, reason) for kind, state, reason in await clinic.states() if kind == "channel"] == [
        ("done", None),
        ("parked", "ledger.report_of_unsent"),
        ("done", None),
    ]


async def test_no_text_and_no_number_gets_into_the_logs(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(body: bytes) -> None:
        raise ValueError(body.decode())

    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        await clinic.sync(a_patient())
        journey = await clinic.a_journey(ONE)
        await clinic.a_message(journey)
        await clinic.tell(InboundMessage(PHONE, CANARY))
        await clinic.tell(InboundMessage("+48601999999", CANARY))
        await clinic.drain()
        monkeypatch.setattr(clinic.sms, "parse_inbound", broken)
        monkeypatch.setattr(clinic.mis, "parse", broken)
        await clinic.tell(InboundMessage(PHONE, CANARY))
        await clinic.sync(a_patient(3))
    assert [each["event"] for each in logs].count("intake.parser_failed") == 2
    for leak in (CANARY, "601100001", "601999999"):
        assert leak not in repr(logs)
        assert leak not in caplog.text


async def test_a_store_that_is_away_leaves_the_row_as_it_was(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    await clinic.tell(InboundMessage(PHONE, "tak"))

    async def away(*_args: object) -> None:
        raise RetryLater("store.unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "done", away)
        with pytest.raises(RetryLater):
            await clinic.drain()
    assert await clinic.heard(journey) == ()
    assert (await clinic.states())[-1] == ("channel", "new", None)
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [Replied]
