"""One supervisor a folder: two would end each other's servers as orphans, over and over."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nextvisit.sdk.errors import ConfigError


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While entered, nobody else is. Raises ConfigError, which names the process that is.

    The lock goes with its process, however that ends; what the file says is for people.
    """
    handle = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = f"another `nextvisit up` (process id {file.read().strip()})"
            message = f"{other} runs on this folder; stop it first"
            raise ConfigError("up.running", message, place=str(folder)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
