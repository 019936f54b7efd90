"""A process of another user that starts children for `up`: a program of its own, and what `up` says to it.

It runs as that user from its beginning and knows no secret. It ends when `up` ends, and its children with it.
Both sides speak JSON over a socket that keeps messages apart: one question, one answer.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from nextvisit.onebox.os_users import OsUser
from nextvisit.onebox.tied import tied
from nextvisit.sdk.errors import RetryLater
from nextvisit.watch.landlock import forbid_new_rights
from nextvisit.watch.listener import holds

_LARGEST = 128 * 1024
_ANSWERS_WITHIN = 30.0
_ENDING = 30.0
_NEEDED = {"PATH", "PYTHONPATH", "LANG"}
_GONE = -int(signal.SIGKILL)


@dataclass(slots=True)
class Spawner:
    """The process, seen from `up`."""

    user: OsUser
    popen: subprocess.Popen[bytes] = field(repr=False)
    _link: socket.socket = field(repr=False)

    @classmethod
    def start(cls, user: OsUser) -> Self:
        """For root alone. Raises RetryLater when it does not answer, as where that user cannot run it."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_ANSWERS_WITHIN)
        with theirs:
            popen = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-m", "nextvisit.onebox.spawner", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                umask=0o077,
                cwd="/",
                env={name: value for name, value in os.environ.items() if name in _NEEDED},
                user=user.uid,
                group=user.gid,
                extra_groups=[],
            )
        started = cls(user, popen, ours)
        if started._ask({"do": "greet"}) is None:
            popen.kill()
            started.close()
            message = "does not answer; what keeps it from it stands above, or this machine is too busy"
            raise RetryLater("up.spawner", f"what starts the processes of {user.name} {message}")
        return started

    def running(self) -> bool:
        return self.popen.poll() is None

    def spawn(
        self,
        command: Sequence[str],
        ends_by: signal.Signals,
        *,
        log: int,
        env: Mapping[str, str],
        cwd: Path | None,
    ) -> SpawnedProcess:
        """ends_by: what it gets when the spawner ends. Raises OSError as subprocess does."""
        question = {
            "do": "spawn",
            "command": list(command),
            "ends_by": int(ends_by),
            "env": dict(env),
            "cwd": str(cwd or "/"),
        }
        answer = self._ask(question, [log])
        if answer is None or "pid" not in answer:
            number = 0 if answer is None else int(answer.get("errno", 0))
            raise OSError(number, os.strerror(number) if number else "its spawner has ended", command[0])
        return SpawnedProcess(self, int(answer["pid"]))

    def ask(self, question: dict[str, Any]) -> Any:
        """Its answer; None when it has ended."""
        answer = self._ask(question)
        return None if answer is None else answer.get("says")

    def _ask(self, question: dict[str, Any], handles: Sequence[int] = ()) -> dict[str, Any] | None:
        try:
            socket.send_fds(self._link, [json.dumps(question).encode()], list(handles))
            said = self._link.recv(_LARGEST)
        except OSError:
            return None
        answer = json.loads(said) if said else None
        return answer if isinstance(answer, dict) else None

    def close(self) -> None:
        """Its children end, and it ends."""
        self._link.close()
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(_ENDING + 5)


@dataclass(slots=True)
class SpawnedProcess:
    """A child of a spawner, as a Popen is one of ours. What the spawner took along has been killed."""

    spawner: Spawner
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            said = self.spawner.ask({"do": "poll", "pid": self.pid})
            if isinstance(said, int):
                self.returncode = said
            elif not self.spawner.running():
                self.returncode = _GONE
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            self.spawner.ask({"do": "signal", "pid": self.pid, "number": int(number)})

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def holds(self, links: Collection[str]) -> bool:
        """As its own user sees it: another may not look into it."""
        return self.spawner.ask({"do": "holds", "pid": self.pid, "links": sorted(links)}) is True


class _Children:
    """What the program does for whoever has the other end."""

    def __init__(self) -> None:
        self._of: dict[int, subprocess.Popen[bytes]] = {}

    def answer(self, question: Mapping[str, Any], handles: Sequence[int]) -> dict[str, Any]:
        does: Mapping[str, Callable[[int], object]] = {
            "greet": lambda _: True,
            "poll": lambda pid: self._of[pid].poll(),
            "signal": lambda pid: self._of[pid].send_signal(question["number"]),
            "holds": lambda pid: holds(pid, question["links"]),
        }
        try:
            if question["do"] == "spawn":
                return {"pid": self._spawn(question, handles[0])}
            return {"says": does[question["do"]](question.get("pid", 0))}
        except OSError as error:
            return {"errno": error.errno}

    def _spawn(self, question: Mapping[str, Any], log: int) -> int:
        popen = subprocess.Popen(  # noqa: S603  what `up` says
            tied(question["command"], signal.Signals(question["ends_by"])),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=question["env"],
            cwd=question["cwd"],
        )
        self._of[popen.pid] = popen
        return popen.pid

    def end(self) -> None:
        living = [each for each in self._of.values() if each.poll() is None]
        for each in living:
            each.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _ENDING
        for each in living:
            try:
                each.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                each.kill()


def main() -> None:
    """Until the other end is closed."""
    link = socket.socket(fileno=int(sys.argv[1]))
    forbid_new_rights()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Whoever stops the service stops all its processes at once; children end when `up` says so.
        signal.signal(number, lambda *_: None)
    children = _Children()
    while said := _received(link):
        question, handles = said
        answer = children.answer(question, handles)
        for each in handles:
            os.close(each)
        link.send(json.dumps(answer).encode())
    children.end()


def _received(link: socket.socket) -> tuple[Mapping[str, Any], list[int]] | None:
    try:
        said, handles, _, _ = socket.recv_fds(link, _LARGEST, 1)
    except OSError:
        return None
    return (json.loads(said), handles) if said else None


if __name__ == "__main__":
    main()
