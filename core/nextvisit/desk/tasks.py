"""What patients and campaigns ask of staff: listed, shown with whom to call, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from nextvisit.desk.known import require_queue
from nextvisit.sdk.errors import ConfigError, Rejected
from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import TaskId
from nextvisit.store.people import patients
from nextvisit.store.people.upsert import Reach
from nextvisit.store.tasks import tasks
from nextvisit.store.tasks.tasks import Task


@dataclass(frozen=True, slots=True)
class Person:
    """What it takes to call somebody back, and no more."""

    ref: MisRef
    name: str
    reached_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """person: None when the task is about nobody known, or about somebody who was erased."""

    task: Task
    person: Person | None
    note: str | None


async def listing(
    database: Database, *, state: Literal["open", "done"], queue: str | None, limit: int
) -> Sequence[Task]:
    """Without names; what may be urgent is first. Raises ConfigError when there is no such queue."""
    async with database.transaction() as tx:
        if queue is not None:
            await require_queue(tx, queue)
        return await tasks.listing(tx, state=state, queue=queue, limit=limit)


async def show(database: Database, task: UUID, reach: Reach, by: str) -> Shown:
    """With the patient's name and numbers and what they wrote; the look is audited. Raises ConfigError."""
    async with database.transaction(actor=by) as tx:
        found = await _found(tx, task)
        return Shown(found, await _person(tx, found, reach), await tasks.note(tx, found.id))


async def done(database: Database, task: UUID, by: str) -> None:
    """Somebody has seen to it. Harmless when repeated. Raises ConfigError when there is no such task."""
    async with database.transaction(actor=by) as tx:
        found = await _found(tx, task)
        await tasks.done(tx, found.id)


async def _found(tx: Tx, task: UUID) -> Task:
    found = await tasks.get(tx, TaskId(task))
    if found is None:
        raise ConfigError("task.unknown", "there is no such task", place=str(task))
    return found


async def _person(tx: Tx, task: Task, reach: Reach) -> Person | None:
    if task.patient_id is None:
        return None
    try:
        found = await patients.identity(tx, task.patient_id, why="task")
    except Rejected:
        return None  # erased since
    known = [found.destinations(each, reach.country, tx.now) for each in reach.addresses]
    return Person(found.ref, found.name, tuple(each.value for some in known for each in some))
