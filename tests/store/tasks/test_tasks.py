"""Tasks for staff: asked once, with a sealed note."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from nextvisit.domain.reply_holds import UNTIL_READ
from nextvisit.domain.task_reason import NEVER_SILENTLY, TaskReason
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.engine import Database
from nextvisit.store.people import reply_holds
from nextvisit.store.tasks import tasks
from tests.world.rows import a_journey, audited, rows_of

pytestmark = pytest.mark.anyio

NOTE = "she asks for Saturday"


async def test_a_repeated_request_is_one_task(database: Database) -> None:
    for _ in range(2):
        async with database.transaction() as tx:
            task = await tasks.create(tx, queue="reception", reason=TaskReason.QUESTION, dedupe="j:1")
    async with database.transaction() as tx:
        (open_task,) = await tasks.listing(tx)
        assert open_task.id == task
        assert await tasks.listing(tx, queue="doctor") == []
        assert await tasks.note(tx, task) is None
    assert [entry[0] for entry in await audited(database)] == ["task.created"]


async def test_a_task_that_is_done_leaves_the_list(database: Database) -> None:
    async with database.transaction() as tx:
        task = await tasks.create(tx, queue="reception", reason=TaskReason.QUESTION, dedupe="j:1")
        await tasks.done(tx, task)
        await tasks.done(tx, task)
        assert await tasks.listing(tx) == []
        assert [one.state for one in await tasks.listing(tx, state=None)] == ["done"]
    assert [entry[0] for entry in await audited(database)] == ["task.created", "task.done"]


@pytest.mark.parametrize("reason", sorted(NEVER_SILENTLY))
async def test_a_task_that_may_be_grave_is_closed_by_somebody_and_with_a_word(
    database: Database, reason: TaskReason
) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        task = await tasks.create(
            tx, queue="reception", reason=reason, dedupe="x", patient_id=head.patient_id
        )
    with pytest.raises(Bug):
        async with database.transaction(actor="anna") as tx:
            await tasks.done(tx, task)
    # Whoever is nobody cannot close it, by whatever way.
    with pytest.raises(Bug):
        async with database.transaction() as tx:
            await tasks.done(tx, task, reason="over")
    with pytest.raises(Bug):
        await rows_of(database, "UPDATE task SET state = 'done' RETURNING id")
    async with database.transaction(actor="anna") as tx:
        await tasks.done(tx, task, reason=NOTE)
        (done,) = await tasks.listing(tx, state="done")
        assert done.done_by == "anna"
        assert await tasks.done_reason(tx, task) == NOTE
    assert NOTE.encode() not in (await rows_of(database, "SELECT sealed_done_reason FROM task"))[0][0]


async def test_a_hold_ends_with_its_task_and_both_are_audited(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        task = await tasks.create(tx, queue="reception", reason=TaskReason.URGENT, dedupe="x")
        for _ in range(2):
            await reply_holds.put(tx, head.patient_id, Intent.URGENT, ref="1:0", journey=None, task=task)
    async with database.transaction(actor="anna") as tx:
        assert [each.intent for each in await reply_holds.in_force(tx, head.patient_id)] == ["urgent"]
        for _ in range(2):
            await tasks.done(tx, task, reason="she is well")
        assert await reply_holds.in_force(tx, head.patient_id) == []
    said = [entry[0] for entry in await audited(database)]
    for once in ("patient.held", "patient.released", "task.created", "task.done"):
        assert said.count(once) == 1


@pytest.mark.parametrize("intent", sorted(UNTIL_READ))
async def test_what_only_a_person_ends_never_holds_without_a_task(database: Database, intent: Intent) -> None:
    head = await a_journey(database)
    with pytest.raises(Bug):
        async with database.transaction() as tx:
            await reply_holds.put(tx, head.patient_id, intent, ref="1:0", journey=head.id, task=None)


@pytest.mark.parametrize("about_a_patient", [True, False])
async def test_a_note_is_sealed_and_its_reading_audited(database: Database, *, about_a_patient: bool) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        patient = head.patient_id if about_a_patient else None
        task = await tasks.create(
            tx, queue="reception", reason=TaskReason.QUESTION, dedupe="x", patient_id=patient, note=NOTE
        )
    assert NOTE.encode() not in (await rows_of(database, "SELECT sealed_note FROM task"))[0][0]
    async with database.transaction() as tx:
        assert await tasks.note(tx, task) == NOTE
    assert ("task.read", str(task), "ok") in await audited(database)


async def test_an_erased_patient_s_note_is_gone_and_none_is_added(database: Database) -> None:
    head = await a_journey(database)
    about: dict[str, Any] = {
        "queue": "reception",
        "reason": TaskReason.QUESTION,
        "patient_id": head.patient_id,
        "note": NOTE,
    }
    async with database.transaction() as tx:
        before = await tasks.create(tx, dedupe="before", **about)
        await tx.connection.execute(text("SELECT patient_erase(id, 'test', 'request', now()) FROM patient"))
        after = await tasks.create(tx, dedupe="after", **about)
        assert await tasks.note(tx, before) is None
        assert await tasks.note(tx, after) is None
        assert [task.has_note for task in await tasks.listing(tx)].count(False) == 1
