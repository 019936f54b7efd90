"""What the whole appliance on one machine costs while nobody asks anything of it, and until it is up."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.onebox.enterable import enterable_python

from bench.errors import BenchFailed
from bench.ground import Ground
from bench.measure import Result, Size, Target
from nextvisit.install.settings import load_settings
from nextvisit.onebox.ports import free_port
from nextvisit.setup import texts
from nextvisit.setup.answers import answers_of
from nextvisit.setup.making import Maker
from nextvisit.setup.places import Places

NAME: Final = "idle"

_SECONDS: Final[Mapping[Size, float]] = {"full": 60, "quick": 10, "tiny": 0.1}
_SETTLED: Final[Mapping[Size, float]] = {"full": 60, "quick": 5, "tiny": 0}
"""After it is up: what a start leaves to do."""
_SERVERS: Final = "PostgreSQL and Temporal alone"
_PLATFORM: Final = ("postgres", "temporal")


@dataclass(frozen=True, slots=True)
class _Used:
    """By process id: the command's name, the proportional share of memory in MB, CPU in seconds so far."""

    name: str
    mb: float
    cpu: float


async def run(ground: Ground, size: Size) -> Sequence[Result]:
    """On servers of its own, with the MIS and the providers of nobody: what is away is asked now and then."""
    del ground
    async with _up() as (process, seconds):
        await asyncio.sleep(_SETTLED[size])
        before, began = _used(process.pid), time.monotonic()
        await asyncio.sleep(_SECONDS[size])
        after, wall = _used(process.pid), time.monotonic() - began
    mb = {pid: each.mb for pid, each in after.items()}
    cpu = {pid: (each.cpu - before[pid].cpu) / wall * 100 for pid, each in after.items() if pid in before}
    servers = {pid for pid, each in after.items() if each.name in _PLATFORM}
    _tell(after, cpu)
    return [
        _result("memory, all processes", "MB", mb, servers, Target(most=600)),
        _result("CPU of one core", "%", cpu, servers, Target(most=5)),
        Result(NAME, "until it is up", "s", (seconds,), "0", (1.0,), Target(most=15)),
    ]


def _result(what: str, unit: str, taken: Mapping[int, float], servers: set[int], aim: Target) -> Result:
    alone = sum(value for pid, value in taken.items() if pid in servers)
    return Result(NAME, what, unit, (sum(taken.values()),), _SERVERS, (max(alone, 0.01),), aim)


def _tell(after: Mapping[int, _Used], cpu: Mapping[int, float]) -> None:
    """For whoever works on it: where it goes."""
    for pid, each in sorted(after.items(), key=lambda item: -item[1].mb):
        if each.mb > 1:
            print(f"idle: {each.name:<12} {each.mb:6.1f} MB {cpu.get(pid, 0):5.2f} %")


@asynccontextmanager
async def _up() -> AsyncIterator[tuple[Process, float]]:
    """`nextvisit up` for the first time in its folder, and how many seconds that took."""
    with tempfile.TemporaryDirectory(prefix="nv-idle-") as name:
        folder = Path(name)
        config = _prepared(folder)
        words = ("-m", "nextvisit.cli", "up", "--config", str(config), "--data", str(folder / "data"))
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(enterable_python(), *words, stdout=PIPE, cwd="/")
        try:
            if process.stdout is None:
                raise BenchFailed("up without a pipe")
            while not (line := await process.stdout.readline()).startswith(b"up: "):
                if not line:
                    raise BenchFailed("up ended before it was up")
            yield process, time.monotonic() - began
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()
            shutil.rmtree(folder / "data", ignore_errors=True)


def _prepared(folder: Path) -> Path:
    places = Places(folder / "etc" / "nextvisit.yaml", folder / "keys", folder / "data", folder / "units")
    told = {
        "name": "Bench",
        "country": "PL",
        "phone": "+48 22 555 02 00",
        "zone": "Europe/Warsaw",
        "languages": "pl",
        "public_url": "https://localhost",
        "mis_url": f"http://127.0.0.1:{free_port()}/fhir",
        **{key: str(free_port()) for key in ("api_port", "postgres_port", "temporal_port")},
    }
    folder.chmod(0o711)
    for each in (places.config.parent, places.keys, places.data):
        each.mkdir(mode=0o711)
    places.config.write_text(texts.configuration(answers_of(None, told, None), places), encoding="utf-8")
    Maker(places, changes=True).root_key(load_settings(places.config))
    return places.config


def _used(root: int) -> Mapping[int, _Used]:
    """Of the process and all that it has begun, at any remove."""
    children: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(each.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(each.parent.name))
    left, found = [root], {}
    while left:
        pid = left.pop()
        left += children.get(pid, [])
        try:
            found[pid] = _of(pid)
        except OSError:
            continue
    return found


def _of(pid: int) -> _Used:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    known = {"worker", "api", "gateway", "up"}
    name = next((each for each in words if each in known), Path(words[0].split(":")[0]).name)
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    kb = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return _Used(name, kb / 1000, ticks / os.sysconf("SC_CLK_TCK"))
