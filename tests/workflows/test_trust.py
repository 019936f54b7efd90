"""Temporal is not trusted with decisions: whoever reaches it can make nobody be written to.

The neighbour here has no key: he reads histories, starts workflows, signals them and answers in a worker's place.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import RawValue, WorkflowIDReusePolicy
from temporalio.converter import DataConverter
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import GoalReached, PatientGone
from nextvisit.flow.engine.follow import Began, Resulted, Waited
from nextvisit.sdk.errors import ProtocolError
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.vitals import refused_actions
from nextvisit_workflows.activities.enrol import Enrols
from nextvisit_workflows.activities.journal import KeepsJournal
from nextvisit_workflows.activities.send_message import SendsMessages
from nextvisit_workflows.runtime.converter import SharedPydanticConverter
from nextvisit_workflows.runtime.rehydrate import Rehydrated, rehydrate
from nextvisit_workflows.runtime.wire import (
    QUEUE_JOURNEYS,
    ActionIn,
    CampaignRunIn,
    FireIn,
    JourneyIn,
    SignalIn,
    journey_workflow_id,
    queue_of,
)
from nextvisit_workflows.runtime.worker import WORKFLOWS
from nextvisit_workflows.workflows.campaign_run import campaign_workflow_id
from tests.world.campaigns import EMAIL
from tests.world.rows import a_send, a_state
from tests.world.workers import WorkingClinic, until, within

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("factor", [1.0])]


@pytest.fixture
async def neighbour(temporal: str) -> Client:
    """Speaks to the same server, as our own program would without its codec."""
    plain = DataConverter(payload_converter_class=SharedPydanticConverter)
    return await Client.connect(temporal, namespace="default", data_converter=plain)


@pytest.fixture
async def thief(temporal: str) -> Client:
    """Passes payloads on as they are."""
    return await Client.connect(temporal, namespace="default")


async def _refused(clinic: WorkingClinic) -> list[tuple[str, str]]:
    async with clinic.db.transaction() as tx:
        return [(each.activity, each.code) for each in await refused_actions.listing(tx)]


async def _audited(clinic: WorkingClinic) -> int:
    async with clinic.db.transaction() as tx:
        query = text("SELECT count(*) FROM audit_event WHERE action = 'action.refused'")
        found: int = (await tx.connection.execute(query)).scalar_one()
        return found


async def _is_refused(clinic: WorkingClinic, what: tuple[str, str]) -> bool:
    return what in await _refused(clinic)


async def _sent(clinic: WorkingClinic, number: int) -> bool:
    return await clinic.has_sent(number)


async def _inputs(client: Client, workflow_id: str, of: str) -> list[Payload]:
    """What lies in a history as anybody can read it."""
    found: list[Payload] = []
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    for event in history.events:
        match of:
            case "start" if event.HasField("workflow_execution_started_event_attributes"):
                found += event.workflow_execution_started_event_attributes.input.payloads
            case "action" if event.HasField("activity_task_scheduled_event_attributes"):
                found += event.activity_task_scheduled_event_attributes.input.payloads
            case "result" if event.HasField("activity_task_completed_event_attributes"):
                found += event.activity_task_completed_event_attributes.result.payloads
    return found


def _forged(clinic: WorkingClinic, journey: JourneyId, version: str) -> JourneyIn:
    """A journey that is just about to send something that its campaign never said."""
    send = replace(a_send(deadline=clinic.clock.now() + timedelta(days=3)), template="reminder")
    return JourneyIn(
        journey=str(journey),
        campaign="recall",
        version=version,
        enrolled_at=clinic.clock.now(),
        channels=(EMAIL,),
        state=a_state(send.node),
        pending=(send,),
    )


async def test_a_forged_start_sends_nothing_and_ends(clinic: WorkingClinic, neighbour: Client) -> None:
    (journey,) = await clinic.enrol()
    start = _forged(clinic, journey, (await clinic.head(journey)).version)
    async with clinic.worker():
        handle = await neighbour.start_workflow(
            "PatientJourney", start, id=journey_workflow_id(str(journey)), task_queue=QUEUE_JOURNEYS
        )
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        await until(lambda: _is_refused(clinic, ("payload", "foreign")))
    assert not await clinic.has_sent(1)
    assert await clinic.messages(journey) == []
    assert await _audited(clinic) >= 1


async def test_a_forged_signal_is_dropped_and_the_journey_goes_on(
    clinic: WorkingClinic, neighbour: Client
) -> None:
    (journey,) = await clinic.enrol()
    handle = neighbour.get_workflow_handle(journey_workflow_id(str(journey)))
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _sent(clinic, 1))
        await handle.signal("tell", SignalIn(PatientGone(at=clinic.clock.now(), reason="staff", seq=1)))
        await handle.signal("tell", "no event at all")
        await until(lambda: _is_refused(clinic, ("payload", "foreign")))
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        await clinic.tell(journey, GoalReached(at=clinic.clock.now()), "goal")
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == "goal"


async def test_the_payload_of_another_journey_is_not_read(clinic: WorkingClinic, thief: Client) -> None:
    one, other = await clinic.enrol(2)
    await clinic.tell_temporal()
    (stolen,) = await _inputs(thief, journey_workflow_id(str(one)), "start")
    theirs = thief.get_workflow_handle(journey_workflow_id(str(other)))
    await theirs.terminate()
    await thief.start_workflow("PatientJourney", RawValue(stolen), id=theirs.id, task_queue=QUEUE_JOURNEYS)
    async with clinic.worker():
        with pytest.raises(WorkflowFailureError):
            await theirs.result()
        await until(lambda: _sent(clinic, 1))
    assert [len(await clinic.messages(each)) for each in (one, other)] == [1, 0]


async def test_a_journey_that_is_begun_anew_by_somebody_else_sends_nothing_twice(
    clinic: WorkingClinic, thief: Client
) -> None:
    (journey,) = await clinic.enrol()
    ours = thief.get_workflow_handle(journey_workflow_id(str(journey)))
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _sent(clinic, 1))
        await until(lambda: _recorded(clinic, journey))
        (start,) = await _inputs(thief, ours.id, "start")
        await ours.terminate()
        await thief.start_workflow(
            "PatientJourney",
            RawValue(start),
            id=ours.id,
            task_queue=QUEUE_JOURNEYS,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        # It asks for its first action again, whose result is known, and waits where the true one waited.
        await until(lambda: _is_running(thief, ours.id))
        await clinic.tell(journey, GoalReached(at=clinic.clock.now()), "goal")
        await clinic.tell_temporal()
        await until(lambda: _is_over(clinic, journey))
    assert [m.state for m in await clinic.messages(journey)] == ["sent"]
    assert len(clinic.email.sent) == 1


async def test_an_answer_in_a_worker_s_place_does_not_move_a_journey(
    clinic: WorkingClinic, thief: Client, temporal: str
) -> None:
    """It says "sent" in the words of another journey, and then in plain ones."""
    one, other = await clinic.enrol(2)
    await clinic.tell_temporal()
    async with clinic.worker():
        await until(lambda: _has_result(thief, journey_workflow_id(str(one))))
        (stolen, *_) = await _inputs(thief, journey_workflow_id(str(one)), "result")
    handle = thief.get_workflow_handle(journey_workflow_id(str(other)))
    await handle.terminate()
    _Answers.with_ = stolen
    async with _squatting(thief):
        await rehydrate(clinic.db, clinic.client)
        async with _without_senders(clinic):
            with pytest.raises(WorkflowFailureError):
                await thief.get_workflow_handle(handle.id).result()
    assert (await clinic.head(other)).outcome is None
    assert await rehydrate(clinic.db, clinic.client) == Rehydrated(started=1, untouched=1)


class _Answers:
    """What the neighbour's worker answers."""

    with_: Payload

    @activity.defn(name="send_message")
    async def send_message(self, _: RawValue) -> RawValue:
        return RawValue(_Answers.with_)


