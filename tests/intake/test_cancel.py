"""A word that gives up a visit or our messages: which of them, the store knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.events import Replied
from nextvisit.flow.engine.state import Outcome
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.records import AppointmentStatus, MisRef, Purpose
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.booking import bookings
from nextvisit.store.journeys import ending, journeys
from nextvisit.store.messages import ledger
from nextvisit.store.people import consents
from nextvisit.store.tasks import tasks
from tests.postgres import DatabaseUrls
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock, later
from tests.world.records import PHONE, a_patient, a_visit
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")


async def booked(clinic: Clinic) -> JourneyId:
    """A conversation in which a visit was booked for tomorrow, and confirmed."""
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    offer = await clinic.an_offer(journey)
    async with clinic.db.transaction() as tx:
        booking = await bookings.request(tx, journey, "book", 1, offer, choice=1)
        await bookings.settle(tx, booking.id, "booked", appointment_ref=MisRef("Appointment/1"))
    await clinic.a_message(journey, node="booked")
    return journey


async def writes(clinic: Clinic, words: str) -> None:
    await clinic.tell(InboundMessage(PHONE, words))
    await clinic.drain()


async def withdrawn(clinic: Clinic) -> bool:
    async with clinic.db.transaction() as tx:
        said = await consents.events(tx, await clinic.patient(ONE))
    return any(each.decision == "withdraw" for each in said)


@pytest.mark.parametrize("words", ["cancel", "rezygnuję"])
async def test_after_a_booking_a_word_that_gives_up_is_about_the_visit_and_not_the_consent(
    clinic: Clinic, words: str
) -> None:
    journey = await booked(clinic)
    await writes(clinic, words)
    (heard,) = await clinic.heard(journey)
    assert isinstance(heard, Replied)
    assert heard.intent is Intent.CANCEL
    assert not await withdrawn(clinic)


async def test_so_it_is_when_the_conversation_is_over_and_reception_is_told(
    clinic: Clinic, clock: SetClock
) -> None:
    journey = await booked(clinic)
    async with clinic.db.transaction() as tx:
        head = await journeys.head(tx, journey)
        assert head.state is not None
        await ending.finish(tx, journey, head.state, Outcome.GOAL)
    clock.move(timedelta(hours=12))
    await writes(clinic, "rezygnuję")
    assert not await withdrawn(clinic)
    async with clinic.db.transaction() as tx:
        assert [each.reason for each in await tasks.listing(tx)] == [TaskReason.CANCEL]


async def test_so_it_is_when_a_later_campaign_has_written_since(
    clinic: Clinic, clock: SetClock, database_urls: DatabaseUrls
) -> None:
    first = await booked(clinic)
    async with clinic.db.transaction() as tx:
        head = await journeys.head(tx, first)
        assert head.state is not None
        await ending.finish(tx, first, head.state, Outcome.GOAL)
    tamper(database_urls, "enrolment", "UPDATE enrolment SET occurrence = 2")
    clock.move(timedelta(hours=1))
    await clinic.a_message(await clinic.a_journey(ONE), provider_ref="b")
    await writes(clinic, "rezygnuję")
    assert not await withdrawn(clinic)


async def test_whoever_was_reminded_of_a_visit_gives_up_that_visit(
    clinic: Clinic, database_urls: DatabaseUrls
) -> None:
    await clinic.sync(a_patient(), a_visit())
    message = await clinic.a_message(await clinic.a_journey(ONE))
    reminds = "UPDATE message SET purpose = %(purpose)s WHERE id = CAST(%(id)s AS uuid)"
    tamper(database_urls, "message", reminds, purpose=Purpose.SERVICE.value, id=message.id)
    await writes(clinic, "rezygnuję")
    assert not await withdrawn(clinic)


async def test_stop_is_about_our_messages_whatever_lies_ahead(clinic: Clinic) -> None:
    await booked(clinic)
    await writes(clinic, "STOP")
    assert await withdrawn(clinic)


@pytest.mark.parametrize("fate", ["nothing booked", "cancelled", "over", "long ago"])
async def test_without_a_visit_of_which_we_wrote_it_is_about_our_messages(
    clinic: Clinic, clock: SetClock, fate: str
) -> None:
    if fate == "nothing booked":
        await clinic.sync(a_patient())
        await clinic.a_message(await clinic.a_journey(ONE))
    elif fate == "long ago":
        await clinic.sync(a_patient(), a_visit(start=later(30), end=None))
        await clinic.a_message(await clinic.a_journey(ONE))
    else:
        await booked(clinic)
    if fate == "cancelled":
        gone = a_visit(status=AppointmentStatus.CANCELLED, start=later(1), updated_at=NOW)
        await clinic.sync(gone)
    if fate == "over":
        clock.move(timedelta(days=3))
    await writes(clinic, "rezygnuję")
    # Perhaps a stop, so everything is held and nothing is withdrawn.
    assert not await withdrawn(clinic)
    async with clinic.db.transaction() as tx:
        (task,) = await tasks.listing(tx)
    assert task.reason is TaskReason.HOLD


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("będę na pewno", Intent.CONFIRM),
        ("będę jutro", Intent.CONFIRM),
        ("będę pojutrze", Intent.RESCHEDULE),
        ("nie odwołuję", Intent.UNCLEAR),
    ],
)
async def test_who_will_come_confirms_the_visit_and_no_other_day(
    clinic: Clinic, words: str, intent: Intent
) -> None:
    journey = await booked(clinic)
    await writes(clinic, words)
    (heard,) = await clinic.heard(journey)
    assert isinstance(heard, Replied)
    assert heard.intent is intent


async def test_what_we_wrote_ourselves_is_not_the_patients_stop(clinic: Clinic) -> None:
    """A phone that puts a heart on a message sends its words back."""
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    message = await clinic.a_message(journey)
    async with clinic.db.transaction() as tx:
        ours = await ledger.content(tx, message.id, why="test")
    assert ours
    await writes(clinic, f"Liked “{ours}”\n{ours}\nSTOP by Tuesday?")
    assert not await withdrawn(clinic)
