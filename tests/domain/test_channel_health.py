"""A connection's breaker."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.channel_health import (
    FAILING_FOR,
    MOST_FAILURES,
    PROBE_EVERY,
    WORKS,
    Health,
    failed,
    probed,
    refused,
)
from tests.world.clock import NOW


def _failing(times: int, span: timedelta) -> Health:
    health = WORKS
    for number in range(times):
        health = failed(health, "smtp.away", NOW + span * number / max(times - 1, 1))
    return health


def test_failures_in_a_row_take_it_down() -> None:
    assert _failing(MOST_FAILURES - 1, FAILING_FOR).state(NOW + FAILING_FOR) == "up"
    down = _failing(MOST_FAILURES, FAILING_FOR)
    assert down.state(NOW + FAILING_FOR) == "down"
    assert (down.down_since, down.failing_since, down.code) == (NOW + FAILING_FOR, NOW, "smtp.away")


def test_many_failures_of_one_moment_do_not() -> None:
    assert _failing(50, FAILING_FOR - timedelta(seconds=1)).state(NOW + FAILING_FOR) == "up"


def test_a_refusal_of_the_account_does_at_once() -> None:
    assert refused(WORKS, "smtp.535", NOW).state(NOW) == "down"


def test_one_message_tries_it_now_and_then() -> None:
    down = refused(WORKS, "smtp.535", NOW)
    assert down.state(NOW + PROBE_EVERY - timedelta(seconds=1)) == "down"
    due = NOW + PROBE_EVERY
    assert down.state(due) == "half_open"
    trying = failed(probed(down, due), "smtp.away", due)
    assert trying.state(due) == "down"
    assert trying.state(due + PROBE_EVERY) == "half_open"
    assert trying.down_since == NOW


@given(st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(), timedelta(days=2))), max_size=30))
def test_what_is_down_stays_down_until_it_works(told: list[tuple[bool, timedelta]]) -> None:
    now, health = NOW, refused(WORKS, "smtp.535", NOW)
    for lasting, later in told:
        now += later
        health = (refused if lasting else failed)(health, "smtp.away", now)
        assert health.state(now) != "up"
        assert health.down_since == NOW
