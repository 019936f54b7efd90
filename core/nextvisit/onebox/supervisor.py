"""Keeps child processes alive: starts them in order, restarts what dies, stops them in reverse.

Used by `nextvisit up` and by the demo on one machine; in a cluster Kubernetes does this.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import structlog

from nextvisit.sdk.errors import NextVisitError, RetryLater

log = structlog.get_logger()

_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 10.0


class Child(Protocol):
    """A process that can be started again and again.

    ready: whether it answers by now. wait: returns its exit code when it has ended.
    """

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int: ...
    async def start(self) -> None: ...
    async def ready(self) -> bool: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...


@dataclass(slots=True)
class Command:
    """A Child that is an ordinary command; its output is appended to `log_file`."""

    name: str
    argv: Sequence[str]
    log_file: Path
    is_ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        return self._running().pid

    async def start(self) -> None:
        output = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.env},
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops its children in order
            )
        finally:
            os.close(output)

    async def ready(self) -> bool:
        return await self.is_ready()

    async def wait(self) -> int:
        return await self._running().wait()

    async def stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RetryLater("process.not_started", self.name)
        return self._process


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

    def pid(self, name: str) -> int:
        """The present process of `name`."""
        return self._watched[name].child.pid

    @property
    def restarts(self) -> Mapping[str, int]:
        """How often each child was restarted."""
        return {name: each.restarts for name, each in self._watched.items()}

    async def start(self, child: Child, *, patience: float = 60) -> None:
        """Start and wait until ready. Raises RetryLater when it ends or is not ready in `patience` s."""
        watched = _Watched(child)
        self._watched[child.name] = watched
        await child.start()
        await _until_ready(child, patience)
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
                await _until_ready(child, 60)
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


async def _until_ready(child: Child, patience: float) -> None:
    ended = asyncio.create_task(child.wait())
    try:
        async with asyncio.timeout(patience):
            while not await child.ready():
                if ended.done():
                    raise RetryLater(
                        "process.ended", f"{child.name} ended with {ended.result()}; see its log"
                    )
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise RetryLater("process.not_ready", f"{child.name} does not answer; see its log") from error
    finally:
        ended.cancel()
