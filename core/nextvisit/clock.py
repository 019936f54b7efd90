"""The one clock of the shell.

Pure rooms (domain, flow, segments, understanding, messages) never see it: they are given instants.
The shell asks it for `now()` and turns spans of calendar time into spans of waiting.

`SystemClock` is what production runs on. `ScaledClock` runs faster than the wall and exists for the
demo and its tests alone: no setting reaches it, only the demo's composition passes one in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where the shell gets its time from."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def at_wall(self, wall: datetime) -> datetime:
        """The instant that this clock shows (showed) when the wall showed `wall`."""
        ...

    def wall_span(self, span: timedelta) -> timedelta:
        """How long the wall takes, at the least, while this clock moves on by `span`."""
        ...

    def wall_until(self, instant: datetime, since: datetime) -> timedelta:
        """How long from when the wall showed `since` until this clock shows `instant`, as far as is known.

        A clock may be made to stand meanwhile: whoever waited looks at it again.
        """
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The wall's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def at_wall(self, wall: datetime) -> datetime:
        return wall

    def wall_span(self, span: timedelta) -> timedelta:
        return span

    def wall_until(self, instant: datetime, since: datetime) -> timedelta:
        return max(instant - since, timedelta())


@dataclass(frozen=True, slots=True)
class Pause:
    """A span of the wall's time in which a clock stands still."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Runs `factor` times faster than the wall from `wall_origin` on, and stands still before.

    It shows `virtual_origin` until the wall reaches `wall_origin`, so that a demo can set itself up on
    a given day and start the race when everybody is ready. Three numbers and its pauses describe
    it wholly, so every process of one demo shows the same time, also after a restart.

    pauses: in order and apart. They are only ever added, and begin after they are added: what this clock
    showed at an instant that is past never changes, which replays of workflows rely on (docs/decisions/0016).
    """

    factor: float
    wall_origin: datetime
    virtual_origin: datetime
    pauses: tuple[Pause, ...] = ()

    @classmethod
    def standing(cls, at: datetime) -> ScaledClock:
        """A clock that shows `at` and does not move."""
        return cls(factor=1, wall_origin=_NEVER, virtual_origin=at)

    def __post_init__(self) -> None:
        if self.factor <= 0:
            message = f"a clock's factor must be positive, not {self.factor}"
            raise ValueError(message)
        if self.wall_origin.tzinfo is None or self.virtual_origin.tzinfo is None:
            message = "a clock's origins must be aware datetimes"
            raise ValueError(message)

    @property
    def stands(self) -> bool:
        """Whether it will never move."""
        return self.wall_origin == _NEVER

    def now(self) -> datetime:
        return self.at_wall(datetime.now(UTC))

    def at_wall(self, wall: datetime) -> datetime:
        ran = wall - self.wall_origin
        for each in self.pauses:
            ran -= max(min(each.ends, wall) - each.begins, timedelta())
        return self.virtual_origin + max(ran, timedelta()) * self.factor

    def wall_span(self, span: timedelta) -> timedelta:
        return span / self.factor

    def wall_until(self, instant: datetime, since: datetime) -> timedelta:
        left = self.wall_span(instant - self.at_wall(since))
        if left <= timedelta():
            return timedelta()
        shows = max(since, self.wall_origin) + left
        for each in self.pauses:
            if each.ends > since and each.begins < shows:
                shows += each.ends - max(each.begins, since)
        return shows - since

    def pausing(self, pause: Pause) -> ScaledClock:
        """The same clock with one more pause, after all others."""
        if self.pauses and pause.begins < self.pauses[-1].ends:
            message = "a pause begins before the one before it has ended"
            raise ValueError(message)
        return replace(self, pauses=(*self.pauses, pause))

    def to_json(self) -> str:
        """As a process of the demo is told it on its command line."""
        return json.dumps(
            {
                "factor": self.factor,
                "wall_origin": self.wall_origin.isoformat(),
                "virtual_origin": self.virtual_origin.isoformat(),
                "pauses": [[each.begins.isoformat(), each.ends.isoformat()] for each in self.pauses],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> ScaledClock:
        """The inverse of `to_json`."""
        raw = json.loads(text)
        return cls(
            factor=float(raw["factor"]),
            wall_origin=datetime.fromisoformat(raw["wall_origin"]),
            virtual_origin=datetime.fromisoformat(raw["virtual_origin"]),
            pauses=tuple(Pause(*map(datetime.fromisoformat, each)) for each in raw.get("pauses", ())),
        )
