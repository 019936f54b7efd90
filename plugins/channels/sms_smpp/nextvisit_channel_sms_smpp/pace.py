"""How fast a centre lets us submit. A centre that throttles slows the session down, not one text."""

from __future__ import annotations

import asyncio
from datetime import timedelta
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
    """

    def __init__(self) -> None:
        self._gap = 0.0
        self._next = 0.0
        self._slowed = 0
        self._taken_at = float("-inf")

    @property
    def scope(self) -> Literal["recipient", "account"]:
        """Who waits when a text's turn comes too late: this one while others are taken, else all."""
        since = asyncio.get_running_loop().time() - self._taken_at
        return "recipient" if since <= _LONGEST_GAP else "account"

    async def turn(self, until: float) -> int:
        """Wait for the next turn; how often we had slowed down by then. Raises RetryLater when it comes after
        `until`, by the loop's time."""
        while True:
            now = asyncio.get_running_loop().time()
            at = max(now, self._next)
            if at > until:
                after = max(timedelta(seconds=at - now), _REST)
                raise RetryLater("smpp.throttled", after=after, scope=self.scope)
            self._next = at + self._gap
            slowed = self._slowed
            if at > now:
                await asyncio.sleep(at - now)
            if slowed == self._slowed:
                return slowed

    def throttled(self, slowed: int) -> None:
        """A submit of a turn that came when we had slowed down so often was refused for now."""
        if slowed < self._slowed:
            return
        self._slowed += 1
        self._gap = min(max(self._gap * 2, _FIRST_GAP), _LONGEST_GAP)
        self._next = asyncio.get_running_loop().time() + self._gap

    def taken(self) -> None:
        """A submit was taken."""
        self._taken_at = asyncio.get_running_loop().time()
        self._gap = self._gap * _FASTER if self._gap > _NO_GAP else 0.0
