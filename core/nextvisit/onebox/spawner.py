"""A process of another user that starts children for `up`: a program of its own, and what `up` says to it.

It runs as that user from its beginning and knows no secret. It ends when `up` ends, and its children with it.
Both sides speak JSON over a socket that keeps messages apart: one question, one answer. After an answer that
does not come in time, or is none, `up` asks no more: it would be taken for that to the next question.
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
_HIGHEST_PID = 2**22
_HIGHEST_ERRNO = 4095
_HIGHEST_SIGNAL = 64


@dataclass(slots=True)
class Spawner:
    """The process, seen from `up`."""

    user: OsUser
    popen: subprocess.Popen[bytes] = field(repr=False)
    _link: socket.socket = field(repr=False)
    _is_heard: bool = field(default=True, init=False)

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
        if started.ask({"do": "greet"}, _is_yes_or_no) is not True:
            popen.kill()
            started.close()
            message = "does not answer; what keeps it from it stands above, or this machine is too busy"
            raise RetryLater("up.spawner", f"what starts the processes of {user.name} {message}")
        return started

    def running(self) -> bool:
        """Whether it lives and is listened to."""
        return self._is_heard and self.popen.poll() is None

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
        match answer:
            case {"pid": int(pid)} if _is_number(pid, 1, _HIGHEST_PID):
                return SpawnedProcess(self, pid)
            case {"errno": int(number)} if _is_number(number, 1, _HIGHEST_ERRNO):
                raise OSError(number, os.strerror(number), command[0])
        self._hear_no_more()
        raise OSError(0, "its spawner has ended", command[0])

    def ask(self, question: dict[str, Any], is_answer: Callable[[Any], bool]) -> Any:
        """Its answer; None when it has ended. is_answer: whether it can be one; or it is heard no more."""
        match self._ask(question):
            case {"says": said} if is_answer(said):
                return said
            case {"errno": int()}:
                return None
        self._hear_no_more()
        return None

    def _ask(self, question: dict[str, Any], handles: Sequence[int] = ()) -> Any:
        try:
            socket.send_fds(self._link, [json.dumps(question).encode()], list(handles))
            return json.loads(self._link.recv(_LARGEST))
        except (OSError, ValueError, RecursionError):
            return None

    def _hear_no_more(self) -> None:
        """It ends once it sees that, and its children with it."""
        self._is_heard = False
        self._link.close()

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
            said = self.spawner.ask({"do": "poll", "pid": self.pid}, _is_exit_code)
            if said is not None:
                self.returncode = said
            elif not self.spawner.running():
                self.returncode = _GONE
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            self.spawner.ask({"do": "signal", "pid": self.pid, "number": int(number)}, _is_nothing)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def holds(self, links: Collection[str]) -> bool:
        """As its own user sees it: another may not look into it."""
        question = {"do": "holds", "pid": self.pid, "links": sorted(links)}
        return self.spawner.ask(question, _is_yes_or_no) is True


def _is_number(said: object, lowest: int, highest: int) -> bool:
    return isinstance(said, int) and not isinstance(said, bool) and lowest <= said <= highest


def _is_exit_code(said: object) -> bool:
    return said is None or _is_number(said, -_HIGHEST_SIGNAL, 255)


def _is_yes_or_no(said: object) -> bool:
    return isinstance(said, bool)


def _is_nothing(said: object) -> bool:
    return said is None


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