def _without_senders(clinic: WorkingClinic) -> Worker:
    """A worker of ours that carries out nothing, so that the neighbour's answers are the only ones."""
    return Worker(
        clinic.client,
        task_queue=QUEUE_JOURNEYS,
        workflows=WORKFLOWS,
        activities=[KeepsJournal(clinic.equipment).finish],
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_failure_exception_types=[ProtocolError],
    )


def _squatting(client: Client) -> Worker:
    return Worker(client, task_queue=queue_of(EMAIL), activities=[_Answers().send_message])


async def test_an_action_that_the_store_does_not_expect_is_refused_parked_and_audited(
    clinic: WorkingClinic,
) -> None:
    """Whatever payload it comes in: here it is sealed as ours."""
    (journey,) = await clinic.enrol()
    head = await clinic.head(journey)
    now = clinic.clock.now()
    first = SendMessage.activity
    asked = ActionIn(str(journey), 1, (Began(now),), node=a_send().node, occurrence=1)
    sends = SendsMessages(clinic.equipment).send_message
    forged = {
        "number": replace(asked, number=2),
        "asks_nothing": replace(asked, past=()),
        "action": replace(asked, occurrence=2),
        "no_result": replace(asked, past=(Began(now), Resulted())),
        "no_wait": replace(asked, past=(Began(now), Waited(now))),
        "begun": replace(asked, past=(Began(now), Began(now))),
        "time": replace(asked, past=(Began(now + timedelta(days=1)),)),
    }
    for code, each in forged.items():
        with pytest.raises(Exception, match=code):
            await within(journey, a_send()).run(sends, each)
        assert (first, code) in await _refused(clinic)
    stranger = ActivityEnvironment()
    stranger.info = replace(stranger.info, workflow_id=f"journey:{head.patient_id}", activity_type=first)
    with pytest.raises(Exception, match="workflow"):
        await stranger.run(sends, asked)
    assert await clinic.messages(journey) == []
    assert (await clinic.head(journey)).actions == 0
    assert await _audited(clinic) == len(forged) + 1
    await within(journey, a_send()).run(sends, asked)
    assert await clinic.has_sent(1)


async def test_nobody_but_its_schedule_fires_a_campaign(clinic: WorkingClinic, neighbour: Client) -> None:
    await clinic.run_campaign()
    await clinic.add_patients(1)
    async with clinic.worker():
        handle = await neighbour.start_workflow(
            "CampaignRun",
            CampaignRunIn("recall"),
            id=campaign_workflow_id("recall"),
            task_queue=QUEUE_JOURNEYS,
        )
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    now = clinic.clock.now()
    environment = ActivityEnvironment()
    due = clinic.due().due_at
    for forged in (now + timedelta(minutes=1), due + timedelta(days=1), due + timedelta(seconds=1)):
        with pytest.raises(Exception, match=r"not_scheduled|not_due"):
            await environment.run(Enrols(clinic.equipment).fire, FireIn("recall", forged))
    assert await clinic.journeys() == []


async def _recorded(clinic: WorkingClinic, journey: JourneyId) -> bool:
    return (await clinic.head(journey)).result is not None


async def _has_result(client: Client, workflow_id: str) -> bool:
    return bool(await _inputs(client, workflow_id, "result"))


async def _is_running(client: Client, workflow_id: str) -> bool:
    described = await client.get_workflow_handle(workflow_id).describe()
    return described.status is WorkflowExecutionStatus.RUNNING


async def _is_over(clinic: WorkingClinic, journey: JourneyId) -> bool:
    return (await clinic.head(journey)).outcome is not None
