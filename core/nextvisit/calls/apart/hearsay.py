"""What a process tells of its plugin unasked, in bounds: troubles, and events of its log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from nextvisit.calls.apart.wire import MetThere
from nextvisit.calls.guard import Whose
from nextvisit.calls.troubles import Met, Trouble, TroubleKind, Troubles

_MOST_TIMES: Final = 1_000_000
_MOST_MET: Final = 100
"""Of different troubles; whatever more of them it tells is one, without a word of its own."""
_MOST_LOGGED: Final = 1_000
"""Lines in `_SPAN`."""
_SPAN: Final = timedelta(minutes=5)
_MANY: Final = "many"

log = structlog.get_logger()


@dataclass(slots=True)
class Hearsay:
    """Of one connection, over all processes that it has had."""

    whose: Whose
    troubles: Troubles
    _left_out: dict[str, int] = field(default_factory=dict)
    _met: set[tuple[str, TroubleKind, str, str]] = field(default_factory=set)
    _logged: int = 0
    _since: float = float("-inf")

    def left_out(self, counted: Mapping[str, int]) -> None:
        """Of one answer; what is one code too many is counted with the others."""
        for code, times in counted.items():
            told = code if code in self._left_out or len(self._left_out) < _MOST_MET else _MANY
            self._left_out[told] = self._left_out.get(told, 0) + times

    def taken_left_out(self) -> dict[str, int]:
        """What was counted and not asked for yet."""
        taken, self._left_out = self._left_out, {}
        return taken

    def logged(self, code: str) -> None:
        """An event. What is over the bound is said to be, once."""
        now = time.monotonic()
        if now - self._since > _SPAN.total_seconds():
            self._since, self._logged = now, 0
        self._logged += 1
        if self._logged <= _MOST_LOGGED:
            log.info("plugin.said", origin=self.whose.connection, source=self.whose.plugin, code=code)
        elif self._logged == _MOST_LOGGED + 1:
            log.warning("plugin.says_too_much", origin=self.whose.connection, source=self.whose.plugin)

    def met(self, word: MetThere) -> None:
        """A trouble, counted."""
        told = (word.method, word.kind, word.what, word.place)
        if len(self._met) < _MOST_MET:
            self._met.add(told)
        elif told not in self._met:
            told = (_MANY, word.kind, "", "")
        trouble = Trouble(self.whose.connection, self.whose.plugin, *told)
        self.troubles.met(trouble, word.longest)
        if word.times > 1:
            self.troubles.put_back([Met(trouble, min(word.times, _MOST_TIMES) - 1, word.longest)])
