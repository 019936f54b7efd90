"""Windows of local time, where clocks jump too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.local_time import instant, second_instant
from nextvisit.domain.quiet_hours import EVERY_DAY, Window, is_open, next_open

WARSAW = ZoneInfo("Europe/Warsaw")
zones = st.sampled_from(
    [
        ZoneInfo(k)
        for k in (
            "Europe/Warsaw",
            "Asia/Kamchatka",
            "America/New_York",
            "Australia/Lord_Howe",
            "Pacific/Apia",
        )
    ]
)
instants = st.datetimes(datetime(2011, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
windows = st.builds(
    lambda start, length, days, holidays: Window(
        time(start // 60, start % 60),
        time(*divmod(min(start + length, 1439), 60)),
        days,
        on_holidays=holidays,
    ),
    st.integers(0, 1300),
    st.integers(30, 700),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.booleans(),
)


@given(instants, zones, windows, st.frozensets(st.dates(date(2011, 1, 1), date(2028, 1, 1)), max_size=5))
def test_the_next_opening_is_open_and_not_in_the_past(
    now: datetime, zone: ZoneInfo, window: Window, holidays: frozenset[date]
) -> None:
    opening = next_open(now, zone, window, holidays)
    assert opening >= now
    assert is_open(opening, zone, window, holidays)


@given(instants, zones, windows, st.integers(1, 10_000))
def test_nothing_between_now_and_the_next_opening_is_open(
    now: datetime, zone: ZoneInfo, window: Window, share: int
) -> None:
    opening = next_open(now, zone, window, frozenset())
    between = now + (opening - now) * share / 10_001
    if now <= between < opening:
        assert not is_open(between, zone, window, frozenset())


def test_an_opening_in_a_gap_is_the_end_of_the_gap() -> None:
    window = Window(time(2, 30), time(10))
    at = next_open(datetime(2026, 3, 28, 23, tzinfo=UTC), WARSAW, window, frozenset())
    assert at.astimezone(WARSAW).replace(tzinfo=None) == datetime(2026, 3, 29, 3, 0)  # noqa: DTZ001 - wall clock


def test_an_overlap_has_two_instants() -> None:
    day = date(2026, 10, 25)
    assert second_instant(day, time(2, 30), WARSAW) - instant(day, time(2, 30), WARSAW) == timedelta(hours=1)


def test_a_window_in_a_doubled_hour_opens_twice() -> None:
    window = Window(time(2, 30), time(2, 45))
    between = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # 02:50 for the first time
    assert next_open(between, WARSAW, window, frozenset()) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_holidays_are_days_of_the_patients_calendar() -> None:
    window = Window(time(9), time(20), on_holidays=False)
    christmas = frozenset({date(2026, 12, 25), date(2026, 12, 26)})
    at = next_open(datetime(2026, 12, 24, 21, tzinfo=UTC), WARSAW, window, christmas)
    assert at == datetime(2026, 12, 27, 8, tzinfo=UTC)


def test_a_window_that_never_opens_is_an_error() -> None:
    with pytest.raises(ValueError, match="before it closes"):
        Window(time(9), time(9))
    with pytest.raises(ValueError, match="weekday"):
        Window(time(9), time(10), frozenset())
    year = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(500))
    with pytest.raises(ValueError, match="never opens"):
        next_open(
            datetime(2026, 1, 1, tzinfo=UTC),
            WARSAW,
            Window(time(9), time(10), EVERY_DAY, on_holidays=False),
            year,
        )
