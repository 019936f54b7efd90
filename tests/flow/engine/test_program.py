"""What a verb does not override cannot happen at its node, and the Bug says what, where and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nextvisit.flow.engine.events import Delivered, Replied, TaskCreated
from nextvisit.flow.engine.moves import Stay, Turn, finish
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import Acting, NodeId, Outcome, State, Waiting
from nextvisit.flow.engine.step import begin
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PROGRAM = small("  - end\n", "unused")
STATE = replace(begin(PROGRAM, NOW), node=NodeId("here"))


class Bare(Node):
    """What a verb has to have, and nothing else."""

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        del program, at
        return finish(state, Outcome.COMPLETED)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ()


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (
            lambda state: Bare().on_result(PROGRAM, state, TaskCreated(NOW, "t")),
            "task_created at here while {}",
        ),
        (lambda state: Bare().on_timer(PROGRAM, state, NOW), "timer at here while {}"),
        (lambda state: Bare().after_climb(state, NOW), "climb at here while {}"),
    ],
    ids=["result", "timer", "climb"],
)
def test_what_a_node_does_not_know_is_a_bug(happens: Callable[[State], Turn], told: str) -> None:
    for phase, doing in ((Acting("send_message"), "acting (send_message)"), (Waiting(NOW), "waiting ()")):
        with pytest.raises(Bug) as caught:
            happens(replace(STATE, phase=phase))
        assert (caught.value.code, str(caught.value)) == (
            "flow.illegal_event",
            f"flow.illegal_event: {told.format(doing)}",
        )


def test_a_node_that_asks_nothing_lets_replies_and_news_pass() -> None:
    assert Bare().on_reply(PROGRAM, STATE, Replied(NOW, Intent.UNCLEAR)) is None
    assert Bare().answer_to(Intent.DECLINES) is None
    assert Bare().on_news(PROGRAM, STATE, Delivered(NOW, "m1")) == Stay(STATE, ())
    assert (Bare().choices(), Bare().specialties(), Bare().books()) == ((), frozenset(), frozenset())
