"""The users of this machine that our processes run as when root starts them, and the change to one."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import subprocess
import termios
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nextvisit.sdk.errors import ConfigError
from nextvisit.watch.landlock import forbid_new_rights

APPLIANCE = "nextvisit"
"""`up` itself, Temporal, worker and gateway; and root's other commands, once the root key is this user's."""
API = "nextvisit-api"
"""Whom the world speaks to. Its group is for what it reads and `nextvisit` has."""
POSTGRES = "nextvisit-postgres"

_KEYCTL = {"x86_64": 250, "aarch64": 219}
"""keyctl(2) has no name in the C library, and is older than the numbers that all machines share."""
_JOIN_SESSION_KEYRING = 1
_LAST_STANDARD = 2


@dataclass(frozen=True, slots=True)
class OsUser:
    """Who a child runs as."""

    uid: int
    gid: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class OsUsers:
    """The three."""

    appliance: OsUser
    api: OsUser
    postgres: OsUser


def os_users() -> OsUsers:
    """Made when missing. Raises ConfigError, which says what to run."""
    api = os_user(API)
    return OsUsers(os_user(APPLIANCE), api, os_user(POSTGRES))


def os_user(name: str) -> OsUser:
    """Made when missing. Raises ConfigError, which says what to run."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home"]
        command += ["--shell", "/usr/sbin/nologin", name]
        # It fails when another process of ours was quicker; in any other case getpwnam tells.
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603  fixed arguments
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            message = f"could not be created; run `{' '.join(command)}` or start as an ordinary user"
            raise ConfigError("embedded.os_user", message, place=name) from None
    return OsUser(uid=entry.pw_uid, gid=entry.pw_gid, name=name)


def become(user: OsUser, groups: Sequence[int] = ()) -> None:
    """This process and its children are that user's for ever, and can become nobody else's. For root alone.

    What root's login has is left. groups: beside its own.
    """
    leave_login()
    entry = pwd.getpwuid(user.uid)
    os.setgroups(sorted({user.gid, *groups, *os.getgrouplist(entry.pw_name, user.gid)}))
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
    os.umask(0o077)
    forbid_new_rights()
    # Libraries look for settings there; root's are closed to us.
    os.environ.update(HOME=entry.pw_dir, USER=entry.pw_name, LOGNAME=entry.pw_name)


def leave_login() -> None:
    """Root's open files, terminal and keyring, before anything is begun or become that is not root.

    For root alone.
    """
    _leave_files()
    _leave_terminal()
    _leave_keyring()


def _leave_files() -> None:
    """Whatever root's shell has open goes along to each program that it starts, readable to whom it becomes.

    What we opened ourselves stays: it is closed to the next program, as what came to this one was not.
    """
    for handle in [int(each.name) for each in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError):  # the folder's own
            if handle > _LAST_STANDARD and os.get_inheritable(handle):
                os.close(handle)


def _leave_terminal() -> None:
    """Whoever has a terminal open as root gave it reads what is typed there, and types into root's shell.

    What is there is only written to. Ctrl-C still comes: it goes to the group of processes that root's shell
    has in the foreground. The leader of a session keeps it, for it would be hung up with its group: behind it
    no shell reads what it types.
    """
    for handle in [int(each.name) for each in Path("/proc/self/fd").iterdir()]:
        if not os.isatty(handle):
            continue
        written = handle in {1, 2}
        way = os.O_WRONLY | os.O_NOCTTY if written else os.O_RDONLY
        fresh = os.open(f"/proc/self/fd/{handle}" if written else os.devnull, way)
        os.dup2(fresh, handle)
        os.close(fresh)
    if os.getsid(0) == os.getpid():
        return
    with suppress(OSError):  # there is none
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(terminal, termios.TIOCNOTTY)
        os.close(terminal)


def _leave_keyring() -> None:
    """For an empty one: in a session's are tickets and keys of whoever logged in, after `sudo` too.

    Where the kernel or a container forbids keyrings, there is nothing to leave.
    """
    if (number := _KEYCTL.get(os.uname().machine)) is not None:
        ctypes.CDLL(None).syscall(number, _JOIN_SESSION_KEYRING, None)
