"""What `up` believes of the processes that start others for it: they are another user's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from nextvisit.onebox.os_users import API, OsUser, os_user
from nextvisit.onebox.spawner import SpawnedProcess, Spawner
from tests.onebox.enterable import enterable_python

US = OsUser(os.getuid(), os.getgid(), "us")
AWAITED = 240


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_an_answer_that_comes_late_answers_no_other_question(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own user can stop it for a while. Nobody asks it any more, and its children end with it."""
    monkeypatch.setattr(sys, "executable", enterable_python())
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT, 0o600)
    spawner = Spawner.start(os_user(API))
    sleeps = ["sleep", "600"]
    child = spawner.spawn(sleeps, signal.SIGTERM, log=log, env={"PATH": os.environ["PATH"]}, cwd=None)
    assert child.poll() is None
    os.kill(spawner.popen.pid, signal.SIGSTOP)
    spawner._link.settimeout(0.1)  # it never answers, so how long that is decides nothing
    assert not child.holds([])
    os.kill(spawner.popen.pid, signal.SIGCONT)
    assert not spawner.running(), "so that `up` ends, and is started again"
    with pytest.raises(OSError, match="has ended"):
        spawner.spawn(sleeps, signal.SIGTERM, log=log, env={}, cwd=None)
    assert child.poll() == -signal.SIGKILL
    spawner.popen.wait(AWAITED)
    deadline = time.monotonic() + AWAITED
    while _lives(child.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _lives(child.pid)
    os.close(log)


def _lives(pid: int) -> bool:
    try:
        return b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def answering(said: bytes) -> Iterator[Spawner]:
    """A spawner that answers each question with this."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(AWAITED)

    def answer() -> None:
        while socket.recv_fds(theirs, 2**17, 1)[0]:
            theirs.send(said)

    with theirs, subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        thread = threading.Thread(target=answer)
        thread.start()
        yield Spawner(US, process, ours)
        ours.close()
        thread.join()
        process.kill()


def _poll(spawner: Spawner) -> object:
    return SpawnedProcess(spawner, 1).poll()


def _holds(spawner: Spawner) -> object:
    return SpawnedProcess(spawner, 1).holds([])


def _spawn(spawner: Spawner) -> object:
    return spawner.spawn(["true"], signal.SIGTERM, log=0, env={}, cwd=None).pid


NONSENSE: Sequence[tuple[Callable[[Spawner], object], bytes]] = [
    *((_poll, said) for said in (b'{"says": true}', b'{"says": 256}', b'{"says": "0"}', b'{"pid": 1}')),
    *((_poll, said) for said in (b"\xff", b"[" * 100_000, b"[]", b"{}", b"null", b"1")),
    *((_holds, said) for said in (b'{"says": 1}', b'{"says": null}')),
    *((_spawn, said) for said in (b'{"pid": true}', b'{"pid": -1}', b'{"pid": 1e3}', b'{"pid": "1"}')),
    *((_spawn, said) for said in (b'{"errno": true}', b'{"errno": 1e400}', b'{"says": 1}', b'"pid"')),
]


@pytest.mark.parametrize(
    ("ask", "said"), NONSENSE, ids=[f"{ask.__name__} {said[:20]!r}" for ask, said in NONSENSE]
)
def test_what_is_no_answer_ends_the_talk(ask: Callable[[Spawner], object], said: bytes) -> None:
    """True is no exit code, and no process has a number below 1."""
    with answering(said) as spawner:
        if ask is _spawn:
            with pytest.raises(OSError, match="its spawner has ended"):
                ask(spawner)
        else:
            assert ask(spawner) == (-signal.SIGKILL if ask is _poll else False), "as one that has ended"
        assert not spawner.running()


def test_what_is_an_answer_is_believed() -> None:
    for ask, said, comes_to in (
        (_poll, b'{"says": null}', None),
        (_poll, b'{"says": 3}', 3),
        (_poll, b'{"says": -9}', -9),
        (_holds, b'{"says": true}', True),
        (_holds, b'{"says": false}', False),
        (_spawn, b'{"pid": 4194304}', 4_194_304),
    ):
        with answering(said) as spawner:
            assert ask(spawner) == comes_to
            assert spawner.running()
    with answering(b'{"errno": 2}') as spawner:
        with pytest.raises(FileNotFoundError):
            _spawn(spawner)
        assert spawner.running()
