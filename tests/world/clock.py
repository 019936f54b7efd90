"""The time of the test clinic: a Monday morning that stands still until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Ten o'clock in Warsaw."""


def later(days: int) -> datetime:
    """NOW and some days."""
    return NOW + timedelta(days=days)


@dataclass
class SetClock:
    """Shows what it was set to."""

    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant

    def at_wall(self, wall: datetime) -> datetime:
        return wall

    def wall_span(self, span: timedelta) -> timedelta:
        return span

    def wall_until(self, instant: datetime, since: datetime) -> timedelta:
        return max(instant - since, timedelta())

    def move(self, span: timedelta) -> None:
        self.instant += span
