"""Work for staff. A note is sealed under the patient's key, if it is about a patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Row, case, select, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.domain.task_reason import CANNOT_WAIT, NEVER_SILENTLY, TaskReason
from nextvisit.sdk.errors import Bug, Rejected
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId, TaskId
from nextvisit.store.base.tables import TaskRow, table_of
from nextvisit.store.people import reply_holds
from nextvisit.store.people.patients import PatientId, patient_key
from nextvisit.store.vault.seal import OWN_KEY, DataKey, kid_of, open_sealed, seal

_tasks = table_of(TaskRow)


@dataclass(frozen=True, slots=True)
class Task:
    """queue: who is asked (`reception`)."""

    id: TaskId
    queue: str
    reason: TaskReason
    journey_id: JourneyId | None
    patient_id: PatientId | None
    state: Literal["open", "done"]
    has_note: bool
    created_at: datetime
    done_at: datetime | None
    done_by: str | None


async def create(
    tx: Tx,
    *,
    queue: str,
    reason: TaskReason,
    dedupe: str,
    journey_id: JourneyId | None = None,
    patient_id: PatientId | None = None,
    note: str | None = None,
) -> TaskId:
    """Ask staff; the same `dedupe` gives the task that is there already.

    About an erased patient no note is kept: there is no key any more that could be destroyed.
    """
    task = TaskId(uuid4())
    sealed = None if note is None else await _sealed(tx, task, patient_id, "sealed_note", note)
    written = await tx.connection.scalar(
        insert(_tasks)
        .values(
            id=task,
            queue=queue,
            reason=reason.value,
            dedupe=dedupe,
            journey_id=journey_id,
            patient_id=patient_id,
            sealed_note=sealed,
            state="open",
            created_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["dedupe"])
        .returning(_tasks.c.id)
    )
    if written is None:
        known = await tx.connection.execute(select(_tasks.c.id).where(_tasks.c.dedupe == dedupe))
        return TaskId(known.scalar_one())
    tx.audit(Entry("task.created", "task", str(task), body={"queue": queue, "reason": reason.value}))
    return task


async def listing(
    tx: Tx, *, state: Literal["open", "done"] | None = "open", queue: str | None = None, limit: int = 100
) -> Sequence[Task]:
    """What may be urgent first, then the oldest; without their notes."""
    places = {each.value: place for place, each in enumerate(CANNOT_WAIT)}
    urgency = case(places, value=_tasks.c.reason, else_=len(places))
    query = select(_tasks).order_by(urgency, _tasks.c.created_at, _tasks.c.id).limit(limit)
    if state is not None:
        query = query.where(_tasks.c.state == state)
    if queue is not None:
        query = query.where(_tasks.c.queue == queue)
    return [_task_of(row) for row in await tx.connection.execute(query)]


async def queues(tx: Tx) -> Sequence[str]:
    """All that ever had a task."""
    return list(await tx.connection.scalars(select(_tasks.c.queue).distinct()))


async def get(tx: Tx, task: TaskId) -> Task | None:
    """Without its note."""
    row = (await tx.connection.execute(select(_tasks).where(_tasks.c.id == task))).one_or_none()
    return None if row is None else _task_of(row)


def _task_of(row: Row[Any]) -> Task:
    return Task(
        id=TaskId(row.id),
        queue=row.queue,
        reason=TaskReason(row.reason),
        journey_id=None if row.journey_id is None else JourneyId(row.journey_id),
        patient_id=None if row.patient_id is None else PatientId(row.patient_id),
        state=row.state,
        has_note=row.sealed_note is not None,
        created_at=row.created_at,
        done_at=row.done_at,
        done_by=row.done_by,
    )


async def note(tx: Tx, task: TaskId) -> str | None:
    """What was written beside the task; reading it is an audited access."""
    return await _read(tx, task, "sealed_note")


async def done_reason(tx: Tx, task: TaskId) -> str | None:
    """What came of it, as whoever closed it said; reading it is an audited access."""
    return await _read(tx, task, "sealed_done_reason")


async def _read(tx: Tx, task: TaskId, column: str) -> str | None:
    query = select(_tasks.c.patient_id, _tasks.c[column]).where(_tasks.c.id == task)
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        raise Bug("task.unknown", f"task {task}")
    patient, sealed = row
    if sealed is None:
        return None
    tx.audit(Entry("task.read", "task", str(task)))
    if kid_of(sealed) != OWN_KEY:
        return tx.vault.open_blob("task", column, task, sealed).decode()
    key = await _patient_key(tx, PatientId(patient))
    # An erased patient's key is gone, and with it the words.
    return None if key is None else open_sealed(key, "task", column, task, sealed).decode()


async def done(tx: Tx, task: TaskId, *, reason: str | None = None) -> None:
    """Somebody has seen to it; whom it held is free. Harmless when repeated.

    reason: what came of it, in words; kept sealed. Raises Bug without it for a task that nobody closes
    silently.
    """
    row = (await tx.connection.execute(select(_tasks).where(_tasks.c.id == task).with_for_update())).one()
    if row.state == "done":
        return
    if TaskReason(row.reason) in NEVER_SILENTLY and reason is None:
        raise Bug("task.silently", f"task {task} needs a word on what came of it")
    patient = None if row.patient_id is None else PatientId(row.patient_id)
    sealed = None if reason is None else await _sealed(tx, task, patient, "sealed_done_reason", reason)
    closed = {"state": "done", "done_at": tx.now, "done_by": tx.actor, "sealed_done_reason": sealed}
    await tx.connection.execute(update(_tasks).where(_tasks.c.id == task).values(closed))
    tx.audit(Entry("task.done", "task", str(task), body={"reason": row.reason}))
    await reply_holds.release(tx, task)


async def _sealed(tx: Tx, task: TaskId, patient: PatientId | None, column: str, words: str) -> bytes | None:
    if patient is None:
        return tx.vault.seal_blob("task", column, task, words.encode())
    key = await _patient_key(tx, patient)
    return None if key is None else seal(key, "task", column, task, words.encode())


async def _patient_key(tx: Tx, patient: PatientId) -> DataKey | None:
    try:
        return await patient_key(tx, patient)
    except Rejected:
        return None  # erased
