"""The patients' own record of what they got and did."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pathlib import Path

    from nextvisit.clock import Clock


class Journal:
    """JSON lines in a file that only its owner can read; without a path, nowhere.

    It holds what patients were written and wrote, so it belongs to them: nothing of the appliance
    reads it.
    """

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._clock = clock
        self._file: int | None = None
        if path is not None:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.fchmod(self._file, 0o600)

    def note(self, kind: str, **fields: object) -> None:
        """Appends one line."""
        if self._file is not None:
            line = orjson.dumps({"at": self._clock.now(), "kind": kind, **fields}) + b"\n"
            os.write(self._file, line)

    def close(self) -> None:
        """Nothing is written afterwards."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
