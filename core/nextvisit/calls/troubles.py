"""What plugins were met with, counted where it happened, until somebody takes it to the store."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

import structlog

TroubleKind = Literal["raised", "returned", "slow", "blocked", "unsound", "leaks", "died"]
"""An error that is none of the SDK's; an answer that is none; no answer in time; the event loop held; a
record that breaks a rule; tasks or threads that it begins and does not end; its own process taken along."""

OUT_OF_MEMORY: Final = "out of memory"
"""How a process ended that had no more (`Trouble.what`)."""

AWAY: Final = "plugin.away"
"""Nobody was asked: a connection's process has ended, and is begun anew. The code of such a RetryLater."""
DIED: Final = "plugin.died"
"""The process ended in this call. Of a Bug: it did so before, over the same."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trouble:
    """One way in which a plugin is wrong. Holds nobody's data.

    connection: its slug in the settings. method: of the port; empty where none alone was under way. what: the
    class of an error or of an answer, the rule that a record breaks, or how a process ended. place: file and
    line, as far as they are known.
    """

    connection: str
    plugin: str
    method: str
    kind: TroubleKind
    what: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Met:
    """How often, and for how long at the longest."""

    trouble: Trouble
    times: int
    longest: timedelta


@dataclass(slots=True)
class Troubles:
    """Of one process. Threads may tell it, too."""

    _met: dict[Trouble, Met] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def met(self, trouble: Trouble, lasted: timedelta = timedelta(0), *, again: bool = False) -> None:
        """Logged once until it is taken. again: it was told before, and has gone on since."""
        with self._lock:
            before = self._met.get(trouble, Met(trouble, 0, lasted))
            times = max(1, before.times + (0 if again else 1))
            self._met[trouble] = Met(trouble, times, max(before.longest, lasted))
        if before.times == 0 or again:
            log.error(
                "plugin.faulty",
                origin=trouble.connection,
                source=trouble.plugin,
                method=trouble.method,
                kind=trouble.kind,
                error=trouble.what,
                place=trouble.place,
                duration_ms=round(lasted.total_seconds() * 1000),
            )

    def take(self) -> Sequence[Met]:
        """All that was met since the last time."""
        with self._lock:
            met, self._met = list(self._met.values()), {}
        return met

    def put_back(self, met: Sequence[Met]) -> None:
        """They could not be told."""
        with self._lock:
            for each in met:
                known = self._met.get(each.trouble, Met(each.trouble, 0, each.longest))
                longest = max(known.longest, each.longest)
                self._met[each.trouble] = Met(each.trouble, known.times + each.times, longest)
