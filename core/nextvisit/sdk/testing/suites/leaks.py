"""Watches what leaves a plugin beside its answers: log records, log events, errors, what is printed."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import structlog

from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.testing.suites.verdict import require


class Leaks:
    """Everything that was said while `watch` was open, and every error handed to `caught`.

    peer_loggers: those of a server that runs in the same process; they are not the plugin's.
    """

    def __init__(self, peer_loggers: Iterable[str] = ()) -> None:
        self._said: list[str] = []
        self._peer_loggers = tuple(peer_loggers)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Record what is printed, and what every logger says from DEBUG up; those silenced by level stay so."""
        record, printed = _Recorder(self._said, self._peer_loggers), io.StringIO()
        root = logging.getLogger()
        level, handlers = root.level, root.handlers
        # Only ours listens: others would print what must not be seen.
        root.handlers = [record]
        root.setLevel(logging.DEBUG)
        try:
            with (
                structlog.testing.capture_logs() as events,
                redirect_stdout(printed),
                redirect_stderr(printed),
            ):
                yield
        finally:
            root.setLevel(level)
            root.handlers = handlers
        self._said.extend(repr(event) for event in events)
        self._said.append(printed.getvalue())

    def caught(self, error: NextVisitError) -> None:
        """Look into an error as a log would print it, with all its causes."""
        self._said.extend(traceback.format_exception(error))
        self._said.append(repr(error))

    def said(self, text: str) -> None:
        """Something that is kept or shown to staff without being sealed: a code, a cursor, an id."""
        self._said.append(text)

    def of(self, canaries: Iterable[str]) -> list[str]:
        """The canaries that got out, in capitals too. Where one did is not shown: it may be next to others."""
        all_said = [said.casefold() for said in self._said]
        return [canary for canary in canaries if any(canary.casefold() in said for said in all_said)]

    def require_none(self, canaries: Iterable[str], what: str, *, where: str) -> None:
        """Fail if one got out, and name it by its number, so that the failure does not hold it."""
        named = tuple(canaries)
        numbers = [str(named.index(each) + 1) for each in self.of(named)]
        require(
            not numbers,
            f"{what} holds what must never be seen: no. {', '.join(numbers)} of what the kit watches for",
            where=where,
            right="codes, places and opaque ids only; no name, number, address, text or secret",
        )


class _Recorder(logging.Handler):
    def __init__(self, said: list[str], peer_loggers: tuple[str, ...]) -> None:
        super().__init__(logging.DEBUG)
        self._said = said
        self._peer_loggers = peer_loggers

    def emit(self, record: logging.LogRecord) -> None:
        if record.name in self._peer_loggers:
            return
        self._said.append(record.getMessage())
        if record.exc_info and record.exc_info[0] is not None:
            self._said.extend(traceback.format_exception(*record.exc_info))
