"""What the kernel lets a process forbid itself (Landlock, Linux 5.13 and later), and its children with it.

The three system calls and their constants are the kernel's own, landlock(7) and linux/landlock.h; they have
no name in the C library.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import IntFlag
from functools import cache
from pathlib import Path

from nextvisit.sdk.errors import Bug

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_SCOPED = 0b11
"""Abstract sockets and signals of processes outside."""
_SCOPES_SINCE = 6

_libc = ctypes.CDLL(None, use_errno=True)


class Right(IntFlag):
    """On files and folders, as the kernel numbers them."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14


READ = Right.EXECUTE | Right.READ_FILE | Right.READ_DIR
ALL = Right((1 << 15) - 1)
_OF_FILES = Right.EXECUTE | Right.WRITE_FILE | Right.READ_FILE | Right.TRUNCATE
_SINCE = {Right.REFER: 2, Right.TRUNCATE: 3}


def version() -> int:
    """Of the kernel's Landlock; 0: it has none, or it is switched off."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)))


def restrict(allowed: Mapping[Path, Right]) -> None:
    """From now on, and for ever, this process opens what is allowed and beneath it, and nothing else.

    It looks into no process outside, nor, since version 6, sends signals there, and its children cannot
    become anybody else. What is open stays open. A path that there is not is left out. Raises Bug where it
    runs several threads, of which this one alone would be restricted, OSError where the kernel refuses.
    """
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise Bug("landlock.threads", "a process restricts itself before it has threads")
    has = version()
    handled = Right(ALL & ~sum(right for right, since in _SINCE.items() if has < since))
    # A kernel refuses a structure that is longer than it knows.
    of_kernel = (handled, 0, _SCOPED) if has >= _SCOPES_SINCE else (handled,)
    attributes = struct.pack(f"={len(of_kernel)}Q", *of_kernel)
    ruleset = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path, rights in allowed.items():
            _allow(ruleset, path, rights & handled)
        forbid_new_rights()
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def forbid_new_rights() -> None:
    """No program that this process starts has more rights than itself. Raises OSError."""
    if _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def everything_but(closed: Collection[Path]) -> Iterator[Path]:
    """The largest folders and files that hold none of these: Landlock allows, and cannot except.

    What stands beside them is listed once: what is put there later stays closed too. Who restricted itself by
    that list may not list these folders any more, and restricts a child by the same.
    """
    there = {each.resolve() for each in closed}
    above = {parent for each in there for parent in each.parents} - there
    if not above:
        yield Path("/")
    for folder in above:
        with suppress(PermissionError, FileNotFoundError):
            beside = (each for each in _listed(folder) if each not in there | above)
            yield from (each for each in beside if not each.is_symlink())


@cache
def _listed(folder: Path) -> Sequence[Path]:
    return tuple(folder.iterdir())


def _allow(ruleset: int, path: Path, rights: Right) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_FILES
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def _call(number: int, *arguments: int | bytes) -> int:
    done = int(_libc.syscall(number, *arguments))
    if done < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return done
