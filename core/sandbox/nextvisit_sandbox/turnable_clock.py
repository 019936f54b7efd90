"""A clock that can be exchanged while everybody holds on to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nextvisit.clock import Clock


_SHORTEST = 0.005


@dataclass(slots=True)
class TurnableClock:
    """Shows what `shown` shows. A demo sets itself up on a standing clock and then starts the race."""

    shown: Clock
    _awaited: list[datetime] = field(default_factory=list)

    def now(self) -> datetime:
        return self.shown.now()

    def at_wall(self, wall: datetime) -> datetime:
        return self.shown.at_wall(wall)

    def wall_span(self, span: timedelta) -> timedelta:
        return self.shown.wall_span(span)

    def wall_until(self, instant: datetime, since: datetime) -> timedelta:
        return self.shown.wall_until(instant, since)

    async def until(self, instant: datetime) -> None:
        """Until it shows `instant`, whatever its pace is meanwhile."""
        self._awaited.append(instant)
        try:
            while (left := instant - self.now()).total_seconds() > 0:
                await asyncio.sleep(max(_SHORTEST, self.wall_span(left).total_seconds()))
        finally:
            self._awaited.remove(instant)

    def behind(self) -> timedelta:
        """By the wall: for how long the one who waits for the earliest instant ought to have been woken."""
        return max(self.wall_span(self.now() - min(self._awaited, default=self.now())), timedelta())
