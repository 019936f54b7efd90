"""Spans move instants as a calendar on the wall would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.segments.spans import Span, parse_span

WARSAW = ZoneInfo("Europe/Warsaw")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("24 hours", Span(24, "hour")),
        ("1 hour", Span(1, "hour")),
        ("15 minutes", Span(15, "minute")),
        ("14 days", Span(14, "day")),
        ("2 weeks", Span(2, "week")),
        ("12 months", Span(12, "month")),
        ("1 year", Span(1, "year")),
    ],
)
def test_spans_are_read_and_written_in_words(text: str, span: Span) -> None:
    assert parse_span(text) == span
    assert str(span) == text


@pytest.mark.parametrize(
    "text", ["", "14", "days", "0 days", "-1 day", "1.5 days", "two days", "3 fortnights"]
)
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as `14 days`"):
        parse_span(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1 month", "2026-03-31T10:00", "2026-02-28T10:00"),
        ("12 months", "2028-02-29T10:00", "2027-02-28T10:00"),
        ("1 year", "2026-11-30T10:00", "2025-11-30T10:00"),
        # the clocks went forward on 29 March 2026: the day has 23 hours
        ("1 day", "2026-03-29T10:00", "2026-03-28T10:00"),
        ("24 hours", "2026-03-29T10:00", "2026-03-28T09:00"),
    ],
)
def test_before_keeps_the_local_time_of_day_except_for_hours(text: str, start: str, end: str) -> None:
    assert parse_span(text).before(at(start), WARSAW) == at(end)


def test_after_reads_a_skipped_local_time_with_the_offset_before() -> None:
    assert parse_span("1 day").after(at("2026-03-28T02:30"), WARSAW) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


def test_only_fixed_spans_are_timedeltas() -> None:
    assert parse_span("2 weeks").to_timedelta() == timedelta(days=14)
    for text in ("1 month", "1 year"):
        with pytest.raises(ValueError, match="no fixed length"):
            parse_span(text).to_timedelta()


spans = st.builds(
    Span, st.integers(1, 500), st.sampled_from(["minute", "hour", "day", "week", "month", "year"])
)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(spans, instants)
def test_before_is_earlier_and_written_spans_read_back(span: Span, instant: datetime) -> None:
    assert span.before(instant, WARSAW) < instant
    assert parse_span(str(span)) == span
