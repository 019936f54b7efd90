"""How often one token may be used for a write, in bounded memory.

Counts live in one process. That is enough: a token is a 128-bit secret of one patient, so the limit
only has to stop a stuck client or an impatient finger, not a guesser. Only tokens that exist are counted, so
that guesses push nothing out: a count is forgotten after its window, or when `capacity` other real links were
used within it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta


class Throttle:
    """At most `limit` uses of a key within `window`; the keys used longest ago are forgotten first.

    seconds: a clock that never goes back, such as time.monotonic.
    """

    def __init__(
        self, seconds: Callable[[], float], *, limit: int, window: timedelta, capacity: int = 10_000
    ) -> None:
        self._seconds = seconds
        self._limit = limit
        self._window = window.total_seconds()
        self._capacity = capacity
        self._uses: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_spent(self, key: str) -> bool:
        """Whether the limit is reached. Counts nothing and remembers nothing."""
        began, count = self._uses.get(key, (0.0, 0))
        return count >= self._limit and self._seconds() - began < self._window

    def allows(self, key: str) -> bool:
        """Count one use of `key` and say whether it is within the limit."""
        now = self._seconds()
        began, count = self._uses.pop(key, (now, 0))
        if now - began >= self._window:
            began, count = now, 0
        self._uses[key] = (began, count + 1)
        while len(self._uses) > self._capacity:
            self._uses.popitem(last=False)
        return count < self._limit
