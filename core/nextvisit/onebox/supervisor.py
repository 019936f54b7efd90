"""Keeps child processes alive: starts them in order, restarts what dies, stops them in reverse.

Used by `nextvisit up` and by the demo on one machine; in a cluster Kubernetes does this.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol, Self

import structlog

from nextvisit.onebox.last_words import last_words
from nextvisit.onebox.ports import reached_by
from nextvisit.onebox.process import ChildProcess
from nextvisit.onebox.spawner import Spawner
from nextvisit.sdk.errors import ConfigError, NextVisitError, RetryLater
from nextvisit.watch.logs import code_of

log = structlog.get_logger()

_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 10.0
_STEADY = 60.0
"""Seconds after whose passing a child is no longer taken for one that cannot live."""
_LOOK_EVERY = 0.1
_MISCONFIGURED = 3
"""How our commands end when something has to be configured or corrected (docs/cli.md)."""
_STOP_PATIENCE = timedelta(seconds=10)
_NUMBERS = re.compile(r"\d+")


class Child(Protocol):
    """A process that can be started again and again: a Command, an EmbeddedPostgres, an EmbeddedTemporal.

    pid: of its present process, None before the first. start: returns when it answers. wait: returns its exit
    code when it has ended. last_words: how its log ends.
    """

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...
    def last_words(self) -> str: ...


@dataclass(slots=True)
class Command:
    """A Child that is an ordinary command; its output is appended to `log_file`.

    patience: seconds in which it must answer; generous, for a busy machine is no failure. at: host and port
    that it listens on, and nobody else may. by: who starts it, as another user than ours.
    """

    name: str
    argv: Sequence[str]
    log_file: Path
    is_ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    patience: float = 180
    at: tuple[str, int] | None = None
    by: Spawner | None = None
    process: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    async def start(self) -> None:
        """Start and wait until ready. Raises RetryLater when it ends before, or takes longer.

        Raises ConfigError when it ends as our commands do that want something corrected, or when somebody
        else listens on its port.
        """
        self.process = ChildProcess.spawn(self.argv, log_file=self.log_file, env=self.env, by=self.by)
        deadline = time.monotonic() + self.patience
        while not (await self.is_ready() and self._has_its_port(self.process)):
            if not self.process.running():
                code = await self.wait()
                if code == _MISCONFIGURED:
                    raise ConfigError("process.misconfigured", self.last_words(), place=self.name)
                raise RetryLater("process.ended", f"{self.name} ended with {code}; {self.last_words()}")
            if time.monotonic() > deadline:
                met = f"{self.name} does not answer; {self.last_words()}"
                raise RetryLater("process.not_ready", met)
            await asyncio.sleep(_LOOK_EVERY)

    def _has_its_port(self, process: ChildProcess) -> bool:
        return self.at is None or bool(reached_by(process, self.at, self.name, place=self.name))

    async def wait(self) -> int:
        """Until it ends; its return code."""
        return -1 if self.process is None else await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop(signal.SIGTERM, patience=_STOP_PATIENCE)

    def last_words(self) -> str:
        return last_words(self.log_file)


@dataclass(slots=True)
class _Watched:
    child: Child
    watcher: asyncio.Task[None] | None = None
    restarts: int = 0


class Supervisor:
    """Owns children for as long as it is entered.

    tell: told of a child by its name what it met, whenever it ends, cannot be started or runs again. What
    keeps it from starting is told once, until it runs or meets something else.
    """

    def __init__(self, *, tell: Callable[[str, str], None] = lambda _name, _met: None) -> None:
        self._watched: dict[str, _Watched] = {}
        self._tell = tell
        self._told: dict[str, str] = {}

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

    async def start(self, child: Child, *, patiently: bool = False) -> None:
        """Start and wait until it answers; from then on it is kept alive. Raises what its start raises.

        patiently: a start that fails is told and tried again, ever later. Something that has to be
        corrected is raised all the same: no patience mends it.
        """
        watched = _Watched(child)
        self._watched[child.name] = watched
        pause = _FIRST_PAUSE
        while True:
            try:
                await child.start()
                break
            except RetryLater as error:
                if not patiently:
                    raise
                self._say_why_not(child, error)
                await child.stop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        if child.name in self._told:
            self._say(child, "runs now")
        watched.watcher = asyncio.create_task(self._watch(watched), name=f"watch {child.name}")

    async def _watch(self, watched: _Watched) -> None:
        pause = _FIRST_PAUSE
        child = watched.child
        while True:
            began = time.monotonic()
            code = await child.wait()
            if time.monotonic() - began >= _STEADY:
                pause = _FIRST_PAUSE
            watched.restarts += 1
            with contextlib.suppress(OSError):
                log.warning("process.ended", kind=child.name, exit_code=code, attempt=watched.restarts)
            self._say(child, f"ended with {code} and is started again; {child.last_words()}")
            await self._again(child, pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _again(self, child: Child, pause: float) -> None:
        """Started, however often that fails."""
        while True:
            await asyncio.sleep(pause)
            try:
                await child.start()
            # Whatever keeps it from starting: nobody else would try again.
            except Exception as error:  # noqa: BLE001
                with contextlib.suppress(OSError):
                    log.warning("process.restart_failed", kind=child.name, code=code_of(error))
                self._say_why_not(child, error)
                await child.stop()
            else:
                self._say(child, "runs again")
                return
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _say_why_not(self, child: Child, error: Exception) -> None:
        why = _why(error, child)
        # When and in which process is not what keeps it from starting.
        if (gist := _NUMBERS.sub("", why)) != self._told.get(child.name):
            self._told[child.name] = gist
            self._say_aloud(child, f"cannot be started and is tried again, ever later: {why}")

    def _say(self, child: Child, met: str) -> None:
        self._told.pop(child.name, None)
        self._say_aloud(child, met)

    def _say_aloud(self, child: Child, met: str) -> None:
        # On a full disk: who cannot write is no reason to leave what has died.
        with contextlib.suppress(OSError):
            self._tell(child.name, met)

    async def stop(self) -> None:
        """Stop all, the last started first."""
        for watched in reversed(list(self._watched.values())):
            if watched.watcher is not None:
                watched.watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watched.watcher
            await watched.child.stop()
        self._watched.clear()


def _why(error: Exception, child: Child) -> str:
    """Our own words; those of the system without what it was about, which may be anything."""
    if isinstance(error, NextVisitError):
        return str(error)
    met = error.strerror if isinstance(error, OSError) else None
    return f"{met or type(error).__name__}; {child.last_words()}"
