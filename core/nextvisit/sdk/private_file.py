"""Files that hold secrets: read only when others cannot, written with their final mode from the beginning."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from shlex import quote

from nextvisit.sdk.errors import ConfigError

LARGEST = 64 * 1024
"""Bytes; a secret, with a whole chain of certificates, is smaller."""

_OTHERS = 0o007
_MOST_LINKS = 40
_ACCESS_LIST = "system.posix_acl_access"
_GROUP_WRITES = 0o020


def read_private(path: Path) -> bytes:
    """What the file holds. Follows links, as Kubernetes gives secrets.

    Raises ConfigError when it is no ordinary file, is too large, or when others than its owner and its group
    can read it, or others than its owner, root and we can change or replace it; OSError when the system does
    not let us.
    """
    # Not blocking: nobody may ever write into a pipe that stands there.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError("secret.no_file", "is no ordinary file", place=str(path))
        refuse_exposed(path, found)
        refuse_strangers_way(path, {0, os.geteuid(), *_whoever_shares(found)})
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


def _whoever_shares(found: os.stat_result) -> Iterator[int]:
    """Whoever gave it to a group of ours: so the roles' users have what `nextvisit up` writes."""
    if found.st_mode & stat.S_IRGRP and found.st_gid in {os.getegid(), *os.getgroups()}:
        yield found.st_uid


def refuse_strangers_way(path: Path, trusted: AbstractSet[int]) -> None:
    """Raises ConfigError when somebody else could put another file there: see `stranger_on_the_way`."""
    stranger = stranger_on_the_way(path, trusted)
    if stranger is None:
        return
    found = stranger.lstat()
    if found.st_uid in trusted:
        mode, its = stat.S_IMODE(found.st_mode), quote(str(stranger))
        message = f"others can replace it: {stranger} has mode {mode:04o}; run `chmod go-w {its}`"
    else:
        message = (
            f"user {found.st_uid} can replace it, whose {stranger} is; move it to where only root writes"
        )
    raise ConfigError("file.replaceable", message, place=str(path))


def stranger_on_the_way(path: Path, trusted: AbstractSet[int]) -> Path | None:
    """The first folder or link to `path`, itself included, that others can change, or that is a stranger's.

    trusted: whose they may be (uids). In a folder with the sticky bit nobody replaces what is another's. What
    is not there yet leads nowhere. Raises OSError where the system does not let us look, or links lead in a
    circle.
    """
    here, left, links = Path("/"), list(path.absolute().parts[1:]), 0
    while True:
        found = here.lstat()
        if stat.S_ISLNK(found.st_mode):
            if found.st_uid not in trusted:
                return here
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
            target = here.readlink()
            left = [*target.parts[target.is_absolute() :], *left]
            here = Path("/") if target.is_absolute() else here.parent
        elif found.st_uid not in trusted or _others_change(here, found):
            return here
        if not left:
            return None
        here = here.parent if (part := left.pop(0)) == ".." else here / part
        if not os.path.lexists(here):
            return None


def _others_change(path: Path, found: os.stat_result) -> bool:
    """By its mode, or by a list of who may: then the group's bits are the most that it allows."""
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return False
    if found.st_mode & stat.S_IWOTH:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and (found.st_gid != 0 or _has_list(path))


def _has_list(path: Path) -> bool:
    try:
        return _ACCESS_LIST in os.listxattr(path, follow_symlinks=False)
    except OSError:
        return False  # a file system without


def write_private(path: Path, content: str, mode: int = 0o600) -> None:
    """Whole or not at all, and never with another mode. A link that was there is replaced, not followed."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        handle = open_private(fresh, os.O_WRONLY | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if (
                stat.S_IMODE(os.fstat(handle).st_mode) != mode
            ):  # what the umask takes away; a role may not ask
                os.fchmod(handle, mode)  # it is still empty
            file.write(content)
            file.flush()
            os.fsync(handle)
    except OSError as error:
        error.filename = str(path)  # a full disk does not say of which file
        fresh.unlink(missing_ok=True)
        raise
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
