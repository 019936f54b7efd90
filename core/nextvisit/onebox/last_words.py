"""How a child's log ends, in words for the screen: the folder may be gone before anybody looks.

Our own lines hold nobody's data (tests/watch/test_logs.py) and are told as they are. Of what another program
or a library wrote, what may be somebody's is left out: whatever is quoted, addresses, long numbers.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from nextvisit.watch.logs import ALLOWED, OF_A_LIBRARY

_TAIL_BYTES = 65_536
_TAIL_LINES = 4
_LONGEST_LINE = 200
_TELLING = ("code", "kind", "place", "logger", "error", "reason", "exit_code")

# Where something is, which is nobody's: an IPv4 address, host:port, the origin of a URL, a path, a process.
_PLACES = (
    r"(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\w@])",
    r"https?://[a-z0-9.-]+(?::\d+)?(?![\w@])",
    r"[a-z0-9.-]+:\d{2,5}(?![\w@:.])",
    r"(?<![\w/?=&])/(?![\w.+/-]*(?:\d{7}|@))[\w.+-][\w.+/-]*",
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?",
    r"process id \d+",
)
_FOREIGN = re.compile(
    rf"""(?P<place>(?P<quote>['"]?)(?:{"|".join(_PLACES)})(?P=quote))"""
    r"""|'[^']*'|"[^"]*"|\S+@\S+|\+?\d[\d ().-]{4,}\d"""
)


def last_words(log_file: Path) -> str:
    """For the message of an error."""
    try:
        with log_file.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return "it has no log"
    lines = [line.strip() for line in text.splitlines() if line.strip()][-_TAIL_LINES:]
    if not lines:
        return "its log is empty"
    # One line said over and over is said once.
    return "its log ends with: " + " | ".join(told for told, _ in groupby(map(_told, lines)))


def _told(line: str) -> str:
    ours = _read(line)
    if ours is None:
        return _FOREIGN.sub(lambda found: found["place"] or "…", line)[:_LONGEST_LINE]
    said = ", ".join(_said(ours))
    return f"{ours['event']} ({said})" if said else str(ours["event"])


def _read(line: str) -> Mapping[str, Any] | None:
    """The line, if it is one that our logs are made of."""
    try:
        read = json.loads(line)
    except ValueError:
        return None
    ours = isinstance(read, dict) and "event" in read and read.keys() <= ALLOWED | OF_A_LIBRARY
    return read if ours else None


def _said(ours: Mapping[str, Any]) -> Iterator[str]:
    for key in _TELLING:
        if key in ours:
            yield f"{key.replace('_', ' ')} {ours[key]}"
    for raised in ours.get("exception", ())[-1:]:
        where = [f"{each['filename']}:{each['lineno']}" for each in raised["frames"][-1:]]
        yield " at ".join([raised["exc_type"], *where])
