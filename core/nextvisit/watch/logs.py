"""Logs for machines: events with ids, one JSON object a line, keys from an allow-list.

A key that is not on the list is dropped and counted, so that a careless line cannot carry a name or a
number out of the building. Tracebacks show no local variables.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import MutableMapping
from typing import Any

import structlog

from nextvisit.sdk.errors import NextVisitError

# What the loggers themselves put into a line.
OF_EVERY_LINE = frozenset({"event", "exception", "level", "role", "timestamp"})
ALLOWED = OF_EVERY_LINE | frozenset(
    {
        "activity", "attempt", "attempts", "booking", "campaign", "channel", "code", "contacted", "count",
        "duration_ms", "error", "exit_code", "held_out", "inbox", "journey", "kind", "message", "method",
        "origin", "outbox", "pages", "patient", "place", "queue", "queues", "reason", "route", "seq",
        "source", "started", "state", "status", "untouched", "version", "workflow",
    }
)  # fmt: skip

OF_A_LIBRARY = frozenset({"error", "event", "level", "logger", "place"})
"""What a line is made of that says that a library spoke."""


def _only_allowed(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    unknown = [key for key in event if key not in ALLOWED]
    for key in unknown:
        del event[key]
    if unknown:
        event["reason"] = f"dropped keys: {', '.join(sorted(unknown))}"
    return event


class _Spoken(logging.Formatter):
    """That a library spoke, and where. Its words, and an exception's text, may hold a patient's data."""

    def format(self, record: logging.LogRecord) -> str:
        """Not the base's, which fills in the message and appends a traceback."""
        line = {
            "event": "library.spoke",
            "logger": record.name,
            "level": record.levelname,
            "place": record.funcName,
        }
        raised = record.exc_info[0] if record.exc_info else None
        if raised is not None:
            line["error"] = raised.__name__
        return json.dumps(line)


def _of_thread(raised: threading.ExceptHookArgs) -> None:
    """Python's own prints the exception's text, which may be a patient's."""
    _nobody_caught(raised.exc_type, raised.exc_value)


def _of_nobody(raised: sys.UnraisableHookArgs) -> None:
    """As of a thread: met where nobody could be told, such as in a destructor."""
    _nobody_caught(raised.exc_type, raised.exc_value)


def _nobody_caught(kind: type[BaseException], error: BaseException | None) -> None:
    logging.getLogger("python").error("python.uncaught", exc_info=(kind, error or BaseException(), None))


def code_of(error: Exception) -> str:
    """What a line says of it: our code, or of whatever else it is the kind alone."""
    return error.code if isinstance(error, NextVisitError) else type(error).__name__


def configure_logging(role: str, *, level: int = logging.INFO) -> None:
    """Once per process, before anything else. Libraries speak from WARNING on (their INFO has URLs)."""
    spoken = logging.StreamHandler(sys.stderr)
    spoken.setFormatter(_Spoken())
    logging.basicConfig(level=logging.WARNING, handlers=[spoken])
    logging.captureWarnings(capture=True)
    threading.excepthook = _of_thread
    sys.unraisablehook = _of_nobody
    # A failed attempt is logged once, by kind and code, where it is translated.
    logging.getLogger("temporalio.activity").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
