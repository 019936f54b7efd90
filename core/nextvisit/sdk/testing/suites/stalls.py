"""A call that blocks the event loop is named, with how long: a second thread looks whether the loop still turns.

What counts is how long the loop's thread waited, or worked by the processor's clock. On a busy machine it is also
kept from running, which is nobody's fault.
What blocks for good is broken off, or the run would never end.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from nextvisit.sdk.testing.suites.verdict import fail, is_own

_LOOK: Final = 0.02
_BLOCKED: Final = 0.25
"""Seconds at one line, in which nobody else was served."""
_PATIENCE: Final = 3.0


class LoopBlocked(BaseException):
    """Raised in a call that would block for ever. No `except Exception` of a plugin takes it for its own."""


@dataclass(slots=True)
class _Thread:
    """The loop's."""

    ident: int
    native_id: int
    _worked: float = 0.0
    _looked: float = 0.0

    def busy(self) -> float:
        """For how many seconds it worked or waited since the last call; all of them, where nobody can tell."""
        now, before, worked = time.monotonic(), self._looked, self._worked
        self._looked = now
        try:
            stat = Path(f"/proc/self/task/{self.native_id}/stat").read_text("ascii", "replace")
            self._worked = time.clock_gettime(time.pthread_getcpuclockid(self.ident))
        except (OSError, AttributeError):
            return now - before
        waits = stat.rpartition(")")[2].split()[0] != "R"
        return now - before if waits else self._worked - worked


@dataclass(slots=True)
class Stalls:
    """`found`: where the loop stood, and for how many seconds."""

    found: dict[str, float] = field(default_factory=dict)
    _turned: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """While it is open, inside a running loop."""
        loop, here = asyncio.get_running_loop(), _Thread(threading.get_ident(), threading.get_native_id())
        beat = loop.create_task(self._beat())
        eye = threading.Thread(target=self._look, args=(here,), daemon=True)
        with _broken_off_by_signal():
            eye.start()
            try:
                yield
            finally:
                self._over.set()
                eye.join()
                beat.cancel()

    def require_none(self) -> None:
        """Fail if the loop stood still, and say where."""
        for place, seconds in self.found.items():
            fail(
                f"the event loop stood still for {seconds:.1f} s: nothing else of this role ran meanwhile",
                where=place,
                right="await whatever waits; what can only block goes to asyncio.to_thread",
            )

    async def _beat(self) -> None:
        while True:
            self._turned += 1
            await asyncio.sleep(_LOOK / 2)

    def _look(self, thread: _Thread) -> None:
        turned, place, stood = -1, "", 0.0
        while not self._over.wait(_LOOK):
            now, here = self._turned, _own_line(sys._current_frames().get(thread.ident))  # noqa: SLF001 - the one way to see
            busy = thread.busy()
            if now != turned or here != place or not here:
                turned, place, stood = now, here, 0.0
                continue
            stood += busy
            if stood >= _BLOCKED:
                self.found[place] = max(self.found.get(place, 0.0), stood)
            if stood > _PATIENCE and _CAN_BREAK:
                stood = 0.0
                signal.pthread_kill(thread.ident, signal.SIGUSR2)


def _own_line(frame: FrameType | None) -> str:
    """The innermost line of the plugin's on a stack; empty when the plugin is not running."""
    while frame is not None:
        if is_own(frame.f_code.co_filename):
            name = frame.f_code.co_filename.rpartition("/")[2]
            return f"{frame.f_code.co_qualname}, {name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


_CAN_BREAK: Final = hasattr(signal, "pthread_kill")


@contextmanager
def _broken_off_by_signal() -> Iterator[None]:
    """A signal reaches a call that waits in C; an exception set from another thread does not."""

    def break_off(_: int, frame: FrameType | None) -> None:
        # It may have come back meanwhile, and then it is somebody else who is interrupted.
        if _own_line(frame):
            raise LoopBlocked

    if not _CAN_BREAK or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGUSR2, break_off)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR2, before)
