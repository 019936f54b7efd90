"""Who is taken on, how many and when: holdout, pace and schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.cron import next_firing
from nextvisit.domain.holdout import in_holdout
from nextvisit.domain.pace import Pace, allowance

WARSAW = ZoneInfo("Europe/Warsaw")


def test_a_holdout_is_as_large_as_asked_and_differs_between_campaigns() -> None:
    keys = [n.to_bytes(16) for n in range(20_000)]
    first = {key for key in keys if in_holdout(key, "a", Decimal(10))}
    second = {key for key in keys if in_holdout(key, "b", Decimal(10))}
    # Six standard deviations of 20 000 draws at 10 % are 255.
    assert abs(len(first) - 2000) < 255
    assert abs(len(first & second) - 200) < 85


def test_the_draw_is_the_same_in_every_version() -> None:
    drawn = [n for n in range(60) if in_holdout(n.to_bytes(16), "reactivation", Decimal(10))]
    assert drawn == DRAWN
    assert sum(in_holdout(n.to_bytes(16), "reactivation", Decimal(10)) for n in range(20_000)) == 1976


@given(
    st.binary(max_size=20), st.text(max_size=9), st.decimals(0, 100, places=2), st.decimals(0, 100, places=2)
)
def test_a_larger_holdout_only_adds_patients(key: bytes, campaign: str, one: Decimal, other: Decimal) -> None:
    small, large = sorted((one, other))
    assert not in_holdout(key, campaign, small) or in_holdout(key, campaign, large)
    assert not in_holdout(key, campaign, Decimal(0))
    assert in_holdout(key, campaign, Decimal(100))


def test_a_percentage_beyond_a_hundred_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        in_holdout(b"", "a", Decimal("100.1"))


@pytest.mark.parametrize(
    ("pace", "today", "slots", "invitations", "expected"),
    [
        (Pace(), 5, 5, 5, None),
        (Pace(per_day=200), 150, 0, 0, 50),
        (Pace(per_day=200), 300, 0, 0, 0),
        (Pace(invite_per_slot=Decimal("1.5")), 0, 5, 3, 4),
        (Pace(per_day=2, invite_per_slot=Decimal("1.5")), 0, 5, 3, 2),
        (Pace(per_day=200, invite_per_slot=Decimal(1)), 0, 0, 9, 0),
    ],
)
def test_the_tightest_limit_counts(
    pace: Pace, today: int, slots: int, invitations: int, expected: int | None
) -> None:
    got = allowance(pace, enrolled_today=today, open_slots=slots, open_invitations=invitations)
    assert got == expected


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("0 10 * * MON-FRI", "2026-11-20T10:00+01:00", "2026-11-23T10:00+01:00"),
        ("0 10 * * MON-FRI", "2026-11-20T09:59+01:00", "2026-11-20T10:00+01:00"),
        ("30 2 * * *", "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
        ("30 2 * * *", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"),
        ("30 2 * * *", "2026-10-24T12:00+02:00", "2026-10-25T02:30+02:00"),
        ("30 2 * * *", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),
        ("30 2 * * *", "2026-10-25T02:10+01:00", "2026-10-26T02:30+01:00"),
        ("0 9 1 * *", "2026-11-23T09:00+01:00", "2026-12-01T09:00+01:00"),
    ],
)
def test_a_schedule_fires_by_the_local_clock(cron: str, after: str, expected: str) -> None:
    got = next_firing(cron, datetime.fromisoformat(after), WARSAW)
    assert got == datetime.fromisoformat(expected)


def test_a_schedule_keeps_holidays() -> None:
    after = datetime(2026, 12, 24, 12, tzinfo=UTC)
    got = next_firing("0 10 * * *", after, WARSAW, {date(2026, 12, 25), date(2026, 12, 26)})
    assert got.astimezone(WARSAW).date() == date(2026, 12, 27)


@pytest.mark.parametrize("cron", ["", "0 10 * *", "0 0 10 * * *", "61 * * * *", "0 0 31 2 *", "x * * * *"])
def test_what_is_no_schedule_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match=r"five fields|possible are|never fires"):
        next_firing(cron, datetime(2026, 1, 1, tzinfo=UTC), WARSAW)


@given(
    st.sampled_from(["30 2 * * *", "0 10 * * MON-FRI", "*/15 * * * *", "0 0 1 * *"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
)
def test_the_next_firing_is_ahead(cron: str, after: datetime) -> None:
    assert next_firing(cron, after, WARSAW) > after


DRAWN = [21, 26, 37, 41, 48, 52]
