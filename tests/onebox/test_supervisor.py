"""The supervisor: what dies is started again, whatever its start meets, and all of it is stopped."""

from __future__ import annotations

import asyncio
import errno
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nextvisit.cli.main import EXIT_CONFIG
from nextvisit.onebox import supervisor
from nextvisit.onebox.supervisor import Command, Supervisor
from nextvisit.sdk.errors import ConfigError, RetryLater

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 0.01)


@dataclass(slots=True)
class Frail:
    """A child that ends when it is told to, and whose starts meet `trouble`, one after the other."""

    trouble: list[Exception | None]
    name: str = "frail"
    pid: int = -1
    starts: int = 0
    stopped: bool = False
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self.starts += 1
        self.stopped = False
        self._over.clear()
        met = self.trouble.pop(0) if self.trouble else None
        if met is not None:
            self._over.set()
            raise met

    async def wait(self) -> int:
        await self._over.wait()
        return 1

    async def stop(self) -> None:
        self.stopped = True

    def last_words(self) -> str:
        return "last words"

    def die(self) -> None:
        self._over.set()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("trouble", [OSError("no memory"), RetryLater("process.ended"), ValueError("a bug")])
async def test_a_child_is_started_again_whatever_its_start_meets(trouble: Exception) -> None:
    child = Frail([None, trouble, trouble])
    async with Supervisor() as watching:
        await watching.start(child)
        child.die()
        await _until(lambda: child.starts == 4)
        assert not child.stopped
    assert child.stopped


async def test_every_death_is_told_and_counted() -> None:
    told: list[tuple[str, str]] = []
    child = Frail([])
    async with Supervisor(tell=lambda *met: told.append(met)) as watching:
        await watching.start(child)
        for deaths in (1, 2):
            child.die()
            await _until(lambda: child.starts == deaths + 1)  # noqa: B023  awaited within the round
        ended = ("frail", "ended with 1 and is started again; last words")
        await _until(lambda: len(told) == 4)
        assert told == [ended, ("frail", "runs again")] * 2
        assert watching.restarts == {"frail": 2}


async def test_what_was_started_is_stopped_when_the_next_one_cannot_be(tmp_path: Path) -> None:
    child = Frail([])

    async def never() -> bool:
        return False

    absent = Command("absent", [str(tmp_path / "no such program")], tmp_path / "log", never)
    async with Supervisor() as watching:
        await watching.start(child)
        with pytest.raises(
            RetryLater, match=r"ended with 127; its log ends with: .*No such file or directory"
        ):
            await watching.start(absent)
    assert child.stopped


async def test_a_command_that_ends_before_it_is_ready_says_so(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    brief = Command("brief", [sys.executable, "-c", "raise SystemExit(5)"], tmp_path / "log", never)
    async with Supervisor() as watching:
        with pytest.raises(RetryLater, match="ended with 5"):
            await watching.start(brief)


async def test_a_command_that_wants_something_corrected_says_what(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    ends = f"print('site.zone: must be a zone'); raise SystemExit({EXIT_CONFIG})"
    brief = Command("brief", [sys.executable, "-c", ends], tmp_path / "log", never)
    async with Supervisor() as watching:
        with pytest.raises(ConfigError, match=r"brief: .*site\.zone: must be a zone"):
            await watching.start(brief, patiently=True)


async def test_a_first_start_that_fails_is_told_once_and_tried_again() -> None:
    told: list[tuple[str, str]] = []
    child = Frail([RetryLater("process.ended", "why"), RetryLater("process.ended", "why"), None])
    async with Supervisor(tell=lambda *met: told.append(met)) as watching:
        await watching.start(child, patiently=True)
        assert told == [
            ("frail", "cannot be started and is tried again, ever later: process.ended: why"),
            ("frail", "runs now"),
        ]
        assert child.starts == 3


async def test_what_keeps_a_child_from_starting_is_said_once_and_what_else_does_too() -> None:
    told: list[str] = []
    full = [RetryLater("process.ended", f"{second} seconds past: disk full") for second in (1, 2, 30)]
    taken = ConfigError("port.taken", "where somebody else does", place="api.port")
    child = Frail([None, *full, taken, None, None])
    async with Supervisor(tell=lambda _, met: told.append(met)) as watching:
        await watching.start(child)
        child.die()
        await _until(lambda: len(told) == 4)
    tried = "cannot be started and is tried again, ever later"
    assert told[1:] == [
        f"{tried}: process.ended: 1 seconds past: disk full",
        f"{tried}: port.taken: api.port: where somebody else does",
        "runs again",
    ]


async def test_a_screen_that_cannot_be_written_to_keeps_no_child_down() -> None:
    def on_a_full_disk(*_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    child = Frail([None, RetryLater("process.ended"), None])
    async with Supervisor(tell=on_a_full_disk) as watching:
        await watching.start(child)
        for starts in (3, 4):
            child.die()
            await _until(lambda: child.starts == starts)  # noqa: B023  awaited within the round


async def test_a_child_that_cannot_live_is_started_ever_later(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    rest = asyncio.sleep

    async def note(seconds: float) -> None:
        if seconds >= 1:
            pauses.append(seconds)
        await rest(0)

    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 1.0)
    monkeypatch.setattr(asyncio, "sleep", note)
    child = Frail([])
    async with Supervisor() as watching:
        await watching.start(child)
        for starts in range(2, 7):
            child.die()
            while child.starts < starts:
                await rest(0)
    assert pauses == [1, 2, 4, 8, 10]


async def test_its_error_says_how_the_log_ends(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    met = "raise OSError(98, 'Address already in use', 'Kowalska')"
    brief = Command("brief", [sys.executable, "-c", met], tmp_path / "log", never)
    async with Supervisor() as watching:
        with pytest.raises(RetryLater, match="Address already in use: …"):
            await watching.start(brief)
