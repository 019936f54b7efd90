"""How fast a centre lets us submit. A centre that throttles slows the session down, not one text."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from datetime import timedelta
from itertools import count
from typing import Final, Literal

from nextvisit.sdk.errors import RetryLater

_FIRST_GAP: Final = 0.25
_LONGEST_GAP: Final = 30.0
_FASTER: Final = 0.9
_NO_GAP: Final = 0.01
_REST: Final = timedelta(seconds=10)


class Pace:
    """The gap between two submits, in seconds, learnt from what the centre refuses.

    A refusal doubles it, and each submit that is taken makes it a little shorter, so it stays about where the
    centre has its bound. Many submits are under way when a centre begins to throttle: what it says of those
    that went out before we slowed down is one refusal, and those that had not gone out queue again.

    Whoever has waited longest is next, counted from the first attempt: texts that are new would otherwise
    pass one that comes back, again and again, until its deadline.
    """

    def __init__(self) -> None:
        self._gap = 0.0
        self._next = 0.0
        self._slowed = 0
        self._taken_at = float("-inf")
        self._queue: list[tuple[float, int]] = []
        self._ticket = count()

    @property
    def scope(self) -> Literal["recipient", "account"]:
        """Who waits when a text's turn comes too late: this one while others are taken, else all."""
        since = asyncio.get_running_loop().time() - self._taken_at
        return "recipient" if since <= _LONGEST_GAP else "account"

    async def turn(self, *, since: float, until: float) -> int:
        """Wait for the next turn; how often we had slowed down by then.

        since: when this text was first to be sent, by the loop's time, as `until` is. Raises RetryLater when
        the turn would come after `until`.
        """
        place = (since, next(self._ticket))
        insort(self._queue, place)
        try:
            while True:
                now = asyncio.get_running_loop().time()
                at = max(now, self._next) + bisect_left(self._queue, place) * self._gap
                if at > until:
                    after = max(timedelta(seconds=at - now), _REST)
                    raise RetryLater("smpp.throttled", after=after, scope=self.scope)
                if at <= now:
                    self._next = now + self._gap
                    return self._slowed
                await asyncio.sleep(at - now)
        finally:
            self._queue.remove(place)

    def has_slowed(self, slowed: int) -> bool:
        """Whether we slowed down after a turn that came when we had done so often."""
        return slowed < self._slowed

    def throttled(self, slowed: int) -> None:
        """A submit of a turn that came when we had slowed down so often was refused for now."""
        if self.has_slowed(slowed):
            return
        self._slowed += 1
        self._gap = min(max(self._gap * 2, _FIRST_GAP), _LONGEST_GAP)
        self._next = asyncio.get_running_loop().time() + self._gap

    def taken(self) -> None:
        """A submit was taken."""
        self._taken_at = asyncio.get_running_loop().time()
        self._gap = self._gap * _FASTER if self._gap > _NO_GAP else 0.0
