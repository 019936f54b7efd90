"""What cannot happen is told with what came, where the journey stands and what it was doing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nextvisit.flow.engine.events import Event, Replied, Sent, Skipped, Started, TaskCreated, Timer
from nextvisit.flow.engine.state import Acting, NodeId, Phase, Waiting
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.verbs.wait_for import WaitForNode
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PROGRAM = small(
    "  - { id: say, send: hello }\n  - { id: label, tag: vip }\n  - { id: staff, task: reception }\n", "hello"
)


@pytest.mark.parametrize(
    ("node", "phase", "event", "told"),
    [
        ("say", Acting("send_message"), Started(NOW), "started at say while acting (send_message)"),
        ("say", Acting("send_message"), Timer(NOW), "timer at say while acting (send_message)"),
        (
            "say",
            Acting("send_message"),
            TaskCreated(NOW, "t"),
            "task_created at say while acting (send_message)",
        ),
        (
            "say",
            Acting("send_message"),
            Skipped(NOW, "consent.none", "house"),  # type: ignore[arg-type]
            "skipped at say while acting (send_message)",
        ),
        ("say", Waiting(NOW), Timer(NOW), "timer at say while waiting ()"),
        ("say", Waiting(NOW), Sent(NOW, "m"), "sent at say while waiting ()"),
        ("label", Acting("put_tag"), Sent(NOW, "m"), "sent at label while acting (put_tag)"),
        ("staff", Acting("create_task"), Sent(NOW, "m"), "sent at staff while acting (create_task)"),
        (
            "staff",
            Acting("create_task", answering=True),
            Sent(NOW, "m"),
            "sent at staff while acting (create_task)",
        ),
    ],
)
def test_an_event_that_cannot_happen_is_told_in_full(
    node: str, phase: Phase, event: Event, told: str
) -> None:
    state = replace(begin(PROGRAM, NOW), node=NodeId(node), phase=phase)
    with pytest.raises(Bug, match=f"^{re.escape(f'flow.illegal_event: {told}')}$"):
        step(PROGRAM, state, event)


def test_only_the_answers_of_an_ask_can_be_listened_for() -> None:
    state = replace(begin(PROGRAM, NOW), node=NodeId("here"), phase=Waiting(NOW))
    node = WaitForNode(NodeId("say"))
    told = r"^flow\.illegal_event: listen at here while waiting \(\)$"
    with pytest.raises(Bug, match=told):
        node.enter(PROGRAM, state, NOW)
    with pytest.raises(Bug, match=told):
        node.on_timer(PROGRAM, state, NOW)


def test_a_reply_in_a_campaign_that_asks_nothing_becomes_a_task_and_the_wait_goes_on() -> None:
    program = small("  - wait: 5 days\n", "hello")
    state, _ = step(program, begin(program, NOW), Started(NOW))
    waiting = state.phase
    assert isinstance(waiting, Waiting)
    state, _ = step(program, state, Replied(NOW, Intent.QUESTION, seq=1))
    assert state.phase == Acting("create_task", answering=True, resume=waiting)
    assert step(program, state, TaskCreated(NOW, "t1"))[0].phase == waiting
