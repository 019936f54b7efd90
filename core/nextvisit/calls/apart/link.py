"""The role's end of the socket. One thread reads and writes; whoever has something to say does not wait."""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from nextvisit.calls.apart.wire import (
    LARGEST,
    BrokenWire,
    Frames,
    Granted,
    KeepPace,
    Order,
    Ping,
    Word,
    frame,
    word_of,
)
from nextvisit.calls.troubles import AWAY
from nextvisit.sdk.errors import RetryLater

_LOOK: Final = timedelta(seconds=1)
_ASKED_EVERY: Final = timedelta(seconds=5)
_PIECE: Final = 256 * 1024
_MOST_WAITING: Final = 2 * LARGEST
"""Bytes that the process has not taken yet."""
_MOST_FRAMES: Final = 20_000
"""Answers that it has not taken: who wants something, reads what comes of it."""


@dataclass(slots=True)
class WireEnd:
    """To one process. output: what it prints comes out there. silence: how long its loop may stand still."""

    ours: socket.socket
    output: int
    silence: timedelta
    _waiting: deque[memoryview] = field(default_factory=deque)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wakes: tuple[int, int] = field(default_factory=os.pipe)
    _frames: Frames = field(default_factory=Frames)
    _is_over: bool = False
    _deaf: bool = False

    def __post_init__(self) -> None:
        for each in (self.ours.fileno(), self.output, *self._wakes):
            os.set_blocking(each, False)

    def say(self, order: Order, body: bytes = b"") -> None:
        """Without waiting. Raises RetryLater when the process has not taken what it was told before."""
        try:
            whole = frame(order, body)
        except BrokenWire as error:
            raise RetryLater("plugin.too_large", f"{error}") from None
        with self._lock:
            if self._is_over:
                raise RetryLater(AWAY, "its process has ended")
            if self._size > _MOST_WAITING and not isinstance(order, Granted | KeepPace):
                raise RetryLater("plugin.busy", "its process takes nothing more")
            if len(self._waiting) > _MOST_FRAMES:
                self._deaf = True
                raise RetryLater("plugin.busy", "its process reads nothing")
            self._waiting.append(memoryview(whole))
            self._size += len(whole)
            with suppress(BlockingIOError):  # a full pipe wakes it as well
                os.write(self._wakes[1], b"\0")

    def run(self, hear: Callable[[Word, bytes], None], printed: Callable[[], None]) -> str | None:
        """Until the other end is closed, which gives None; or why it is to be ended."""
        heard, asked = time.monotonic(), 0.0
        with selectors.DefaultSelector() as ready:
            for each in (self.ours.fileno(), self.output, self._wakes[0]):
                ready.register(each, selectors.EVENT_READ)
            while True:
                with self._lock:
                    writes = selectors.EVENT_WRITE if self._waiting else 0
                ready.modify(self.ours, selectors.EVENT_READ | writes)
                events = {key.fd: event for key, event in ready.select(_LOOK.total_seconds())}
                if self._wakes[0] in events:
                    _drain(self._wakes[0])
                if self.output in events and self._drained(ready):
                    printed()
                try:
                    if not self._go_on(events.get(self.ours.fileno(), 0), hear):
                        return None
                except BrokenWire as error:
                    return str(error)
                if self._deaf:
                    return "it read nothing of what it was told"
                now = time.monotonic()
                heard = now if events.get(self.ours.fileno(), 0) & selectors.EVENT_READ else heard
                if now - heard > self.silence.total_seconds():
                    return "it gave no sign of life"
                if now - asked > _ASKED_EVERY.total_seconds():
                    asked = now
                    with suppress(RetryLater):
                        self.say(Ping())

    def _drained(self, ready: selectors.BaseSelector) -> bool:
        """Whether it has printed anything."""
        if _drain(self.output):
            return True
        ready.unregister(self.output)
        return False

    def _go_on(self, events: int, hear: Callable[[Word, bytes], None]) -> bool:
        """Write and read what can be now. False: the other end is closed. Raises BrokenWire."""
        if events & selectors.EVENT_WRITE and not self._write():
            return False
        if events & selectors.EVENT_READ:
            piece = _read(self.ours)
            for each in self._frames.cut(piece or b""):
                hear(*word_of(each))
            return piece != b""
        return True

    def _write(self) -> bool:
        """False: the other end is closed."""
        with self._lock:
            try:
                while self._waiting:
                    first = self._waiting[0]
                    sent = self.ours.send(first[:_PIECE])
                    self._size -= sent
                    if sent < len(first):
                        self._waiting[0] = first[sent:]
                    else:
                        self._waiting.popleft()
            except BlockingIOError:
                return True
            except OSError:
                return False
        return True

    def hang_up(self) -> None:
        """The process sees its end of the socket closed, and `run` comes back."""
        with self._lock, suppress(OSError):
            if not self._is_over:
                self.ours.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """After `run`."""
        with self._lock:
            self._is_over = True
            self._waiting.clear()
        self.ours.close()
        for each in (self.output, *self._wakes):
            os.close(each)


def _read(ours: socket.socket) -> bytes | None:
    """Empty at its end; None: nothing has come."""
    try:
        return ours.recv(_PIECE)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _drain(handle: int) -> bool:
    """Whether anything came; False at its end."""
    try:
        return bool(os.read(handle, _PIECE))
    except BlockingIOError:
        return True
    except OSError:
        return False
