"""A clock that can be exchanged while everybody holds on to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from nextvisit.clock import Clock


@dataclass(slots=True)
class TurnableClock:
    """Shows what `shown` shows. A demo sets itself up on a standing clock and then starts the race."""

    shown: Clock

    def now(self) -> datetime:
        return self.shown.now()

    def at_wall(self, wall: datetime) -> datetime:
        return self.shown.at_wall(wall)

    def wall_span(self, span: timedelta) -> timedelta:
        return self.shown.wall_span(span)

    async def until(self, instant: datetime) -> None:
        """Until it shows `instant`, whatever its pace is meanwhile."""
        while (left := instant - self.now()).total_seconds() > 0:
            await asyncio.sleep(self.wall_span(left).total_seconds())
