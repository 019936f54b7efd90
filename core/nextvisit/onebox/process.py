"""One child process in the foreground of ours: started, watched, stopped, and its orphan ended.

Not bound to an event loop, so that a supervisor may start it in one and stop it in another.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anyio

_POLL = 0.02
_TAIL_BYTES = 8192
_TAIL_LINES = 4
_LONGEST_LINE = 200
# What may be somebody's: whatever is quoted, addresses, long numbers.
_PRIVATE = re.compile(r"""'[^']*'|"[^"]*"|\S+@\S+|\+?\d[\d ().-]{4,}\d""")


@dataclass(frozen=True, slots=True)
class OsUser:
    """Who the child runs as."""

    uid: int
    gid: int


@dataclass(slots=True)
class ChildProcess:
    """A running child. It is in a session of its own, so that Ctrl-C reaches us alone."""

    popen: subprocess.Popen[bytes]

    @classmethod
    def spawn(
        cls,
        command: Sequence[str],
        *,
        log_file: Path,
        user: OsUser | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> ChildProcess:
        """Start it with its output appended to `log_file`. env: over our own; cwd: ours by default."""
        handle = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as output:
            popen = subprocess.Popen(  # noqa: S603  our own binary and arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else [],
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

    async def wait(self) -> int:
        """Until it ends; its return code."""
        while (code := self.popen.poll()) is None:
            await anyio.sleep(_POLL)
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


def last_words(log_file: Path) -> str:
    """How its log ends, for the message of an error: the folder may be gone before anybody looks.

    Without what is quoted, addresses and long numbers: a library's error may show what it could not read.
    """
    try:
        with log_file.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return "it has no log"
    lines = [line.strip() for line in text.splitlines() if line.strip()][-_TAIL_LINES:]
    if not lines:
        return "its log is empty"
    return "its log ends with: " + " | ".join(_PRIVATE.sub("…", line)[:_LONGEST_LINE] for line in lines)


def _runs(pid: int, mark: str) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False


async def end_orphan(pid: int, mark: str, polite: signal.Signals, *, patience: timedelta) -> None:
    """End a child that outlived an earlier supervisor.

    `mark` must be one of its arguments: a number in a stale pid file may be anybody's by now.
    """
    if not _runs(pid, mark):
        return
    with suppress(ProcessLookupError):
        os.kill(pid, polite)
    deadline = time.monotonic() + patience.total_seconds()
    while _runs(pid, mark):
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
