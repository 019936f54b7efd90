"""One supervisor a folder, and one for settings: two end each other's servers, or lead the roles astray."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import open_private


@contextmanager
def alone_by(lock: Path, data: Path) -> Iterator[Callable[[], None]]:
    """While entered, nobody else is. Raises ConfigError, which names the process that is, and its data.

    The lock goes with its process, however that ends; what the file says is for people, and for the doctor.
    Yields what to call once the data is there: whoever is refused before leaves the file as it was.
    """
    handle = open_private(lock, os.O_RDWR)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, _, folder = file.read().strip().partition("\n")
            message = (
                f"another `nextvisit up` (process id {pid}) runs with its data in {folder};"
                " stop it first, or give this one settings and a folder of its own"
            )
            raise ConfigError("up.running", message, place=str(lock)) from None
        before = [file.read()]
        _rewrite(file, f"{os.getpid()}\n{data.resolve()}\n")
        try:
            yield before.clear
        finally:
            for said in before:
                _rewrite(file, said)


def _rewrite(file: TextIO, says: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(says)
    file.flush()
