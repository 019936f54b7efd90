"""Reading what another process of ours, and another user, left in a file: it may be anything by now.

May be read by root, who neither waits for it, nor follows it elsewhere, nor takes all of it in.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from shlex import quote

from nextvisit.sdk.errors import ConfigError

LARGEST = 8 * 1024
"""Bytes: a process id and a path, which has 4096 at the most, are less."""


def read_left(path: Path) -> bytes:
    """What an ordinary file begins with, up to `LARGEST` and one more.

    Raises ConfigError, which says what to do, when it is no ordinary file; OSError as the system does.
    """
    try:
        # Not blocking: nobody may ever write into a pipe that stands there.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            raise _not_ours(path) from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _not_ours(path)
        return os.read(handle, LARGEST + 1)
    finally:
        os.close(handle)


def _not_ours(path: Path) -> ConfigError:
    message = f"is no ordinary file; see who put it there, and run `rm -r {quote(str(path))}`"
    return ConfigError("file.planted", message, place=str(path))
