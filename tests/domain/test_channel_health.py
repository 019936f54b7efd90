"""A connection's breaker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.channel_health import (
    FAILING_FOR,
    MOST_FAILURES,
    MOST_REFUSALS,
    PROBE_EVERY,
    WORKS,
    Health,
    failed,
    probed,
    refused,
    refused_one,
)
from tests.world.clock import NOW

MINUTE = timedelta(minutes=1)


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


def test_a_refusal_of_the_account_tells_since_when_it_fails_and_why() -> None:
    due = NOW + PROBE_EVERY
    assert refused(WORKS, "smtp.535", NOW) == Health(
        failures=1, code="smtp.535", failing_since=NOW, down_since=NOW, probe_at=due
    )
    failing = failed(WORKS, "smtp.away", NOW - MINUTE)
    assert refused(failing, "smtp.535", NOW) == Health(
        failures=2, code="smtp.535", failing_since=NOW - MINUTE, down_since=NOW, probe_at=due
    )


def test_one_message_tries_it_now_and_then() -> None:
    down = refused(WORKS, "smtp.535", NOW)
    assert down.state(NOW + PROBE_EVERY - timedelta(seconds=1)) == "down"
    due = NOW + PROBE_EVERY
    assert down.state(due) == "half_open"
    trying = failed(probed(down, due), "smtp.away", due)
    assert trying.state(due) == "down"
    assert trying.state(due + PROBE_EVERY) == "half_open"
    assert trying.down_since == NOW


def _refusing(times: int, health: Health = WORKS) -> Health:
    for number in range(times):
        health = refused_one(health, "smpp.0x0a", NOW + number * MINUTE)
    return health


def test_whoever_refuses_every_message_does_not_want_us() -> None:
    few = _refusing(MOST_REFUSALS - 1)
    assert (few.state(NOW), few.in_a_row, few.failing_since) == ("up", MOST_REFUSALS - 1, NOW)
    many = _refusing(MOST_REFUSALS)
    went_down = NOW + (MOST_REFUSALS - 1) * MINUTE
    assert (many.down_since, many.failing_since, many.code) == (went_down, NOW, "smpp.0x0a")
    assert many.probe_at == went_down + PROBE_EVERY


def test_another_refusal_leaves_it_down_and_its_next_trial_where_it_is() -> None:
    many = _refusing(MOST_REFUSALS)
    assert refused_one(many, "smpp.0x0b", NOW) == replace(many, refusals=MOST_REFUSALS + 1, code="smpp.0x0b")


def test_a_refusal_is_an_answer_of_a_provider_that_was_away() -> None:
    away = _failing(MOST_FAILURES, FAILING_FOR)
    back = refused_one(away, "smtp.550", NOW + FAILING_FOR)
    assert back == Health(refusals=1, code="smtp.550", failing_since=NOW + FAILING_FOR)
    assert refused_one(back, "smtp.551", NOW).failing_since == NOW + FAILING_FOR


@given(st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(), timedelta(days=2))), max_size=30))
def test_what_is_down_stays_down_until_it_works(told: list[tuple[bool, timedelta]]) -> None:
    now, health = NOW, refused(WORKS, "smtp.535", NOW)
    for lasting, later in told:
        now += later
        health = (refused if lasting else failed)(health, "smtp.away", now)
        assert health.state(now) != "up"
        assert health.down_since == NOW
