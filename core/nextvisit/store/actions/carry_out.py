"""Actions that need no channel and no MIS, each in one transaction with its result."""

from __future__ import annotations

from typing import assert_never

from nextvisit.domain.reply_holds import FOR_A_WHILE
from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.engine.events import TaskCreated
from nextvisit.flow.verbs import StoreAction, StoreResult
from nextvisit.flow.verbs.tag import PutTag, TagPut
from nextvisit.store.base.engine import Tx
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import replies
from nextvisit.store.people import reply_holds, tags
from nextvisit.store.tasks import tasks


async def carry_out(tx: Tx, head: JourneyHead, action: StoreAction) -> StoreResult:
    """What the action came to. Carried out again under the same key, it changes nothing more."""
    match action:
        case CreateTask():
            return await _create_task(tx, head, action)
        case PutTag():
            return await _put_tag(tx, head, action)
        case _:
            assert_never(action)


async def _create_task(tx: Tx, head: JourneyHead, action: CreateTask) -> TaskCreated:
    """What the patient wrote last is the task's note; what it held back waits for the task's end."""
    reason = TaskReason(action.reason)
    task = await tasks.create(
        tx,
        queue=action.queue,
        reason=reason,
        dedupe=f"journey:{head.id}:{action.node}:{action.occurrence}:{action.reason}",
        journey_id=head.id,
        patient_id=head.patient_id,
        note=await replies.last_note(tx, head.id, why="task"),
    )
    intent = next((each for each in FOR_A_WHILE if TaskReason(each) is reason), None)
    if intent is not None:
        await reply_holds.await_task(tx, head.id, intent, task)
    return TaskCreated(at=tx.now, task=str(task))


async def _put_tag(tx: Tx, head: JourneyHead, action: PutTag) -> TagPut:
    match action.on:
        case "patient":
            await tags.put(tx, head.patient_id, action.label)
        case "journey":
            await tags.put_on_journey(tx, head.patient_id, head.id, head.campaign, action.label)
        case _:
            assert_never(action.on)
    return TagPut(at=tx.now)
