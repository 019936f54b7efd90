"""How fast a centre lets us submit. A centre that throttles slows the session down, not one text."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from nextvisit.sdk.errors import RetryLater

_FIRST_GAP: Final = 0.25
_LONGEST_GAP: Final = 30.0
_FASTER: Final = 0.95
_NO_GAP: Final = 0.01
_REST: Final = timedelta(seconds=10)


class Pace:
    """The gap between two submits, in seconds, learnt from what the centre refuses.

    A refusal doubles it, and each submit that is taken makes it a little shorter, so it stays about where the
    centre has its bound.
    """

    def __init__(self) -> None:
        self._gap = 0.0
        self._next = 0.0
        self._slowed_at = 0.0

    async def turn(self, until: float) -> float:
        """Wait for the next turn; the loop's time of it. Raises RetryLater when it comes after `until`."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        if at > until:
            raise RetryLater("smpp.throttled", after=max(timedelta(seconds=at - now), _REST))
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)
        return at

    def throttled(self, turn: float) -> None:
        """The submit of that turn was refused for now."""
        if turn < self._slowed_at:
            return  # it went out before we slowed down, and says nothing new
        self._slowed_at = asyncio.get_running_loop().time()
        self._gap = min(max(self._gap * 2, _FIRST_GAP), _LONGEST_GAP)
        self._next = max(self._next, self._slowed_at + self._gap)

    def taken(self) -> None:
        """A submit was taken."""
        self._gap = self._gap * _FASTER if self._gap > _NO_GAP else 0.0
