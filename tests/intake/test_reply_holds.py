"""What patients write keeps back what we would send, until a person has read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.reply_holds import HOLDING, UNTIL_READ
from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.engine.events import PatientGone, Replied
from nextvisit.flow.engine.state import NodeId
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.records import ContactPoint, MisRef, RelatedPerson
from nextvisit.sdk.replies import Intent
from nextvisit.store.actions.carry_out import carry_out
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import journeys
from nextvisit.store.people import consents, patients, reply_holds
from nextvisit.store.people.patients import PatientId
from nextvisit.store.tasks import tasks
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock, later
from tests.world.records import PHONE, a_patient

pytestmark = pytest.mark.anyio
ONE, TWO = MisRef("Patient/1"), MisRef("Patient/2")
SAME_PHONE = (ContactPoint("phone", PHONE),)


async def replies(
    clinic: Clinic,
    patient: PatientId,
    intent: Intent,
    *,
    journey: JourneyId | None = None,
    ref: str = "1:0",
    stops: bool = False,
) -> None:
    """The patient writes this from the phone of everybody here."""
    async with clinic.db.transaction() as tx:
        phone = patients.address(tx, AddressSpace("phone"), PHONE)
        said = Reply("reply", ref, patient, (phone,), journey, None, intent, "words", stops=stops)
        await receive_reply(tx, said)


async def held(clinic: Clinic, patient: PatientId) -> list[Intent]:
    async with clinic.db.transaction() as tx:
        return [each.intent for each in await reply_holds.in_force(tx, patient)]


async def open_tasks(clinic: Clinic) -> list[TaskReason]:
    async with clinic.db.transaction() as tx:
        return [each.reason for each in await tasks.listing(tx)]


@pytest.mark.parametrize("intent", sorted(UNTIL_READ))
@pytest.mark.parametrize("in_a_journey", [True, False])
async def test_what_cannot_wait_is_a_task_at_once_and_holds_the_patient(
    clinic: Clinic, intent: Intent, *, in_a_journey: bool
) -> None:
    await clinic.sync(a_patient())
    patient = await clinic.patient(ONE)
    journey = await clinic.a_journey(ONE) if in_a_journey else None
    for _ in range(2):
        await replies(clinic, patient, intent, journey=journey)
    async with clinic.db.transaction() as tx:
        (task,) = await tasks.listing(tx)
        assert await tasks.note(tx, task.id) == "words"
    assert (task.reason, task.patient_id, task.journey_id) == (TaskReason(intent), patient, journey)
    assert await held(clinic, patient) == [intent]
    if journey is not None:
        (heard,) = await clinic.heard(journey)
        assert isinstance(heard, Replied)
        assert heard.intent is intent


async def test_a_cry_for_help_is_held_and_first_of_all_tasks_whatever_came_before(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    patient = await clinic.patient(ONE)
    for number, intent in enumerate((Intent.QUESTION, Intent.DECEASED, Intent.URGENT)):
        await replies(clinic, patient, intent, ref=f"{number}:0")
    assert (await open_tasks(clinic))[:2] == [TaskReason.URGENT, TaskReason.DECEASED]


async def test_pain_that_is_written_of_from_a_phone_of_several_holds_all_of_them(clinic: Clinic) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE))
    await clinic.a_message(await clinic.a_journey(ONE))
    await clinic.a_message(await clinic.a_journey(TWO), provider_ref="b")
    await clinic.tell(InboundMessage(PHONE, "boli mnie w klatce"))
    await clinic.drain()
    assert await open_tasks(clinic) == [TaskReason.URGENT]
    for ref in (ONE, TWO):
        assert await held(clinic, await clinic.patient(ref)) == [Intent.URGENT]


async def test_a_death_that_is_written_of_may_be_of_anybody_who_is_reached_there(clinic: Clinic) -> None:
    mother = RelatedPerson(MisRef("RelatedPerson/1"), "1", NOW, TWO, guardian=True, contact_points=SAME_PHONE)
    await clinic.sync(a_patient(), a_patient(2, contact_points=()), mother)
    patient = await clinic.patient(ONE)
    await replies(clinic, patient, Intent.DECEASED, journey=await clinic.a_journey(ONE))
    assert await open_tasks(clinic) == [TaskReason.DECEASED]
    for ref in (ONE, TWO):
        assert await held(clinic, await clinic.patient(ref)) == [Intent.DECEASED]


@pytest.mark.parametrize("intent", [Intent.UNCLEAR, Intent.QUESTION])
async def test_what_nobody_understood_holds_until_the_task_of_the_journey_is_done(
    clinic: Clinic, clock: SetClock, intent: Intent
) -> None:
    await clinic.sync(a_patient())
    patient, journey = await clinic.patient(ONE), await clinic.a_journey(ONE)
    await replies(clinic, patient, intent, journey=journey)
    assert await held(clinic, patient) == [intent]
    assert await open_tasks(clinic) == []
    async with clinic.db.transaction() as tx:
        head = await journeys.head(tx, journey)
        await carry_out(tx, head, CreateTask(NodeId("invite"), 1, RECEPTION, TaskReason(intent)))
        (task,) = await tasks.listing(tx)
    clock.move(timedelta(minutes=5))
    await replies(clinic, patient, intent, journey=journey, ref="2:0")
    async with clinic.db.transaction() as tx:
        await tasks.done(tx, task.id)
    # What was written since has no task yet.
    assert await held(clinic, patient) == [intent]
    async with clinic.db.transaction() as tx:
        await carry_out(tx, head, CreateTask(NodeId("invite"), 2, RECEPTION, TaskReason(intent)))
        (task,) = await tasks.listing(tx)
        await tasks.done(tx, task.id)
    assert await held(clinic, patient) == []


async def test_what_is_understood_holds_nothing(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    patient, journey = await clinic.patient(ONE), await clinic.a_journey(ONE)
    for number, intent in enumerate(sorted(set(Intent) - HOLDING - {Intent.OPT_OUT, Intent.WRONG_NUMBER})):
        await replies(clinic, patient, intent, journey=journey, ref=f"{number}:0")
    assert await held(clinic, patient) == []


async def test_a_hold_follows_a_record_into_which_the_patient_s_is_merged(clinic: Clinic) -> None:
    await clinic.sync(a_patient(), a_patient(2))
    await replies(clinic, await clinic.patient(ONE), Intent.URGENT)
    await clinic.sync(a_patient(updated_at=later(1), replaced_by=TWO))
    assert await held(clinic, await clinic.patient(TWO)) == [Intent.URGENT]


async def test_whoever_gives_up_a_visit_outside_of_a_conversation_is_a_task_of_that_name(
    clinic: Clinic,
) -> None:
    await clinic.sync(a_patient())
    await replies(clinic, await clinic.patient(ONE), Intent.CANCEL)
    assert await open_tasks(clinic) == [TaskReason.CANCEL]


async def test_a_stop_beside_graver_words_is_a_stop_and_the_graver_words_are_read(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    patient, journey = await clinic.patient(ONE), await clinic.a_journey(ONE)
    for _ in range(2):
        await replies(clinic, patient, Intent.DECEASED, journey=journey, stops=True)
    async with clinic.db.transaction() as tx:
        decided = [each.decision for each in await consents.events(tx, patient)]
    assert decided[-1] == "withdraw"
    assert await open_tasks(clinic) == [TaskReason.DECEASED]
    assert await held(clinic, patient) == [Intent.DECEASED]
    assert isinstance((await clinic.heard(journey))[0], PatientGone)


async def test_his_widow_s_words_are_both_whoever_of_several_there_she_is(clinic: Clinic) -> None:
    await clinic.sync(a_patient(), a_patient(2, contact_points=SAME_PHONE))
    await clinic.a_message(await clinic.a_journey(ONE))
    await clinic.a_message(await clinic.a_journey(TWO), provider_ref="b")
    await clinic.tell(InboundMessage(PHONE, "mąż zmarł, proszę nie pisać"))
    await clinic.drain()
    assert await open_tasks(clinic) == [TaskReason.DECEASED]
    for ref in (ONE, TWO):
        patient = await clinic.patient(ref)
        assert await held(clinic, patient) == [Intent.DECEASED]
        async with clinic.db.transaction() as tx:
            assert (await consents.events(tx, patient))[-1].decision == "withdraw"
