"""Watches what leaves a plugin beside its answers: log records, log events, errors."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from nextvisit.sdk.errors import NextVisitError


class Leaks:
    """Everything that was logged while `watch` was open, and every error handed to `caught`.

    peer_loggers: those of a server that runs in the same process; they are not the plugin's.
    """

    def __init__(self, peer_loggers: Iterable[str] = ()) -> None:
        self._said: list[str] = []
        self._peer_loggers = tuple(peer_loggers)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Record what every logger says, from DEBUG up; loggers silenced by level stay silent."""
        record = _Recorder(self._said, self._peer_loggers)
        root = logging.getLogger()
        level = root.level
        root.addHandler(record)
        root.setLevel(logging.DEBUG)
        try:
            with structlog.testing.capture_logs() as events:
                yield
        finally:
            root.setLevel(level)
            root.removeHandler(record)
        self._said.extend(repr(event) for event in events)

    def caught(self, error: NextVisitError) -> None:
        """Look into an error as a log would print it, with all its causes."""
        self._said.extend(traceback.format_exception(error))
        self._said.append(repr(error))

    def of(self, canaries: Iterable[str]) -> list[str]:
        """The canaries that got out. Where one did is not shown: it may be next to others."""
        return [canary for canary in canaries if any(canary in said for said in self._said)]


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
