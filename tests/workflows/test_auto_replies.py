"""What is written back at once goes out once, by the way that the words came, and a fault of it is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import text
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from nextvisit.clock import Clock
from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.domain.connections import Connection, Connections
from nextvisit.flow.engine.events import Replied
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import Mail, ShortText
from nextvisit.sdk.errors import Bug, NextVisitError, OutcomeUnknown, Rejected, RetryLater
from nextvisit.sdk.records import ChannelKind, MisRef, Purpose
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS, FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.booking import offers
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import auto_replies
from nextvisit.store.messages.auto_replies import Owed, WayBack
from nextvisit.store.people import patients
from nextvisit.store.people.patients import PatientId
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.auto_reply import OFFER_CLOSED, write_back
from nextvisit_workflows.activities.upkeep import KeepsUp
from nextvisit_workflows.runtime.write_back import WritesBack
from tests.postgres import DatabaseUrls
from tests.world.clock import SetClock
from tests.world.message_centre import HANGS_UP, Centre, channel
from tests.world.records import EMAIL, PHONE, a_slot
from tests.world.site import SITE, SOURCE
from tests.world.tampering import tamper
from tests.world.workers import WorkingClinic, until

pytestmark = pytest.mark.anyio
SMS = ChannelKind("sms")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def clinic(database: Database, clock: Clock) -> WorkingClinic:
    """Without a Temporal server: nothing of this needs one."""
    nobody = cast("Client", None)
    return WorkingClinic(database, nobody, clock, FakeChannel(MAILS), FakeChannel(TEXTS), FakeMis())


async def _owe(clinic: WorkingClinic, kind: AutoReplyKind = AutoReplyKind.EMERGENCY, **more: object) -> None:
    async with clinic.db.transaction() as tx:
        back = WayBack("text", SMS, PHONE, patients.address(tx, AddressSpace("phone"), PHONE))
        owed = Owed(kind, "7:0", "7:0", tx.now, back, "pl")
        assert await auto_replies.plan(tx, replace(owed, **more))  # type: ignore[arg-type]


async def _states(clinic: WorkingClinic) -> list[tuple[str, str | None]]:
    async with clinic.db.transaction() as tx:
        rows = await tx.connection.execute(
            text("SELECT state, reason FROM auto_reply ORDER BY planned_at, ref")
        )
        return [(row.state, row.reason) for row in rows]


async def _entries(clinic: WorkingClinic) -> list[str]:
    async with clinic.db.transaction() as tx:
        rows = await tx.connection.execute(
            text("SELECT action FROM audit_event WHERE object_type = 'auto_reply' ORDER BY seq")
        )
        return [row.action for row in rows]


async def _patient(clinic: WorkingClinic) -> PatientId:
    await clinic.add_patients(1)
    async with clinic.db.transaction() as tx:
        found = await patients.by_ref(tx, SOURCE, MisRef("Patient/1"))
    assert found is not None
    return found


async def _asked_back(clinic: WorkingClinic) -> JourneyId:
    """A journey whose second offered time is to be asked about."""
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        slots = [a_slot(str(number), tx.now + timedelta(days=number)) for number in (1, 2)]
        offer = await offers.make(
            tx,
            journey,
            "book",
            1,
            SOURCE,
            pick=lambda _: slots,
            hold=timedelta(hours=1),
            read_at=tx.now,
        )
    assert offer is not None
    await _owe(
        clinic,
        AutoReplyKind.ASK_BACK,
        patient=(await clinic.head(journey)).patient_id,
        journey=journey,
        campaign="recall",
        purpose=Purpose.RECALL,
        offer=offer.id,
        choice=2,
    )
    return journey


async def _heard(clinic: WorkingClinic, journey: JourneyId) -> list[Intent]:
    async with clinic.db.transaction() as tx:
        return [
            each.intent for each in await journey_events.after(tx, journey, 0) if isinstance(each, Replied)
        ]


async def test_it_goes_out_once_to_where_the_words_came_from(clinic: WorkingClinic) -> None:
    await _owe(clinic)
    assert await write_back(clinic.equipment)
    assert not await write_back(clinic.equipment)
    (sent,) = clinic.sms.sent
    assert sent.to == PHONE
    assert isinstance(sent.content, ShortText)
    assert sent.content.text.startswith(f"{SITE.short_name}: ")
    assert "112" in sent.content.text
    assert await _states(clinic) == [("sent", None)]
    assert await _entries(clinic) == ["auto_reply.sent"]


async def test_a_mail_is_answered_by_a_mail(clinic: WorkingClinic) -> None:
    async with clinic.db.transaction() as tx:
        address = patients.address(tx, AddressSpace("email"), EMAIL)
    await _owe(clinic, back=WayBack("mail", ChannelKind("email"), EMAIL, address))
    assert await write_back(clinic.equipment)
    (sent,) = clinic.email.sent
    assert isinstance(sent.content, Mail)
    assert sent.content.subject == SITE.name
    assert "112" in sent.content.html


async def test_a_question_names_the_time_as_the_offer_does(clinic: WorkingClinic) -> None:
    journey = await _asked_back(clinic)
    assert await write_back(clinic.equipment)
    (sent,) = clinic.sms.sent
    assert "04.03 10:00" in sent.content.text
    assert "2." in sent.content.text
    assert await _heard(clinic, journey) == []


async def test_a_question_about_an_offer_that_is_over_is_not_asked_and_a_person_reads_it(
    clinic: WorkingClinic,
) -> None:
    journey = await _asked_back(clinic)
    async with clinic.db.transaction() as tx:
        await offers.close_of_journey(tx, journey)
    assert await write_back(clinic.equipment)
    assert clinic.sms.sent == []
    assert await _states(clinic) == [("skipped", OFFER_CLOSED)]
    assert await _heard(clinic, journey) == [Intent.UNCLEAR]


@pytest.mark.parametrize("error", [OutcomeUnknown("fake.silence"), Rejected("fake.no", scope="message")])
async def test_a_question_that_may_not_have_arrived_is_what_a_person_reads(
    clinic: WorkingClinic, error: NextVisitError
) -> None:
    journey = await _asked_back(clinic)
    clinic.sms.fail_next(error)
    assert await write_back(clinic.equipment)
    assert not await write_back(clinic.equipment)
    assert clinic.sms.sent == []
    assert await _heard(clinic, journey) == [Intent.UNCLEAR]


async def test_where_the_journey_is_over_too_a_person_reads_it(clinic: WorkingClinic) -> None:
    await _asked_back(clinic)
    async with clinic.db.transaction() as tx:
        await tx.connection.execute(text("UPDATE journey SET outcome = 'completed', ended_at = now()"))
    assert await write_back(clinic.equipment)
    assert clinic.sms.sent == []
    async with clinic.db.transaction() as tx:
        assert [task.reason.value for task in await tasks.listing(tx)] == ["reply_without_journey"]


async def test_an_unknown_outcome_is_never_sent_again(clinic: WorkingClinic, clock: SetClock) -> None:
    await _owe(clinic)
    clinic.sms.fail_next(OutcomeUnknown("fake.silence"))
    assert await write_back(clinic.equipment)
    clock.move(timedelta(minutes=10))
    assert not await write_back(clinic.equipment)
    assert clinic.sms.sent == []
    assert await _states(clinic) == [("unknown", None)]
    assert await _entries(clinic) == ["auto_reply.unknown"]


async def test_what_a_worker_had_claimed_when_it_was_killed_is_unknown(
    clinic: WorkingClinic, clock: SetClock
) -> None:
    await _owe(clinic)
    async with clinic.db.transaction() as tx:
        reply = await auto_replies.take(tx)
        assert reply is not None
        await auto_replies.claim(tx, reply, provider="text", content="x")
    assert not await write_back(clinic.equipment)
    clock.move(timedelta(minutes=10))
    await ActivityEnvironment().run(KeepsUp(clinic.equipment).upkeep)
    assert not await write_back(clinic.equipment)
    assert clinic.sms.sent == []
    assert await _states(clinic) == [("unknown", None)]


async def test_what_the_provider_did_not_take_is_sent_later(clinic: WorkingClinic, clock: SetClock) -> None:
    await _owe(clinic)
    clinic.sms.fail_next(RetryLater("fake.busy", after=timedelta(minutes=2), scope="recipient"))
    assert await write_back(clinic.equipment)
    assert not await write_back(clinic.equipment)
    clock.move(timedelta(minutes=3))
    assert await write_back(clinic.equipment)
    assert len(clinic.sms.sent) == 1


async def test_an_answer_that_is_none_any_more_is_not_sent(clinic: WorkingClinic, clock: SetClock) -> None:
    await _owe(clinic)
    clock.move(timedelta(hours=13))
    assert await write_back(clinic.equipment)
    assert await _states(clinic) == [("skipped", "deadline_passed")]


async def test_a_dead_address_is_remembered(clinic: WorkingClinic) -> None:
    await _owe(clinic)
    clinic.sms.fail_next(Rejected("fake.nobody"))
    assert await write_back(clinic.equipment)
    assert await _states(clinic) == [("skipped", "rejected.fake.nobody")]
    await _owe(clinic, ref="8:0")
    assert await write_back(clinic.equipment)
    assert (await _states(clinic))[1] == ("skipped", "suppressed_address")
    assert clinic.sms.sent == []


@pytest.mark.parametrize(
    ("state", "came_to"),
    [
        ("deceased", ("skipped", "patient_deceased")),
        ("held", ("planned", None)),
        ("erased", ("skipped", "patient_erased")),
    ],
)
async def test_who_has_died_or_is_held_or_erased_is_not_written_to(
    clinic: WorkingClinic, state: str, came_to: tuple[str, str | None]
) -> None:
    patient = await _patient(clinic)
    await _owe(clinic, patient=patient)
    async with clinic.db.transaction() as tx:
        if state == "deceased":
            await tx.connection.execute(text("UPDATE patient SET deceased = true"))
        elif state == "held":
            await tx.connection.execute(
                text(
                    "INSERT INTO patient_hold (source, ref_digest, patient_digest, sealed_ref, reason,"
                    " mis_version, since) SELECT source, ref_digest, ref_digest, '', 'x', '', now() FROM patient"
                )
            )
        else:
            await tx.connection.execute(
                text("SELECT patient_erase(id, 'test', 'request', now()) FROM patient")
            )
    assert await write_back(clinic.equipment)
    assert clinic.sms.sent == []
    assert await _states(clinic) == [came_to]


async def test_another_connection_takes_over_for_one_that_is_paused(clinic: WorkingClinic) -> None:
    other = FakeChannel(TEXTS)
    equipment = replace(
        clinic.equipment,
        channels={**clinic.equipment.channels, "spare": other},
        connections=Connections(
            (*clinic.equipment.connections.listed, Connection("spare", TEXTS, priority=2))
        ),
    )
    clinic.sms.break_down(Rejected("fake.account", scope="account"))
    await _owe(clinic)
    await write_back(equipment)
    assert await _states(clinic) == [("planned", None)]
    cast("SetClock", clinic.clock).move(timedelta(minutes=1))
    await write_back(equipment)
    assert [each.to for each in other.sent] == [PHONE]


async def test_one_that_cannot_be_read_is_given_up_and_the_next_goes_out(
    clinic: WorkingClinic, database_urls: DatabaseUrls
) -> None:
    await _owe(clinic)
    tamper(database_urls, "auto_reply", "UPDATE auto_reply SET sealed_to = 'spoilt'")
    await _owe(clinic, ref="8:0")
    assert await write_back(clinic.equipment)
    assert await write_back(clinic.equipment)
    assert [state for state, _ in await _states(clinic)] == ["skipped", "sent"]


async def test_several_hands_send_it_once(clinic: WorkingClinic) -> None:
    for number in range(12):
        await _owe(clinic, ref=f"{number}:0")
    writing = asyncio.create_task(WritesBack(clinic.equipment).run(poll=timedelta(seconds=1)))
    try:
        await until(lambda: _all_sent(clinic))
        await _owe(clinic, ref="later")
        await until(lambda: _all_sent(clinic))
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert len(clinic.sms.sent) == len({each.id for each in clinic.sms.sent}) == 13


async def _all_sent(clinic: WorkingClinic) -> bool:
    return {state for state, _ in await _states(clinic)} == {"sent"}


async def test_a_claim_is_never_taken_over(clinic: WorkingClinic) -> None:
    await _owe(clinic)
    async with clinic.db.transaction() as tx:
        reply = await auto_replies.take(tx)
        assert reply is not None
        await auto_replies.claim(tx, reply, provider="text", content="x")
        with pytest.raises(Bug):
            await auto_replies.claim(tx, reply, provider="text", content="x")


@pytest.mark.parametrize(("answers", "state"), [(0, "sent"), (HANGS_UP, "unknown")])
async def test_a_message_centre_gets_it_once_whether_it_answers_or_not(
    clinic: WorkingClinic, clock: SetClock, monkeypatch: pytest.MonkeyPatch, answers: int | None, state: str
) -> None:
    monkeypatch.setenv("SMPP_PASSWORD", "geheim")
    await _owe(clinic)
    async with Centre(submit=answers).running() as centre:
        texts = channel(centre.port)
        equipment = replace(clinic.equipment, channels={**clinic.equipment.channels, "text": texts})
        try:
            assert await write_back(equipment)
            clock.move(timedelta(minutes=30))
            await ActivityEnvironment().run(KeepsUp(equipment).upkeep)
            assert not await write_back(equipment)
        finally:
            await texts.close()
    (submitted,) = centre.submitted
    assert b"112" in submitted
    assert [each for each, _ in await _states(clinic)] == [state]
