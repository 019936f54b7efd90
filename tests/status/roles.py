"""Roles as processes of their own, on an installation whose MIS, providers and Temporal nobody is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import urlopen

from nextvisit.onebox.ports import free_port

T = TypeVar("T")
_LONG = 180.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What a door said."""

    code: int
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Role:
    """One that was started. at: where it answers whoever watches it."""

    process: subprocess.Popen[bytes]
    at: str
    log: Path

    def get(self, path: str) -> Answered:
        """Raises OSError while nobody listens."""
        try:
            with urlopen(f"http://{self.at}{path}", timeout=60) as answer:
                return Answered(answer.status, answer.read().decode())
        except HTTPError as error:
            with error:
                return Answered(error.code, error.read().decode())


_PROGRAM = """
import sys
from pathlib import Path
from nextvisit.install.roles import run_role
from nextvisit.watch.logs import configure_logging
role, config, host, port = sys.argv[1:]
configure_logging(role)
run_role(role, Path(config), status=(host, int(port)))
"""
"""As `nextvisit ROLE --status …`, by whoever runs the tests: root would become another user."""


@contextmanager
def running(role: str, config: Path, *, port: int = 0) -> Iterator[Role]:
    """Until the end of the block, when it is told by SIGTERM. port: where it answers; 0: any."""
    port = port or free_port()
    log = config.parent / f"{role}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, role, str(config), "127.0.0.1", str(port)],
            stdout=out,
            stderr=out,
            env={**os.environ, "TMPDIR": str(config.parent)},
        )
    try:
        yield Role(process, f"127.0.0.1:{port}", log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(_LONG)


def until(look: Callable[[], T], holds: Callable[[T], bool], *, role: Role | None = None) -> T:
    """What `look` gives once that holds; whoever cannot be reached yet is asked again."""
    deadline = time.monotonic() + _LONG
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = found = look()
            if holds(found):
                return found
        except OSError as error:
            last = error
        if role is not None and role.process.poll() is not None:
            raise AssertionError(role.log.read_text("utf-8"))
        time.sleep(0.05)
    raise AssertionError(last)


@contextmanager
def taken_port() -> Iterator[int]:
    """A port that somebody has and nobody answers at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
