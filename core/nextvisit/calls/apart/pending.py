"""What is under way between a role and one process: calls, and what the process wants of us."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from nextvisit.calls.answers import AWAITED, PARSING
from nextvisit.calls.apart.values import GIVES, error_of, load, load_things
from nextvisit.calls.apart.wire import LARGEST, BrokenWire, Failed, Gave, NoMorePages
from nextvisit.calls.troubles import DIED
from nextvisit.sdk.errors import Bug, NextVisitError, OutcomeUnknown, RetryLater
from nextvisit.sdk.ports import Inbox

_MOST_REMEMBERED: Final = 200
_MOST_WANTED: Final = 1_000


class PagesEnd(Exception):
    """There is no further page."""


@dataclass(slots=True)
class CallUnderWay:
    """One call. about: of what a parser was given, a digest. inbox, loop: of a listener."""

    id: int
    method: str
    about: bytes = b""
    inbox: Inbox | None = None
    loop: asyncio.AbstractEventLoop | None = None
    answer: Future[Any] = field(default_factory=Future)


@dataclass(slots=True)
class CallsUnderWay:
    """Of all processes of one connection, one after the other. explain: begins a sentence about it."""

    explain: str
    _ids: Iterator[int] = field(default_factory=itertools.count)
    _pending: dict[int, CallUnderWay] = field(default_factory=dict)
    _read_in_vain: dict[bytes, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begun(self, method: str, body: bytes, inbox: Inbox | None = None) -> CallUnderWay:
        """A new one. Raises Bug for what a process has ended over twice when it read it."""
        about = hashlib.sha256(body).digest() if method in PARSING else b""
        with self._lock:
            if self._read_in_vain.get(about, 0) > 1:
                raise Bug(DIED, f"{self.explain} ended twice over what `{method}` was given")
            loop = None if inbox is None else asyncio.get_running_loop()
            one = CallUnderWay(next(self._ids), method, about, inbox, loop)
            one.answer.set_running_or_notify_cancel()
            self._pending[one.id] = one
        return one

    def of(self, number: int) -> CallUnderWay | None:
        """None: it is over."""
        with self._lock:
            return self._pending.get(number)

    def forget(self, one: CallUnderWay) -> None:
        """It was not said."""
        with self._lock:
            self._pending.pop(one.id, None)

    def answered(self, word: Gave | NoMorePages | Failed, body: bytes) -> None:
        """Raises BrokenWire where nobody asked."""
        with self._lock:
            one = self._pending.pop(word.id, None)
        if one is None:
            raise BrokenWire("it answered what nobody asked")
        match word:
            case Gave():
                one.answer.set_result(_value(one.method, body))
            case NoMorePages():
                one.answer.set_exception(PagesEnd())
            case Failed():
                one.answer.set_exception(error_of(word.error))

    def fell(self, how: str) -> list[str]:
        """The process ended with all of them, whose methods these are: of those that act nobody knows, the
        others may be repeated.
        """
        with self._lock:
            fallen, self._pending = self._pending, {}
            for each in fallen.values():
                if each.about:
                    self._read_in_vain[each.about] = self._read_in_vain.get(each.about, 0) + 1
            while len(self._read_in_vain) > _MOST_REMEMBERED:
                del self._read_in_vain[next(iter(self._read_in_vain))]
        for each in fallen.values():
            acts = each.method in AWAITED and AWAITED[each.method].acts
            says = f"{self.explain} ended in `{each.method}`: {how}"
            again = Bug if self._read_in_vain.get(each.about, 0) > 1 else RetryLater
            error: NextVisitError = (OutcomeUnknown if acts else again)(DIED, says)
            each.answer.set_exception(error)
        return [each.method for each in fallen.values()]


@dataclass(slots=True)
class WantsUnderWay:
    """What a process wants of us and has not been given yet. Its words come in one thread, and are done in
    another.
    """

    _number: int = 0
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def more(self, size: int) -> None:
        """Raises BrokenWire for more than anybody wants at once."""
        with self._lock:
            self._number += 1
            self._bytes += size
            if self._number > _MOST_WANTED or self._bytes > LARGEST:
                raise BrokenWire("it wants more at once than anybody does")

    def less(self, size: int) -> None:
        """It was given, or refused."""
        with self._lock:
            self._number -= 1
            self._bytes -= size


def _value(method: str, body: bytes) -> Any:
    return load_things(body) if method in PARSING else load(GIVES[method], body)
