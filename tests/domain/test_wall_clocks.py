"""Wall clocks that jump, to the second; windows and schedules at their edges; zones that do not exist."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from nextvisit.domain.cron import checked_cron, next_firing
from nextvisit.domain.local_time import day_of, instant, second_instant
from nextvisit.domain.quiet_hours import Window, is_open, next_open
from nextvisit.domain.zones import choose_zone
from nextvisit.sdk.errors import ConfigError

WARSAW, NEW_YORK = ZoneInfo("Europe/Warsaw"), ZoneInfo("America/New_York")
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
END_OF_GAP = datetime(2026, 3, 29, 1, tzinfo=UTC)
NIGHT = Window(time(2, 30), time(2, 45))


@pytest.mark.parametrize("second", [0, 1, 2, 3, 450, 907, 1800, 2701, 3597, 3598, 3599])
def test_every_time_in_a_gap_is_its_end(second: int) -> None:
    at = (datetime.combine(FORWARD, time(2)) + timedelta(seconds=second)).time()
    for found in (instant(FORWARD, at, WARSAW), second_instant(FORWARD, at, WARSAW)):
        assert (found, found.tzinfo) == (END_OF_GAP, UTC)


def test_a_time_that_comes_twice_has_two_instants_in_utc() -> None:
    at = time(2, 30, tzinfo=NEW_YORK, fold=1)  # neither the zone of the time nor its fold is asked
    first, second = instant(BACK, at, WARSAW), second_instant(BACK, at, WARSAW)
    assert (first, first.tzinfo) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), UTC)
    assert (second, second.tzinfo) == (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), UTC)


def test_a_window_over_the_doubled_hour_opens_twice() -> None:
    before = datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert next_open(before, WARSAW, NIGHT, ()) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    between = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    assert next_open(between, WARSAW, NIGHT, ()) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_window_is_shut_at_the_instant_at_which_it_closes() -> None:
    closes = datetime(2026, 11, 24, 1, 45, tzinfo=UTC)
    assert not is_open(closes, WARSAW, NIGHT, ())
    assert is_open(closes - timedelta(microseconds=1), WARSAW, NIGHT, ())


def test_an_opening_is_in_utc_and_of_the_day_there() -> None:
    day = Window(time(9), time(20))
    noon = datetime(2026, 11, 24, 12, tzinfo=WARSAW)
    assert next_open(noon, WARSAW, day, ()).tzinfo is UTC
    early = datetime(2026, 11, 25, 13, tzinfo=UTC)  # eight in the morning in New York
    assert next_open(early, NEW_YORK, day, ()) == datetime(2026, 11, 25, 14, tzinfo=UTC)


def test_a_window_that_cannot_be_says_why() -> None:
    with pytest.raises(ValueError, match=r"^a window names at least one weekday, 0 \(Monday\) to 6$"):
        Window(time(9), time(20), weekdays=frozenset())
    mondays = Window(time(9), time(20), weekdays=frozenset({0}), on_holidays=False)
    first = date(2026, 1, 1)
    always = {first + timedelta(days=number) for number in range(500)}
    with pytest.raises(ValueError, match=r"^the window never opens: every one of its days is a holiday$"):
        next_open(datetime(2026, 1, 1, tzinfo=UTC), WARSAW, mondays, always)


def test_a_schedule_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ValueError, match=r'; `"0 10 \* \* MON-FRI"` is ten o\'clock on working days$'):
        checked_cron("0 10 * *")
    with pytest.raises(ValueError, match=r"^`61` is no minute"):
        checked_cron("0,61 * * * *")


def test_a_firing_is_in_utc() -> None:
    assert next_firing("0 10 * * *", datetime(2026, 1, 1, tzinfo=UTC), WARSAW).tzinfo is UTC


def test_a_zone_that_does_not_exist_is_reported_beside_the_one_of_the_phone() -> None:
    choice = choose_zone(patient="Mars/Olympus", phone="+48512345678", clinic="Europe/Berlin")
    assert (choice.zone.key, choice.source, choice.invalid) == ("Europe/Warsaw", "phone", "Mars/Olympus")


def test_a_clinic_without_a_zone_is_told_where_to_look() -> None:
    with pytest.raises(ConfigError) as caught:
        choose_zone(patient=None, phone=None, clinic="Mars/Olympus")
    assert (caught.value.code, caught.value.place) == ("zone.unknown", "clinic time zone")
    assert str(caught.value) == "zone.unknown: clinic time zone: no such time zone: 'Mars/Olympus'"


def test_a_day_in_which_the_clock_jumps_is_as_long_as_it_is() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    first, following = day_of(datetime(2026, 3, 29, 21, 59, tzinfo=UTC), zone)
    assert (first, following) == (
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    )
    assert day_of(following, zone)[0] == following
