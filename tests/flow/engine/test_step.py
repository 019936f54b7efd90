"""What time does to a journey, where tests/flow/test_step.py does not look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.effects import CreateTask, Finish
from nextvisit.flow.engine.events import Sent, Started, TaskCreated, Timer
from nextvisit.flow.engine.state import NodeId, Outcome
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.verbs.tag import PutTag, TagPut
from tests.world.campaigns import HEAD, small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SMS_ONLY = "ladder: [{ channel: sms }]\n"


def test_when_the_patience_is_over_nothing_more_is_sent() -> None:
    program = small("  - wait: 60 days\n  - send: hello\n", "hello", head=HEAD.replace("60 days", "5 days"))
    state, _ = step(program, begin(program, NOW), Started(NOW))
    assert step(program, state, Timer(NOW + 5 * DAY))[1] == (Finish(Outcome.COMPLETED),)


def test_silence_is_the_reason_of_the_task_that_it_leads_to() -> None:
    steps = "  - ask: { message: hello, silence: { after: 2 days, steps: [ { task: reception } ] } }\n"
    program = small(steps, "hello", ladder=SMS_ONLY)
    state, _ = step(program, begin(program, NOW), Started(NOW))
    state, _ = step(program, state, Sent(NOW, "m1"))
    state, effects = step(program, state, Timer(NOW + 2 * DAY))
    assert effects == (CreateTask(NodeId("0.silence.0"), 1, "reception", TaskReason.SILENCE),)
    assert step(program, state, TaskCreated(NOW, "t1"))[1] == (Finish(Outcome.HANDED_OVER),)


def test_what_is_done_again_is_told_apart() -> None:
    steps = (
        "  - { id: label, tag: vip }\n  - { id: staff, task: reception }\n  - { wait: 1 day, goto: label }\n"
    )
    program = small(steps, "hello")
    state, effects = step(program, begin(program, NOW), Started(NOW))
    for times in (1, 2):
        assert effects == (PutTag(NodeId("label"), times, "vip", "patient"),)
        state, effects = step(program, state, TagPut(NOW))
        [task] = effects
        assert isinstance(task, CreateTask)
        assert (task.node, task.occurrence) == ("staff", times)
        state, _ = step(program, state, TaskCreated(NOW, "t"))
        state, effects = step(program, state, Timer(NOW + times * DAY))
