"""One supervisor a folder, and one for settings: two end each other's servers, or lead the roles astray."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import BinaryIO

from nextvisit.install.left_behind import LARGEST
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import open_private


@contextmanager
def alone_by(lock: Path, data: Path) -> Iterator[Callable[[], None]]:
    """While entered, nobody else is. Raises ConfigError, which names the process that is, and its data.

    The lock goes with its process, however that ends; what the file says is for people, and for the doctor,
    and nothing to rely on: its owner is another than root.
    Yields what to call once the data is there: whoever is refused before leaves the file as it was.
    """
    handle = open_private(lock, os.O_RDWR)
    with os.fdopen(handle, "r+b") as file:
        says = file.read(LARGEST + 1)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError("up.running", _by_another(says), place=str(lock)) from None
        before = [b"" if _said(says) is None else says]
        _rewrite(file, f"{os.getpid()}\n{data.resolve()}\n".encode())
        try:
            yield before.clear
        finally:
            for each in before:
                _rewrite(file, each)


def _said(says: bytes) -> tuple[str, str] | None:
    """The process and its folder; None: no supervisor of ours says that."""
    try:
        pid, _, folder = says.decode().strip().partition("\n")
    except ValueError:
        return None
    is_ours = pid.isascii() and pid.isdecimal() and Path(folder).is_absolute() and len(says) <= LARGEST
    return (pid, folder) if is_ours else None


def _by_another(says: bytes) -> str:
    end = "stop it first, or give this one settings and a folder of its own"
    if (said := _said(says)) is None:
        return f"another program holds it, which does not say who it is as `nextvisit up` does; {end}"
    pid, folder = said
    return f"another `nextvisit up` (process id {pid}) runs with its data in {quote(folder)}; {end}"


def _rewrite(file: BinaryIO, says: bytes) -> None:
    file.seek(0)
    file.truncate()
    file.write(says)
    file.flush()
