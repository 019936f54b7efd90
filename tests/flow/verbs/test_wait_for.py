"""`wait_for: reply` listens for the ask in whose answers it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nextvisit.flow.engine.effects import Wait
from nextvisit.flow.engine.events import Replied, Sent, Started, Timer
from nextvisit.flow.engine.step import begin, step
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)

STEPS = """\
  - id: invite
    ask:
      message: hello
      answers:
        question:
          - { id: detail, ask: { message: hello, silence: { after: 2 days } } }
          - { wait_for: reply }
      silence: { after: 5 days, steps: [ end ] }
"""


def test_it_listens_for_its_own_ask_again_though_another_was_asked_since() -> None:
    program = small(STEPS, "hello", ladder="ladder: [{ channel: sms }]\n")
    state, _ = step(program, begin(program, NOW), Started(NOW))
    state, _ = step(program, state, Sent(NOW, "m1"))
    state, _ = step(program, state, Replied(NOW, Intent.QUESTION, seq=1))
    state, _ = step(program, state, Sent(NOW, "m2"))
    assert state.ask == "detail"
    state, effects = step(program, state, Timer(NOW + 2 * DAY))
    assert (state.ask, state.phase.name, effects) == ("invite", "listening", (Wait(NOW + 7 * DAY),))
