"""Files that hold secrets: read only when others cannot, written with their final mode from the beginning."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from shlex import quote

from nextvisit.sdk.errors import ConfigError

LARGEST = 64 * 1024
"""Bytes; a secret, with a whole chain of certificates, is smaller."""

_OTHERS = 0o007
_GROUP_WRITES = 0o020


def read_private(path: Path) -> bytes:
    """What the file holds. Follows links, as Kubernetes gives secrets.

    Raises ConfigError when it is no ordinary file, is too large, or when others than its owner and its group
    can read it, or others than its owner can change or replace it; OSError when the system does not let us.
    """
    # Not blocking: nobody may ever write into a pipe that stands there.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError("secret.no_file", "is no ordinary file", place=str(path))
        refuse_exposed(path, found)
        for folder in {path.absolute().parent, path.resolve().parent}:
            _refuse_open_folder(folder, path, found)
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        message = f"is larger than {LARGEST // 1024} KiB, which no secret is"
        raise ConfigError("secret.too_large", message, place=str(path))
    return content


def refuse_exposed(path: Path, found: os.stat_result) -> None:
    """Raises ConfigError when others than owner and group can read it, or others than its owner change it."""
    mode = stat.S_IMODE(found.st_mode)
    if mode & _OTHERS:
        wanted, whom = "o-rwx", "everybody on this machine"
    elif mode & _GROUP_WRITES:
        wanted, whom = "g-w", "its group"
    else:
        return
    message = (
        f"is open to {whom} (mode {mode:04o}); run `chmod {wanted} {quote(str(path))}`, and change the secret"
    )
    raise ConfigError("secret.exposed", message, place=str(path))


def _refuse_open_folder(folder: Path, path: Path, file: os.stat_result) -> None:
    """Where everybody may write, everybody may put another file in its place, or was there first."""
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    if not mode & stat.S_IWOTH:
        return
    if not mode & stat.S_ISVTX:
        message = (
            f"everybody can replace it: its folder has mode {mode:04o}; run `chmod o-w {quote(str(folder))}`"
        )
        raise ConfigError("secret.replaceable", message, place=str(path))
    if file.st_uid not in {0, os.geteuid()}:
        message = (
            f"is user {file.st_uid}'s, in a folder that everybody writes into; move it to one of your own"
        )
        raise ConfigError("secret.replaceable", message, place=str(path))


def write_private(path: Path, content: str, mode: int = 0o600) -> None:
    """Whole or not at all, and never with another mode. A link that was there is replaced, not followed."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = open_private(fresh, os.O_WRONLY | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(handle, mode)  # whatever the umask takes away; it is still empty
        file.write(content)
        file.flush()
        os.fsync(handle)
    fresh.replace(path)


def fill_private(path: Path, content: str) -> None:
    """In its place, which keeps whose it is: the folder may be closed to us, and its group may read it.

    Raises ConfigError for a file that others can read or that somebody else put there.
    """
    with os.fdopen(open_private(path, os.O_RDWR), "r+", encoding="utf-8") as opened:
        read_private(path)
        if opened.read() != content:
            opened.seek(0)
            opened.write(content)
            opened.truncate()
            opened.flush()
            os.fsync(opened.fileno())


def is_empty(path: Path) -> bool:
    """Whether there is a file, and nothing in it."""
    return path.is_file() and path.stat().st_size == 0


def open_private(path: Path, flags: int, mode: int = 0o600) -> int:
    """A handle of a file, made with this mode when missing.

    Raises ConfigError for a link, a device, a pipe, or a file with a second name: somebody else put it there.
    """
    try:
        handle = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        if path.is_symlink():
            raise _planted(path) from error
        raise
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(handle)
        raise _planted(path)
    os.set_blocking(handle, True)
    return handle


def _planted(path: Path) -> ConfigError:
    message = (
        "is a link, or no ordinary file, where we write one of our own; see who put it there, and remove it"
    )
    return ConfigError("file.planted", message, place=str(path))
