"""What dies is taken up again, and nothing is sent twice or lost."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import GoalReached, Started
from nextvisit.flow.engine.step import begin, step
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import ledger
from nextvisit.store.queues import outbox
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime import rehydrate as rehydrating
from nextvisit_workflows.runtime.converter import Frontend, connect
from nextvisit_workflows.runtime.rehydrate import Rehydrated, rehydrate
from nextvisit_workflows.runtime.versions import load_all
from nextvisit_workflows.runtime.wire import QUEUE_JOURNEYS, JourneyIn, SignalIn, journey_workflow_id
from tests.world.rows import plan
from tests.world.workers import WorkingClinic, relaying, until

pytestmark = pytest.mark.anyio


@workflow.defn(name="PatientJourney", sandboxed=False)
class _OtherRelease:
    @workflow.signal(name="tell")
    def tell(self, told: SignalIn) -> None:
        del told

    @workflow.run
    async def run(self, start: JourneyIn) -> str:
        await workflow.sleep(1)
        return start.journey


SLOW = pytest.mark.parametrize("factor", [1_000.0])


async def test_a_worker_may_stop_midway_and_another_goes_on(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await clinic.tell_temporal()
    async with clinic.worker():
        await until(lambda: _email_sent(clinic))
    async with clinic.worker():
        assert await clinic.ended(journey) == "completed"
    assert [len(clinic.email.sent), len(clinic.sms.sent)] == [1, 2]


@SLOW
async def test_a_claim_of_a_dead_attempt_is_unknown_and_not_sent_again(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await _die_after_the_claim(clinic, journey)
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _first_state(clinic, journey, "unknown"))
    assert clinic.email.sent == []


async def test_open_journeys_go_on_in_an_empty_temporal_server(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await clinic.tell_temporal()
    async with clinic.worker():
        await until(lambda: _email_sent(clinic))
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"), dev_server_log_level="error"
    )
    try:
        address = env.client.service_client.config.target_host
        client = await connect(Frontend(address, "default"), clinic.db.vault.payload_keys())
        moved = replace(clinic, client=client)
        assert await rehydrate(clinic.db, client) == Rehydrated(started=1, untouched=0)
        assert await rehydrate(clinic.db, client) == Rehydrated(started=0, untouched=1)
        async with moved.worker():
            assert await moved.ended(journey) == "completed"
    finally:
        await env.shutdown()
    assert [len(clinic.email.sent), len(clinic.sms.sent)] == [1, 2]


@SLOW
async def test_a_signal_that_finds_no_workflow_brings_its_journey_back(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await clinic.tell_temporal()
    handle = clinic.client.get_workflow_handle(journey_workflow_id(str(journey)))
    await handle.terminate("as if it had been lost")
    async with clinic.db.transaction() as tx:
        await journey_events.tell(tx, journey, GoalReached(at=tx.now), "goal")
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _ended(clinic, journey))
    assert (await clinic.head(journey)).outcome == "goal"


@SLOW
async def test_a_relay_that_tells_twice_starts_once(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await clinic.tell_temporal()
    async with clinic.db.transaction() as tx:
        await tx.connection.execute(text("UPDATE outbox SET done_at = NULL"))
    await clinic.tell_temporal()
    handle = clinic.client.get_workflow_handle(journey_workflow_id(str(journey)))
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


@SLOW
async def test_news_that_cannot_be_read_holds_up_only_its_own_journey(clinic: WorkingClinic) -> None:
    spoilt, other = await clinic.enrol(2)
    await clinic.tell_temporal()
    async with clinic.db.transaction() as tx:
        await journey_events.tell(tx, spoilt, GoalReached(at=tx.now), "goal")
        as_if_newer = 'UPDATE outbox SET payload = \'{"kind": "of_next_year"}\' WHERE done_at IS NULL'
        await tx.connection.execute(text(as_if_newer))
        await journey_events.tell(tx, other, GoalReached(at=tx.now), "goal")
    async with clinic.worker(), relaying(clinic):
        await until(lambda: _ended(clinic, other))
    async with clinic.db.transaction() as tx:
        assert (await outbox.pending(tx)).count == 1


@SLOW
async def test_the_relay_starts_every_journey_of_a_firing(clinic: WorkingClinic) -> None:
    everyone = await clinic.enrol(120)
    async with relaying(clinic):
        await until(lambda: _told(clinic))
    running = [
        (await clinic.client.get_workflow_handle(journey_workflow_id(str(each))).describe()).status
        for each in everyone
    ]
    assert running == [WorkflowExecutionStatus.RUNNING] * 120


async def _die_after_the_claim(clinic: WorkingClinic, journey: JourneyId) -> None:
    """What an attempt leaves behind that was killed while it talked to the provider."""
    await load_all(clinic.db)
    head = await clinic.head(journey)
    program = registry.program(head.campaign, head.version, frozenset(clinic.equipment.connections.kinds))
    state, (effect,) = step(
        program, begin(program, head.enrolled_at, head.flags), Started(clinic.clock.now(), head.flags)
    )
    assert isinstance(effect, SendMessage)
    async with clinic.db.transaction() as tx:
        message = await plan(tx, head, effect)
        await ledger.claim(
            tx, message.id, channel=ChannelKind("email"), provider="mail", language="en", content="x"
        )
    assert state.node == effect.node


async def _told(clinic: WorkingClinic) -> bool:
    async with clinic.db.transaction() as tx:
        return (await outbox.pending(tx)).count == 0


async def _ended(clinic: WorkingClinic, journey: JourneyId) -> bool:
    return (await clinic.head(journey)).outcome is not None


async def _email_sent(clinic: WorkingClinic) -> bool:
    return len(clinic.email.sent) >= 1


async def _first_state(clinic: WorkingClinic, journey: JourneyId, state: str) -> bool:
    messages = await clinic.messages(journey)
    return bool(messages) and messages[0].state == state


async def _rests(clinic: WorkingClinic, journey: JourneyId) -> bool:
    """Temporal has nothing for a worker to do of it."""
    handle = clinic.client.get_workflow_handle(journey_workflow_id(str(journey)))
    told = (await handle.describe()).raw_description
    return not told.HasField("pending_workflow_task") and not told.pending_activities


@SLOW
async def test_a_journey_that_no_release_can_replay_is_found_and_begun_anew_at_its_step(
    clinic: WorkingClinic,
) -> None:
    stuck, sound = await clinic.enrol(2)
    await clinic.tell_temporal()
    handle = clinic.client.get_workflow_handle(journey_workflow_id(str(stuck)))
    async with clinic.worker():
        await until(lambda: clinic.has_sent(2))
        # A worker that ends leaves what it has not begun to the next, which is of another release here.
        for each in (stuck, sound):
            await until(partial(_rests, clinic, each))
        assert not await rehydrating._stands_still(clinic.client, stuck)
    # Another release's workflow of the same name: it asks for something else than the history says.
    async with Worker(clinic.client, task_queue=QUEUE_JOURNEYS, workflows=[_OtherRelease]):
        await handle.signal("tell", SignalIn(GoalReached(at=clinic.clock.now(), seq=9)))
        await until(lambda: rehydrating._stands_still(clinic.client, stuck))
    assert await rehydrate(clinic.db, clinic.client) == Rehydrated(0, untouched=1, mended=1)
    async with clinic.worker():
        async with clinic.db.transaction() as tx:
            await journey_events.tell(tx, stuck, GoalReached(at=tx.now), "goal")
        await clinic.tell_temporal()
        await until(lambda: _ended(clinic, stuck))
    assert (await clinic.head(sound)).outcome is None
    assert len(clinic.email.sent) == 2, "nobody was written to twice"
