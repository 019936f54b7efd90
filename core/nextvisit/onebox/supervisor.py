"""Keeps child processes alive: starts them in order, restarts what dies, stops them in reverse.

Used by `nextvisit up` and by the demo on one machine; in a cluster Kubernetes does this.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol, Self

import structlog

from nextvisit.onebox.process import ChildProcess, last_words
from nextvisit.sdk.errors import NextVisitError, RetryLater

log = structlog.get_logger()

_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 10.0
_LOOK_EVERY = 0.1
_STOP_PATIENCE = timedelta(seconds=10)


class Child(Protocol):
    """A process that can be started again and again: a Command, an EmbeddedPostgres, an EmbeddedTemporal.

    pid: of its present process, None before the first. start: returns when it answers. wait: returns its exit
    code when it has ended.
    """

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...


@dataclass(slots=True)
class Command:
    """A Child that is an ordinary command; its output is appended to `log_file`.

    patience: seconds in which it must answer; generous, for a busy machine is no failure.
    """

    name: str
    argv: Sequence[str]
    log_file: Path
    is_ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    patience: float = 180
    process: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    async def start(self) -> None:
        """Start and wait until ready. Raises RetryLater when it ends before, or takes longer."""
        self.process = ChildProcess.spawn(self.argv, log_file=self.log_file, env=self.env)
        deadline = time.monotonic() + self.patience
        while not await self.is_ready():
            if not self.process.running():
                met = f"{self.name} ended with {await self.wait()}; {last_words(self.log_file)}"
                raise RetryLater("process.ended", met)
            if time.monotonic() > deadline:
                met = f"{self.name} does not answer; {last_words(self.log_file)}"
                raise RetryLater("process.not_ready", met)
            await asyncio.sleep(_LOOK_EVERY)

    async def wait(self) -> int:
        """Until it ends; its return code."""
        return -1 if self.process is None else await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop(signal.SIGTERM, patience=_STOP_PATIENCE)


@dataclass(slots=True)
class _Watched:
    child: Child
    watcher: asyncio.Task[None] | None = None
    restarts: int = 0


class Supervisor:
    """Owns children for as long as it is entered."""

    def __init__(self, *, on_restart: Callable[[str], None] = lambda _: None) -> None:
        self._watched: dict[str, _Watched] = {}
        self._on_restart = on_restart

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def pid(self, name: str) -> int | None:
        """The present process of `name`."""
        return self._watched[name].child.pid

    @property
    def restarts(self) -> Mapping[str, int]:
        """How often each child was restarted."""
        return {name: each.restarts for name, each in self._watched.items()}

    async def start(self, child: Child) -> None:
        """Start and wait until it answers; from then on it is kept alive. Raises what its start raises."""
        watched = _Watched(child)
        self._watched[child.name] = watched
        await child.start()
        watched.watcher = asyncio.create_task(self._watch(watched), name=f"watch {child.name}")

    async def _watch(self, watched: _Watched) -> None:
        pause = _FIRST_PAUSE
        child = watched.child
        while True:
            code = await child.wait()
            watched.restarts += 1
            log.warning("process.ended", kind=child.name, exit_code=code, attempt=watched.restarts)
            self._on_restart(child.name)
            await asyncio.sleep(pause)
            try:
                await child.start()
                pause = _FIRST_PAUSE
            # Whatever keeps it from starting: nobody else would try again.
            except Exception as error:  # noqa: BLE001
                met = error.code if isinstance(error, NextVisitError) else type(error).__name__
                log.warning("process.restart_failed", kind=child.name, code=met)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def stop(self) -> None:
        """Stop all, the last started first."""
        for watched in reversed(list(self._watched.values())):
            if watched.watcher is not None:
                watched.watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watched.watcher
            await watched.child.stop()
        self._watched.clear()
