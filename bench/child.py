"""A process of a bench: told by lines of JSON on its input, answering by lines, ended by their end.

The end of its input ends it, so it cannot outlive us however we die.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchFailed

_PATIENCE = 60.0
_ANSWER = b"answer "


@dataclass(frozen=True, slots=True)
class Child:
    """Our end of it."""

    process: Process

    async def ask(self, **question: Any) -> Mapping[str, Any]:
        """One question, one answer. Raises BenchFailed when it does not answer."""
        if self.process.stdin is None or self.process.stdout is None:
            raise BenchFailed("a child without pipes")
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        while line := await asyncio.wait_for(self.process.stdout.readline(), _PATIENCE):
            if line.startswith(_ANSWER):
                answer: Mapping[str, Any] = json.loads(line.removeprefix(_ANSWER))
                return answer
            sys.stderr.write(line.decode(errors="replace"))  # a library has printed something
        raise BenchFailed("a child process ended too early; see its output above")

    async def cpu_ms(self) -> float:
        """User and system time of the process so far."""
        return float((await self.ask(ask="cpu"))["cpu_ms"])


@asynccontextmanager
async def spawned(module: str) -> AsyncIterator[Child]:
    """Run `python -m module`; the interrupt of a terminal reaches us alone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, start_new_session=True
    )
    try:
        yield Child(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(process.wait()), _PATIENCE / 4)
        except TimeoutError:
            process.kill()
            await process.wait()


async def questions() -> AsyncIterator[Mapping[str, Any]]:
    """The other end: what is asked, until nobody asks any more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        yield json.loads(line)


def answer(**said: Any) -> None:
    """Answer the last question."""
    sys.stdout.write(f"{_ANSWER.decode()}{json.dumps(said)}\n")
    sys.stdout.flush()


def own_cpu_ms() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000
