"""Sees when a plugin holds the event loop, says which and for how long, and breaks it off.

A second thread looks whether the loop still turns; as long as it does, that costs a callback a look. Who
holds it stands on its stack. What counts is the thread's own time: see `sdk.blocking`.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import Final

from nextvisit.calls.guard import Guard
from nextvisit.sdk.blocking import LoopThread, broken_off_by_signal
from nextvisit.sdk.places import own_line

LOOK: Final = timedelta(milliseconds=200)
BLOCKED: Final = timedelta(seconds=1)
"""Nobody else of the role is served meanwhile."""
BREAKS_OFF: Final = timedelta(seconds=5)
MOST: Final = 200
"""Tasks or threads of one plugin. One that is right has a few for each session that it keeps."""
_COUNTED_EVERY: Final = 25
_UNGUARDED: Final = "task"
"""In place of a method: a task or a callback that the plugin has begun by itself."""


@dataclass(frozen=True, slots=True)
class _Holder:
    guard: Guard
    method: str


@dataclass(slots=True)
class _Stall:
    holder: _Holder
    place: str
    seconds: float = 0.0
    told: bool = False


@dataclass(slots=True)
class Eye:
    """On the plugins behind these guards."""

    guards: Sequence[Guard]
    blocked: timedelta = BLOCKED
    breaks_off: timedelta = BREAKS_OFF
    _turns: bool = True
    _turned_times: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """While it is open, inside a running loop."""
        loop, thread = asyncio.get_running_loop(), LoopThread()
        with broken_off_by_signal(self._holder) as can_break:
            looking = threading.Thread(
                target=self._look, args=(loop, thread, can_break), name="eye", daemon=True
            )
            looking.start()
            try:
                yield
            finally:
                self._over.set()
                looking.join()

    def _look(self, loop: asyncio.AbstractEventLoop, thread: LoopThread, can_break: bool) -> None:  # noqa: FBT001
        stall: _Stall | None = None
        while not self._over.wait(LOOK.total_seconds()):
            if self._turns:
                _tell(stall)
                stall, self._turns = None, False
                try:
                    loop.call_soon_threadsafe(self._turned)
                except RuntimeError:  # it is closed
                    return
                thread.busy()
                continue
            stall = self._seen(stall, thread)
            if stall is not None and can_break and stall.seconds >= self.breaks_off.total_seconds():
                _tell(stall)
                stall = None
                thread.break_off()
        _tell(stall)

    def _turned(self) -> None:
        self._turns = True
        self._turned_times += 1
        if self._turned_times % _COUNTED_EVERY == 0:
            self._count()

    def _count(self) -> None:
        """What each plugin has open, by the code that it runs."""
        coroutines = [each.get_coro() for each in asyncio.all_tasks()]
        codes = [code for each in coroutines if (code := getattr(each, "cr_code", None)) is not None]
        self._limit("tasks", [frozenset({each.co_filename}) for each in codes])
        self._limit("threads", [_files(each) for each in sys._current_frames().values()])  # noqa: SLF001

    def _limit(self, what: str, each_in: Sequence[frozenset[str]]) -> None:
        for guard in self.guards:
            if sum(any(map(guard.is_own, files)) for files in each_in) > MOST:
                guard.met(_UNGUARDED, "leaks", what, "")

    def _seen(self, stall: _Stall | None, thread: LoopThread) -> _Stall | None:
        frame = sys._current_frames().get(thread.ident)  # noqa: SLF001 - the one way to see
        holder, busy = self._holder(frame), thread.busy()
        if holder is None:
            _tell(stall)
            return None
        if stall is None or stall.holder != holder:
            _tell(stall)
            stall = _Stall(holder, "")
        stall.place = own_line(frame, holder.guard.is_own) or stall.place
        stall.seconds += busy
        if not stall.told and stall.seconds >= self.blocked.total_seconds():
            stall.told = True
            _met(stall, again=False)
        return stall

    def _holder(self, frame: FrameType | None) -> _Holder | None:
        """Whose plugin is on this stack; None: none of ours, so that we ourselves are slow."""
        owner: Guard | None = None
        while frame is not None:
            for guard in self.guards:
                if (method := guard.held(frame)) is not None:
                    return _Holder(guard, method)
                if owner is None and guard.is_own(frame.f_code.co_filename):
                    owner = guard
            frame = frame.f_back
        return None if owner is None else _Holder(owner, _UNGUARDED)


def _files(frame: FrameType | None) -> frozenset[str]:
    """The files that a thread is in."""
    found = set[str]()
    while frame is not None:
        found.add(frame.f_code.co_filename)
        frame = frame.f_back
    return frozenset(found)


def eye_on(*connections: Mapping[str, object]) -> AbstractContextManager[None]:
    """Open while these are used, inside a running loop."""
    guards = [each for some in connections for each in some.values() if isinstance(each, Guard)]
    return Eye(guards).watch()


def _tell(stall: _Stall | None) -> None:
    """How long it was in the end."""
    if stall is not None and stall.told:
        _met(stall, again=True)


def _met(stall: _Stall, *, again: bool) -> None:
    lasted = timedelta(seconds=stall.seconds)
    stall.holder.guard.met(stall.holder.method, "blocked", "", stall.place, lasted, again=again)
