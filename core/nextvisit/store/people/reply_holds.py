"""Patients to whom nothing is sent because of what they wrote, until somebody has read it.

A hold begins with the reply, in the same transaction, and ends with its task. It follows the person through
merges as a refusal does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.domain.reply_holds import UNTIL_READ
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId, TaskId
from nextvisit.store.base.tables import ReplyHoldRow, table_of
from nextvisit.store.people import kinship
from nextvisit.store.people.identity import PatientId

_rows = table_of(ReplyHoldRow)

_IN_FORCE = text(
    f"""
    WITH RECURSIVE {kinship.family()}
    SELECT h.patient_id, h.intent, h.since, h.task_id FROM family f JOIN reply_hold h ON h.patient_id = f.id
    WHERE h.released_at IS NULL AND h.since <= f.until ORDER BY h.since, h.id
    """  # noqa: S608  constant names
)


@dataclass(frozen=True, slots=True)
class HeldByReply:
    """What was written, as it was understood. task: None until the journey has made it."""

    patient: PatientId
    intent: Intent
    since: datetime
    task: TaskId | None


async def put(
    tx: Tx, patient: PatientId, intent: Intent, *, ref: str, journey: JourneyId | None, task: TaskId | None
) -> None:
    """From now on. `ref` names the reply for good: put twice, it is there once.

    task: whose end ends the hold; None where `journey` will make one.
    """
    written = await tx.connection.scalar(
        insert(_rows)
        .values(
            id=uuid5(patient, f"reply:{ref}"),
            patient_id=patient,
            intent=intent.value,
            ref=ref,
            journey_id=journey,
            task_id=task,
            since=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(_rows.c.id)
    )
    if written is not None:
        tx.audit(Entry("patient.held", "patient", str(patient), body={"reply": intent.value}))


async def await_task(tx: Tx, journey: JourneyId, intent: Intent, task: TaskId) -> None:
    """The journey has asked staff: what this patient wrote to it in this meaning ends with that task."""
    mine = (_rows.c.journey_id == journey) & (_rows.c.intent == intent.value) & _rows.c.task_id.is_(None)
    await tx.connection.execute(update(_rows).where(mine).values(task_id=task))


async def release(tx: Tx, task: TaskId) -> None:
    """Somebody has seen to it. Audited; harmless when repeated."""
    rows = await tx.connection.execute(
        update(_rows)
        .where(_rows.c.task_id == task, _rows.c.released_at.is_(None))
        .values(released_at=tx.now, released_by=tx.actor)
        .returning(_rows.c.patient_id, _rows.c.intent)
    )
    for row in rows:
        body = {"reply": row.intent, "task": str(task)}
        tx.audit(Entry("patient.released", "patient", str(row.patient_id), body=body))


async def in_force(tx: Tx, patient: PatientId) -> Sequence[HeldByReply]:
    """All that holds this patient, oldest first; what ends by itself is there until somebody ends it."""
    return [_held(row) for row in await tx.connection.execute(_IN_FORCE, {"patient": patient})]


async def of_task(tx: Tx, task: TaskId) -> Sequence[HeldByReply]:
    """Whom it holds."""
    query = _rows.select().where(_rows.c.task_id == task, _rows.c.released_at.is_(None)).order_by(_rows.c.id)
    return [_held(row) for row in await tx.connection.execute(query)]


async def counts(tx: Tx) -> tuple[int, datetime | None]:
    """How many patients only a person can free, and since when the first of them is held."""
    of_person = _rows.c.intent.in_([each.value for each in UNTIL_READ])
    query = select(func.count(_rows.c.patient_id.distinct()), func.min(_rows.c.since)).where(
        _rows.c.released_at.is_(None), of_person
    )
    row = (await tx.connection.execute(query)).one()
    return int(row[0]), row[1]


def _held(row: Row[Any]) -> HeldByReply:
    task: UUID | None = row.task_id
    return HeldByReply(
        PatientId(row.patient_id), Intent(row.intent), row.since, None if task is None else TaskId(task)
    )
