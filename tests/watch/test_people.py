"""Tasks that nobody sees to are counted by queue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.task_reason import TaskReason
from nextvisit.store.base.engine import Database
from nextvisit.store.tasks import tasks
from nextvisit.watch import people
from nextvisit.watch.finding import Grade
from tests.world.clock import NOW, SetClock

pytestmark = pytest.mark.anyio


async def test_a_task_may_wait_for_some_days_and_no_longer(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await tasks.create(tx, queue="reception", reason=TaskReason.QUESTION, dedupe="1")
    assert [each.grade for each in await people.tasks(database)] == [Grade.OK]
    clock.move(timedelta(days=4))
    (found,) = await people.tasks(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert found.says == "1 open for reception, the oldest for 4 days"
