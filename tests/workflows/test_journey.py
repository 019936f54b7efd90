"""A journey from its start to its end."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowHistory
from temporalio.worker import Replayer

from nextvisit.desk import suppressions as suppressions_desk
from nextvisit.flow.engine.events import Delivered, GoalReached, Replied, SkipScope
from nextvisit.flow.engine.state import Outcome
from nextvisit.intake.opt_out import opt_out
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.errors import OutcomeUnknown, Rejected, RetryLater
from nextvisit.sdk.records import AppointmentStatus, ContactPoint, MisRef, Purpose, RelatedPerson
from nextvisit.sdk.replies import Intent
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.messages import ledger
from nextvisit.store.people import appointments, consents, patients, related, suppressions
from nextvisit.store.tasks import tasks
from nextvisit_workflows.runtime.converter import Frontend, connect
from nextvisit_workflows.runtime.wire import SignalIn, journey_workflow_id
from nextvisit_workflows.runtime.worker import Queues, workflow_runner
from nextvisit_workflows.workflows.journey import PatientJourney
from tests.world.records import CANARY, EMAIL, PHONE, a_consent, a_patient, a_visit, free_slots
from tests.world.rows import a_send, plan, rows_of
from tests.world.site import REACH, SOURCE
from tests.world.workers import WorkingClinic, relaying, until

pytestmark = pytest.mark.anyio

MOST_EVENTS = 40


async def history_of(clinic: WorkingClinic, journey: object) -> WorkflowHistory:
    handle = clinic.client.get_workflow_handle(journey_workflow_id(str(journey)))
    return await handle.fetch_history()


async def test_silence_leads_through_three_messages_to_the_end_within_the_history_budget(
    clinic: WorkingClinic,
) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.worker():
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == "completed"
    assert (await clinic.head(journey)).outcome is Outcome.COMPLETED
    assert [(m.node, m.rung, m.state) for m in await clinic.messages(journey)] == [
        ("invite", 0, "sent"),
        ("invite", 1, "sent"),
        ("reminder", 1, "sent"),
    ]
    assert [len(clinic.email.sent), len(clinic.sms.sent)] == [1, 2]
    history = await history_of(clinic, journey)
    assert len(history.events) <= MOST_EVENTS


async def test_processes_of_one_group_each_bring_journeys_to_their_end_and_nothing_is_sent_twice(
    clinic: WorkingClinic, temporal: str, payload_keys: Mapping[str, bytes]
) -> None:
    """Two of each, as a cluster has them: what the groups do apart, one process does that has all."""
    started = await clinic.enrol(4)
    beside = replace(clinic, client=await connect(Frontend(temporal, "default"), payload_keys))
    async with AsyncExitStack() as stack:
        for each in (clinic, beside):
            for queues in (Queues.JOURNEYS, Queues.CHANNELS):
                await stack.enter_async_context(each.worker(queues))
            await stack.enter_async_context(relaying(each))
        assert {await clinic.ended(each) for each in started} == {"completed"}
    assert [len(clinic.email.sent), len(clinic.sms.sent)] == [4, 8]


async def test_a_history_shows_nothing_of_the_patient_and_replays(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.worker():
        await clinic.tell_temporal()
        await clinic.ended(journey)
    history = await history_of(clinic, journey)
    text = history.to_json()
    for plain in (CANARY, EMAIL, PHONE, "neutral", "recall"):
        assert plain not in text
        assert base64.b64encode(plain.encode()).decode().rstrip("=")[:-1] not in text
    replayer = Replayer(
        workflows=[PatientJourney],
        data_converter=clinic.client.data_converter,
        workflow_runner=workflow_runner(sandboxed=True),
        namespace=clinic.client.namespace,
    )
    await replayer.replay_workflow(history)


@pytest.mark.parametrize("factor", [20_000.0])
async def test_an_answer_is_booked_in_the_mis_and_confirmed(clinic: WorkingClinic) -> None:
    for slot in free_slots(clinic.clock.now() + timedelta(days=10), 10):
        clinic.mis.add_slot(slot)
    (journey,) = await clinic.enrol()
    async with clinic.worker(), relaying(clinic):
        await until(lambda: clinic.has_sent(1))
        await clinic.tell(journey, Replied(at=clinic.clock.now(), intent=Intent.WANTS_VISIT), "r1")
        await until(lambda: clinic.has_sent(2))
        choice = Replied(at=clinic.clock.now(), intent=Intent.CHOICE, choice=1)
        await clinic.tell(journey, choice, "r2")
        assert await clinic.ended(journey) == "goal"
    assert "See you" in clinic.email.sent[-1].content.text
    assert len([r for r in clinic.mis.records.values() if getattr(r, "booking", None)]) == 1


@pytest.mark.parametrize("factor", [20_000.0])
async def test_no_free_time_becomes_a_task_for_reception(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.worker(), relaying(clinic):
        await until(lambda: clinic.has_sent(1))
        await clinic.tell(journey, Replied(at=clinic.clock.now(), intent=Intent.WANTS_VISIT), "r1")
        await clinic.ended(journey)
    async with clinic.db.transaction() as tx:
        assert [(task.queue, task.reason) for task in await tasks.listing(tx)] == [("reception", "none_free")]


async def test_what_was_told_before_the_start_is_not_lost(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await clinic.tell(journey, GoalReached(at=clinic.clock.now()), "goal")
    async with clinic.worker():
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == "goal"
    assert clinic.email.sent == []


async def _has_worked_off(handle: WorkflowHandle[Any, Any], *, signals: int) -> bool:
    """Whether a workflow task has completed after that many signals."""
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    came = [at for at, kind in enumerate(kinds) if kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED]
    done = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    return len(came) >= signals and done in kinds[came[signals - 1] :]


@pytest.mark.parametrize("factor", [1_000.0])
async def test_signals_are_consumed_in_their_order_and_once(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: clinic.has_sent(1))
        handle = clinic.client.get_workflow_handle(journey_workflow_id(str(journey)))
        now = clinic.clock.now()
        for dedupe in ("one", "two"):
            await clinic.tell(journey, Delivered(at=now, message="m"), dedupe)
        await clinic.tell(journey, GoalReached(at=now), "goal")
        async with clinic.db.transaction() as tx:
            first, second, stop = map(SignalIn, await journey_events.after(tx, journey, 0))
        for signal in (stop, second, second):
            await handle.signal("tell", signal)
        # The first is missing, so the goal must wait, and the worker has seen all three.
        await until(lambda: _has_worked_off(handle, signals=3))
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        assert (await clinic.head(journey)).outcome is None
        await handle.signal("tell", first)
        assert await clinic.ended(journey) == "goal"
    state = (await clinic.head(journey)).state
    assert state is not None
    assert state.seen == 3


async def test_a_message_whose_channel_stays_down_is_skipped_at_its_deadline(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    clinic.email.break_down(RetryLater("smtp.down"))
    clinic.sms.break_down(RetryLater("smsc.down"))
    async with clinic.worker():
        await clinic.tell_temporal()
        await clinic.ended(journey)
    messages = await clinic.messages(journey)
    assert {(m.state, m.reason) for m in messages} == {("skipped", "channel_down")}
    assert clinic.email.sent == []
    async with clinic.db.transaction() as tx:
        assert {task.reason for task in await tasks.listing(tx)} == {"channel_down"}


async def test_a_patient_who_may_not_be_written_to_at_all_is_not_tried_on_the_next_rung(
    clinic: WorkingClinic,
) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        refusal = a_consent(version="2", decision="deny", given_at=tx.now, purposes=(Purpose.RECALL,))
        await consents.record_many(tx, SOURCE, [refusal])
    async with clinic.worker():
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == "skipped"
    assert [(m.rung, m.reason, m.scope) for m in await clinic.messages(journey)] == [
        (0, "consent_denied", "journey")
    ]


@pytest.mark.parametrize(
    ("scope", "then"),
    [
        ("rung", [("invite", 0), ("invite", 1)]),
        ("message", [("invite", 0), ("reminder", 0)]),
        ("journey", [("invite", 0)]),
    ],
)
async def test_a_message_that_was_skipped_before_keeps_its_reach(
    clinic: WorkingClinic, scope: SkipScope, then: list[tuple[str, int]]
) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        head = await journeys.head(tx, journey)
        skipped = await plan(tx, head, a_send(purpose=Purpose.RECALL))
        await ledger.settle_skipped(tx, skipped.id, "frequency_budget", scope)
    async with clinic.worker():
        await clinic.tell_temporal()
        await clinic.ended(journey)
    assert [(m.node, m.rung) for m in await clinic.messages(journey)][: len(then)] == then


@pytest.mark.parametrize("factor", [1_000.0])
async def test_a_channel_that_recovers_gets_the_message_once(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    clinic.email.fail_next(RetryLater("smtp.busy"), RetryLater("smtp.busy"))
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: clinic.has_sent(1))
    assert [(m.state, m.attempts) for m in await clinic.messages(journey)] == [("sent", 3)]


@pytest.mark.parametrize("factor", [1_000.0])
async def test_a_refused_address_leads_to_the_next_rung(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    clinic.email.refuse(EMAIL, Rejected("smtp.550"))
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _states(clinic, journey, ["skipped", "sent"]))
    assert (await clinic.messages(journey))[0].reason == "rejected.smtp.550"
    async with clinic.db.transaction() as tx:
        (kept,) = await suppressions.listing(tx)
    assert (kept.kind, kept.space, kept.code) == ("address", "email", "rejected.smtp.550")


@pytest.mark.parametrize("factor", [1_000.0])
async def test_an_address_that_was_refused_for_good_is_not_tried_again(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        dead = patients.address(tx, AddressSpace("email"), EMAIL)
        await suppressions.put_address(tx, dead, code="rejected.smtp.550")
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: clinic.has_sent(1))
    assert clinic.email.sent == []
    assert (await clinic.messages(journey))[0].reason == "suppressed_address"


@pytest.mark.parametrize("factor", [1_000.0])
async def test_a_mailbox_that_refuses_today_may_take_it_another_day(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    clinic.email.refuse(EMAIL, Rejected("smtp.552", permanent=False))
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _states(clinic, journey, ["skipped", "sent"]))
    async with clinic.db.transaction() as tx:
        assert await suppressions.listing(tx) == []


@pytest.mark.parametrize("factor", [1_000.0])
async def test_an_unknown_outcome_is_never_sent_again_and_reception_is_asked(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    clinic.email.fail_next(OutcomeUnknown("smtp.cut"))
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _states(clinic, journey, ["unknown"]))
    assert clinic.email.sent == []
    async with clinic.db.transaction() as tx:
        assert [task.reason for task in await tasks.listing(tx)] == ["send_unknown"]


async def _states(clinic: WorkingClinic, journey: object, states: list[str]) -> bool:
    return [m.state for m in await clinic.messages(journey)] == states  # type: ignore[arg-type]


MOTHER = "+48601999001"


async def _is_a_minor(clinic: WorkingClinic, *points: ContactPoint) -> None:
    """The only patient is a child by now, whose guardian is reached there and reads Russian."""
    async with clinic.db.transaction() as tx:
        child = a_patient(birth_date="2020-01-01", languages=("en",), version="2", updated_at=tx.now)
        await patients.upsert_many(tx, SOURCE, [child], reach=REACH)
        if points:
            mother = RelatedPerson(
                MisRef("RelatedPerson/1"),
                "1",
                tx.now,
                child.ref,
                guardian=True,
                languages=("ru",),
                contact_points=points,
            )
            await related.upsert_many(tx, SOURCE, [mother], reach=REACH)


@pytest.mark.parametrize("factor", [1_000.0])
async def test_a_minor_is_written_to_at_a_guardians_address_only(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await _is_a_minor(clinic, ContactPoint("phone", MOTHER))
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: clinic.has_sent(1))
    assert clinic.email.sent == []
    assert [each.to for each in clinic.sms.sent] == [MOTHER]
    assert (await clinic.messages(journey))[0].reason == "minor_without_guardian"


async def test_a_minor_without_a_guardian_is_not_written_to(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await _is_a_minor(clinic)
    async with clinic.worker():
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == "unreachable"
    assert clinic.email.sent == clinic.sms.sent == []


async def test_a_guardians_refusal_holds_for_the_guardians_address(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await _is_a_minor(clinic, ContactPoint("phone", MOTHER))
    async with clinic.db.transaction() as tx:
        said_at = patients.address(tx, AddressSpace("phone"), MOTHER)
        await consents.withdraw(
            tx, None, purposes=[Purpose.RECALL], address=said_at, origin="reply", origin_ref="1"
        )
    async with clinic.worker():
        await clinic.tell_temporal()
        await clinic.ended(journey)
    assert clinic.email.sent == clinic.sms.sent == []
    assert [each.reason for each in await clinic.messages(journey)][-1] == "consent_denied"


@pytest.mark.parametrize("before", [True, False], ids=["before", "meanwhile"])
async def test_a_child_that_staff_have_stopped_is_not_written_about_to_a_guardian(
    clinic: WorkingClinic, before: bool
) -> None:
    """Neither by the journey that was open, which ends, nor by one that begins all the same."""
    (journey,) = await clinic.enrol()
    await _is_a_minor(clinic, ContactPoint("phone", MOTHER))
    async with clinic.db.transaction() as tx:
        child = await patients.by_ref(tx, SOURCE, MisRef("Patient/1"))
    assert child is not None
    if before:
        await suppressions_desk.stop(clinic.db, child, "anna", legal=None)
    else:
        async with clinic.db.transaction() as tx:
            await consents.withdraw(
                tx, child, purposes=[Purpose.RECALL], origin=consents.BY_STAFF, origin_ref="1"
            )
    async with clinic.worker():
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == ("opted_out" if before else "skipped")
    assert clinic.email.sent == clinic.sms.sent == []


@pytest.mark.parametrize("factor", [1_000.0])
async def test_an_address_is_not_shared_with_the_dead_nor_with_records_that_were_merged(
    clinic: WorkingClinic,
) -> None:
    (journey,) = await clinic.enrol()
    gone: list[dict[str, Any]] = [
        {"deceased": True},
        {"deceased": True},
        {"replaced_by": MisRef("Patient/1")},
    ]
    mailbox = (ContactPoint("email", EMAIL),)
    async with clinic.db.transaction() as tx:
        told = [a_patient(2 + each, contact_points=mailbox, **fact) for each, fact in enumerate(gone)]
        await patients.upsert_many(tx, SOURCE, told, reach=REACH)
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: _states(clinic, journey, ["sent"]))
    assert [each.to for each in clinic.email.sent] == [EMAIL]


async def test_a_guardians_refusal_holds_wherever_she_reads(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await _is_a_minor(clinic, ContactPoint("phone", MOTHER), ContactPoint("email", "mother@example.org"))
    async with clinic.db.transaction() as tx:
        said_at = patients.address(tx, AddressSpace("phone"), MOTHER)
        await opt_out(tx, None, addresses=(said_at,), origin="reply", origin_ref="1")
    async with clinic.worker():
        await clinic.tell_temporal()
        await clinic.ended(journey)
    assert clinic.email.sent == clinic.sms.sent == []
    assert {each.reason for each in await clinic.messages(journey)} == {"consent_denied"}


async def test_whom_no_way_is_left_to_is_a_task_for_reception(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    for channel, address in ((clinic.email, EMAIL), (clinic.sms, PHONE)):
        channel.refuse(address, Rejected("gone"))
    async with clinic.worker():
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == "unreachable"
    async with clinic.db.transaction() as tx:
        (task,) = await tasks.listing(tx)
        head = await journeys.head(tx, journey)
    assert (task.reason, task.journey_id, task.patient_id) == ("unreachable", journey, head.patient_id)


@pytest.mark.parametrize("factor", [1_000.0])
async def test_a_held_patient_is_written_to_once_the_record_reads(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        (patient,) = (await tx.connection.execute(text("SELECT id, ref_digest FROM patient"))).all()
        await tx.connection.execute(
            text(
                "INSERT INTO patient_hold"
                " (source, ref_digest, sealed_ref, patient_digest, reason, mis_version, since)"
                " VALUES (:source, :digest, '', :digest, 'shape', '', :now)"
            ),
            {"source": SOURCE, "digest": patient.ref_digest, "now": tx.now},
        )

    async def deferred() -> bool:
        async with clinic.db.transaction() as tx:
            reasons = await tx.connection.execute(text("SELECT reason FROM journey_decision"))
            return "record_unreadable" in reasons.scalars().all()

    async with clinic.worker():
        await clinic.tell_temporal()
        await until(deferred)
        assert not await clinic.has_sent(1)
        async with clinic.db.transaction() as tx:
            await tx.connection.execute(text("DELETE FROM patient_hold"))
        await until(lambda: clinic.has_sent(1))
    assert [m.state for m in await clinic.messages(journey)][:1] == ["sent"]


@pytest.mark.parametrize("factor", [1_000.0])
@pytest.mark.parametrize("intent", [Intent.URGENT, Intent.UNCLEAR])
async def test_what_is_written_to_one_campaign_holds_every_other_until_a_person_has_read_it(
    clinic: WorkingClinic, intent: Intent
) -> None:
    (journey,) = await clinic.enrol()
    patient = (await clinic.head(journey)).patient_id
    async with clinic.db.transaction() as tx:
        await receive_reply(tx, Reply("reply", "1:0", patient, (), None, None, intent, "words"))
        (task,) = await tasks.listing(tx)

    async def deferred() -> bool:
        reasons = [row[0] for row in await rows_of(clinic.db, "SELECT reason FROM journey_decision")]
        return {"reply_urgent", "reply_unread"} & {*reasons} != set()

    async with clinic.worker():
        await clinic.tell_temporal()
        await until(deferred)
        assert not await clinic.has_sent(1)
        async with clinic.db.transaction(actor="anna") as tx:
            await tasks.done(tx, task.id, reason="called her")
        await until(lambda: clinic.has_sent(1))
    assert [m.state for m in await clinic.messages(journey)][:1] == ["sent"]


@pytest.mark.parametrize("factor", [1_000.0])
async def test_nobody_writes_to_a_patient_who_is_in_hospital(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        stay = a_visit(stay=True, status=AppointmentStatus.ARRIVED, start=tx.now, end=None)
        await appointments.upsert_many(tx, SOURCE, [replace(stay, updated_at=tx.now)])
    async with clinic.worker():
        await clinic.tell_temporal()
        assert await clinic.ended(journey) == "skipped"
    assert (await clinic.messages(journey))[0].reason == "suppressed_clinical"


@pytest.mark.parametrize("factor", [1_000.0])
async def test_who_finds_an_old_mail_can_still_refuse_by_it(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    async with clinic.worker():
        await clinic.tell_temporal()
        await until(lambda: clinic.has_sent(1))
        (sent,) = [each for each in await clinic.messages(journey) if each.channel == "email"]
    rows = await rows_of(
        clinic.db,
        "SELECT l.kind, l.expires_at - m.claimed_at FROM link l JOIN message m ON m.id = l.message_id"
        " WHERE m.id = :id",
        id=sent.id,
    )
    lives = {row[0]: row[1] for row in rows}
    assert lives["unsubscribe"] >= timedelta(days=3650)
    assert lives["page"] == lives["pixel"] == timedelta(days=60)
