"""A call that blocks the event loop is named, with how long: a second thread looks whether the loop still turns.

What blocks for good is broken off, or the run would never end.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from nextvisit.sdk.blocking import CAN_BREAK, LoopThread, broken_off_by_signal
from nextvisit.sdk.places import own_line
from nextvisit.sdk.testing.suites.verdict import fail, is_own

_LOOK: Final = 0.02
_BLOCKED: Final = 0.25
"""Seconds at one line, in which nobody else was served."""
_PATIENCE: Final = 3.0


@dataclass(slots=True)
class Stalls:
    """`found`: where the loop stood, and for how many seconds."""

    found: dict[str, float] = field(default_factory=dict)
    _turned: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """While it is open, inside a running loop."""
        loop, here = asyncio.get_running_loop(), LoopThread()
        beat = loop.create_task(self._beat())
        eye = threading.Thread(target=self._look, args=(here,), daemon=True)
        with broken_off_by_signal(_own_line):
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

    def _look(self, thread: LoopThread) -> None:
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
            if stood > _PATIENCE and CAN_BREAK:
                stood = 0.0
                thread.break_off()


def _own_line(frame: FrameType | None) -> str:
    return own_line(frame, is_own)
