"""For how long the thread of an event loop stood still, and breaking off what holds it.

What counts is how long it waited, or worked by the processor's clock. On a busy machine it is also kept from
running, which is nobody's fault.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

CAN_BREAK: Final = hasattr(signal, "pthread_kill")


class LoopBlocked(BaseException):
    """Raised in a call that would block for ever. No `except Exception` of a plugin takes it for its own."""


@dataclass(slots=True)
class LoopThread:
    """The thread that it is made in."""

    ident: int = field(default_factory=threading.get_ident)
    native_id: int = field(default_factory=threading.get_native_id)
    _worked: float = 0.0
    _looked: float = 0.0

    def busy(self) -> float:
        """Seconds that it worked or waited since the last call; all of them, where nobody can tell."""
        now, before, worked = time.monotonic(), self._looked, self._worked
        self._looked = now
        try:
            stat = Path(f"/proc/self/task/{self.native_id}/stat").read_text("ascii", "replace")
            self._worked = time.clock_gettime(time.pthread_getcpuclockid(self.ident))
        except (OSError, AttributeError):
            return now - before
        waits = stat.rpartition(")")[2].split()[0] != "R"
        return now - before if waits else self._worked - worked

    def break_off(self) -> None:
        """Interrupt it, within `broken_off_by_signal`."""
        signal.pthread_kill(self.ident, signal.SIGUSR2)


@contextmanager
def broken_off_by_signal(is_running: Callable[[FrameType | None], object]) -> Iterator[bool]:
    """A signal reaches a call that waits in C; an exception set from another thread does not.

    is_running: whether the plugin is on this stack. It may have come back meanwhile, and then it is somebody
    else who is interrupted. Gives whether it can be done: signals come to the main thread alone.
    """

    def break_off(_: int, frame: FrameType | None) -> None:
        if is_running(frame):
            raise LoopBlocked

    if not CAN_BREAK or threading.current_thread() is not threading.main_thread():
        yield False
        return
    before = signal.signal(signal.SIGUSR2, break_off)
    try:
        yield True
    finally:
        signal.signal(signal.SIGUSR2, before)
