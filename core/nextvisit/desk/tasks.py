"""What patients and campaigns ask of staff: listed, shown with whom to call, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from nextvisit.desk.known import require_queue
from nextvisit.domain.reply_holds import HOLDS_INVITATIONS, UNTIL_READ
from nextvisit.domain.task_reason import NEVER_SILENTLY
from nextvisit.intake.opt_out import INVITING
from nextvisit.sdk.errors import ConfigError, Rejected
from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import TaskId
from nextvisit.store.people import consents, patients, reply_holds, suppressions
from nextvisit.store.people.reply_holds import HeldByReply
from nextvisit.store.people.suppressions import Ban
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
    """person: None when the task is about nobody known, or about somebody who was erased.

    holds: how many patients are not written to until it is closed, or not for a while. done_reason: what came
    of it, as whoever closed it said.
    """

    task: Task
    person: Person | None
    note: str | None
    holds: int
    done_reason: str | None


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
        held = {each.patient for each in await reply_holds.of_task(tx, found.id)}
        return Shown(
            found,
            await _person(tx, found, reach),
            await tasks.note(tx, found.id),
            len(held),
            await tasks.done_reason(tx, found.id),
        )


Afterwards = Literal["write_again", "stay_silent"]
"""Whether whom a task holds may be written to once it is closed."""


async def done(
    database: Database, task: UUID, by: str, *, reason: str | None, afterwards: Afterwards | None
) -> None:
    """Somebody has seen to it. Harmless when repeated.

    stay_silent: a suppression by staff takes the place of what held the patient; of whoever else was held,
    because nobody knew who is meant, only where the task is about no one patient.

    Raises ConfigError when there is no such task, without words for a task that is never closed silently, and
    when nobody says what comes afterwards for whom it holds, or says so of a task that holds nobody.
    """
    async with database.transaction(actor=by) as tx:
        found = await _found(tx, task)
        if found.state == "done":
            return
        said = None if reason is None or not reason.strip() else reason
        held = [each for each in await reply_holds.of_task(tx, found.id) if each.intent in UNTIL_READ]
        if said is None and (held or found.reason in NEVER_SILENTLY):
            message = "say in words what came of it; this is never closed silently"
            raise ConfigError("task.reason", message, place="--reason")
        if held and afterwards is None:
            message = "it holds back what we would send; say whether it may be sent from now on"
            raise ConfigError("task.afterwards", message, place="--write-again or --stay-silent")
        if afterwards is not None and not held:
            raise ConfigError("task.holds_nobody", "it holds nothing back", place=str(task))
        await tasks.done(tx, found.id, reason=said)
        if afterwards == "stay_silent":
            for each in held:
                if found.patient_id not in {None, each.patient}:
                    continue
                await suppressions.put(tx, each.patient, _silence(each, said))


def _silence(held: HeldByReply, reason: str | None) -> Ban:
    """As wide as the hold was."""
    purposes = INVITING if held.intent in HOLDS_INVITATIONS else ()
    return Ban("staff", consents.BY_STAFF, purposes=purposes, reason=reason)


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
