"""The users of this machine that our processes run as when root starts them, and the change to one."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from nextvisit.sdk.errors import ConfigError

APPLIANCE = "nextvisit"
"""`up` itself, Temporal, worker and gateway; and the commands that root begins as them."""
API = "nextvisit-api"
"""Whom the world speaks to. Its group is for what it reads and `nextvisit` has."""
POSTGRES = "nextvisit-postgres"

_NO_NEW_PRIVS = 38
_PARENT_DEATH_SIGNAL = 1


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

    groups: beside its own.
    """
    entry = pwd.getpwuid(user.uid)
    os.setgroups(sorted({user.gid, *groups, *os.getgrouplist(entry.pw_name, user.gid)}))
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
    os.umask(0o077)
    forbid_new_rights()
    # Libraries look for settings there; root's are closed to us.
    os.environ.update(HOME=entry.pw_dir, USER=entry.pw_name, LOGNAME=entry.pw_name)


def end_with_parent() -> None:
    """When whoever started this process ends, however that happens, it is told to end too."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == 1:
        os.kill(os.getpid(), signal.SIGTERM)


def forbid_new_rights() -> None:
    """No program that this process starts has more rights than itself."""
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
