"""One child process in the foreground of ours: started, watched, stopped, and its orphan ended.

Not bound to an event loop, so that a supervisor may start it in one and stop it in another.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anyio

from nextvisit.onebox.os_users import OsUser
from nextvisit.onebox.spawner import SpawnedProcess, Spawner
from nextvisit.onebox.tied import tied
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.private_file import open_private
from nextvisit.watch.listener import holds

_POLL = 0.02
_LONGEST_POLL = 0.25


@dataclass(slots=True)
class ChildProcess:
    """A running child. It is in a session of its own, so that Ctrl-C reaches us alone."""

    popen: subprocess.Popen[bytes] | SpawnedProcess

    @classmethod
    def spawn(
        cls,
        command: Sequence[str],
        *,
        log_file: Path,
        user: OsUser | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        by: Spawner | None = None,
        ends_by: signal.Signals = signal.SIGTERM,
    ) -> ChildProcess:
        """Start it with its output appended to `log_file`. env: over our own; cwd: ours by default.

        user: whose it is, if we are root. by: who starts it for us, as the user that it is. ends_by: what it
        gets when we end, or who starts it for us, so that it outlives nobody. Raises Bug in another thread
        than the main one: a child is told when the thread that began it ends (prctl(2)).
        """
        if threading.current_thread() is not threading.main_thread():
            raise Bug("process.thread", "a child would end with the thread that begins it")
        handle = open_private(log_file, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "ab") as output:
            if by is not None:
                whole = {**os.environ, **(env or {}), "USER": by.user.name, "LOGNAME": by.user.name}
                return cls(by.spawn(command, ends_by, log=handle, env=whole, cwd=cwd))
            popen = subprocess.Popen(  # noqa: S603  our own binary and arguments
                tied(command, ends_by, None if user is None else (user.uid, user.gid)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                env=None if env is None else {**os.environ, **env},
                cwd=cwd,
            )
        return cls(popen)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def running(self) -> bool:
        """Whether it lives; reaps it when it does not."""
        return self.popen.poll() is None

    def holds(self, links: Collection[str]) -> bool:
        """Whether it has all of these open, as the links in /proc/PID/fd say it."""
        return self.popen.holds(links) if isinstance(self.popen, SpawnedProcess) else holds(self.pid, links)

    async def wait(self) -> int:
        """Until it ends; its return code."""
        pause = _POLL
        while (code := self.popen.poll()) is None:
            await anyio.sleep(pause)
            # Soon, for whoever was told to end; most of its children a supervisor looks at for months.
            pause = min(pause * 1.1, _LONGEST_POLL)
        return code

    async def stop(self, polite: signal.Signals, *, patience: timedelta) -> None:
        """Ask with `polite`, and kill when it has not ended after `patience`."""
        if not self.running():
            return
        self.popen.send_signal(polite)
        with anyio.move_on_after(patience.total_seconds()):
            await self.wait()
            return
        self.popen.kill()
        await self.wait()


def _runs(pid: int, mark: str) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False


def _user_of(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return None


async def end_orphan(
    pid: int, mark: str, polite: signal.Signals, *, patience: timedelta, uid: int | None = None
) -> None:
    """End a child that outlived an earlier supervisor.

    `mark` must be one of its arguments, and the user `uid`, if it is said: a number in a stale pid file may
    be anybody's by now.
    """

    def is_it() -> bool:
        return _runs(pid, mark) and uid in {None, _user_of(pid)}

    if not is_it():
        return
    with suppress(ProcessLookupError):
        os.kill(pid, polite)
    deadline = time.monotonic() + patience.total_seconds()
    while is_it():
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await anyio.sleep(_POLL)


def somebody_in(folder: Path) -> bool:
    """Whether any process works in `folder`, as every backend of PostgreSQL does in its data directory."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                if (process / "cwd").resolve() == folder:
                    return True
    return False
