"""Tasks that nobody sees to are counted by queue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.task_reason import TaskReason
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.engine import Database
from nextvisit.store.people import reply_holds
from nextvisit.store.tasks import tasks
from nextvisit.watch import people
from nextvisit.watch.finding import Grade
from tests.world.clock import NOW, SetClock
from tests.world.rows import a_journey

pytestmark = pytest.mark.anyio


async def test_a_task_may_wait_for_some_days_and_no_longer(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await tasks.create(tx, queue="reception", reason=TaskReason.QUESTION, dedupe="1")
    assert [each.grade for each in await people.tasks(database)] == [Grade.OK]
    clock.move(timedelta(days=4))
    (found,) = await people.tasks(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert found.says == "1 open for reception, the oldest for 4 days"


async def test_somebody_who_may_need_help_waits_not_at_all(database: Database) -> None:
    async with database.transaction() as tx:
        for reason in (TaskReason.QUESTION, TaskReason.URGENT):
            await tasks.create(tx, queue="reception", reason=reason, dedupe=reason)
    urgent, others = await people.tasks(database)
    assert (urgent.grade, urgent.since, others.grade) == (Grade.WRONG, NOW, Grade.OK)
    assert "need help now" in urgent.says


async def test_whom_a_reply_holds_is_counted(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        task = await tasks.create(tx, queue="reception", reason=TaskReason.HOLD, dedupe="1")
        for number in range(2):
            await reply_holds.put(
                tx, head.patient_id, Intent.HOLD, ref=f"{number}:0", journey=None, task=task
            )
        await reply_holds.put(tx, head.patient_id, Intent.UNCLEAR, ref="9:0", journey=None, task=None)
    held, _ = await people.tasks(database)
    assert (held.grade, held.touches, held.since) == (Grade.INFORMS, "1 patients", NOW)
