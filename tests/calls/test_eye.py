"""Who holds the event loop is named with how long, and broken off; nobody else is."""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop

from nextvisit.calls.eye import Eye, eye_on
from nextvisit.calls.guard import Guard, Whose, guarded
from nextvisit.calls.troubles import Met, Troubles
from nextvisit.sdk.blocking import LoopBlocked
from nextvisit.sdk.errors import Bug, OutcomeUnknown
from nextvisit.sdk.testing.fake_channel import FakeChannel
from tests.calls import wrong
from tests.calls.test_guard import LATE, MESSAGE
from tests.calls.wrong import Does, WrongChannel, WrongMis

BREAKS_OFF = timedelta(seconds=1)


def eye(*plugins: Any) -> Eye:
    return Eye([each for each in plugins if isinstance(each, Guard)], timedelta(seconds=0.4), BREAKS_OFF)


def channel(does: Does, troubles: Troubles) -> WrongChannel:
    return guarded(WrongChannel(does), Whose("text", "pigeon"), troubles, LATE)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Any:
    """The roles run on uvloop, commands on asyncio's loop."""
    return request.param


@pytest.fixture(autouse=True)
def _signal_as_it_was() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR2)
    yield
    assert signal.getsignal(signal.SIGUSR2) is before


@pytest.mark.parametrize("does", [wrong.blocks, wrong.spins], ids=["waits", "works"])
def test_a_call_that_blocks_is_named_and_broken_off_and_the_others_go_on(run: Any, does: Does) -> None:
    troubles = Troubles()
    bad, good = channel(does, troubles), guarded(FakeChannel(), Whose("good", "fake"), troubles, LATE)

    async def both() -> None:
        with eye(bad, good).watch():
            sending = asyncio.create_task(bad.send(MESSAGE))
            await asyncio.sleep(0)
            assert await good.check() == "fake channel"
            with pytest.raises(OutcomeUnknown, match=r"plugin\.blocked") as caught:
                await sending
        assert "wrong.py:" in str(caught.value)

    run(both())
    (found,) = troubles.take()
    assert (found.trouble.connection, found.trouble.plugin) == ("text", "pigeon")
    assert (found.trouble.method, found.trouble.kind) == ("send", "blocked")
    assert f"{does.__name__}, wrong.py:" in found.trouble.place
    assert found.longest >= BREAKS_OFF
    assert found.times == 1


def test_what_a_plugin_began_by_itself_is_its_own_too() -> None:
    troubles = Troubles()
    bad = guarded(_Begins(), Whose("his", "acme"), troubles, LATE)

    async def check() -> None:
        with eye(bad).watch():
            await bad.check()
            await asyncio.wait({bad.task})
            assert isinstance(bad.task.exception(), LoopBlocked)

    asyncio.run(check())
    assert [(each.trouble.method, each.trouble.kind) for each in troubles.take()] == [("task", "blocked")]


@pytest.mark.parametrize("what", ["tasks", "threads"])
def test_who_begins_ever_more_and_ends_nothing_is_named(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nextvisit.calls.eye.MOST", 20)
    monkeypatch.setattr("nextvisit.calls.eye._COUNTED_EVERY", 1)
    troubles, over = Troubles(), threading.Event()
    tasks: list[asyncio.Task[None]] = []

    def waits() -> None:
        over.wait()

    def begins() -> str:
        if what == "tasks":
            tasks.append(asyncio.create_task(wrong.waits_for_ever()))
        else:
            threading.Thread(target=waits, daemon=True).start()
        return "acme"

    bad = guarded(WrongMis(begins), Whose("his", "acme"), troubles, LATE)
    said = list[Met]()

    async def check() -> None:
        with eye(bad).watch():
            for _ in range(15):
                await bad.check()
            await asyncio.sleep(1)
            assert not troubles.take()
            for _ in range(15):
                await bad.check()
            while not said:
                await asyncio.sleep(0.01)
                said.extend(troubles.take())

    asyncio.run(check())
    over.set()
    assert {(each.trouble.kind, each.trouble.what) for each in said} == {("leaks", what)}


class _Begins(WrongMis):
    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.task: asyncio.Task[None]

    async def check(self) -> str:
        self.task = asyncio.create_task(self._later(), name="begun")
        return "acme"

    async def _later(self) -> None:
        wrong.blocks()


ACME = """
import asyncio

class Acme:
    async def check(self):
        while not self.over:
            await asyncio.sleep(0.01)
        return "acme"

    over = False
"""


def test_who_only_waits_while_something_of_ours_is_slow_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "acme_that_waits.py").write_text(ACME, encoding="utf-8")
    plugin, troubles = importlib.import_module("acme_that_waits").Acme(), Troubles()
    good = guarded(plugin, Whose("his", "acme"), troubles, LATE)

    async def hold() -> None:
        with eye(good).watch():
            checking = asyncio.create_task(good.check())
            await asyncio.sleep(0)
            time.sleep(1.5)  # noqa: ASYNC251 - ours
            plugin.over = True
            assert await checking == "acme"

    asyncio.run(hold())
    del sys.modules["acme_that_waits"]
    assert troubles.take() == []


def test_where_no_signal_comes_it_is_named_all_the_same() -> None:
    """Outside the main thread. What it waited for comes in the end."""
    troubles, said = Troubles(), list[Met]()
    come = threading.Event()

    def waits() -> str:
        come.wait()
        return "at last"

    bad = guarded(WrongMis(waits), Whose("his", "acme"), troubles, LATE)

    async def check() -> None:
        with eye(bad).watch():
            assert await bad.check() == "at last"

    running = threading.Thread(target=lambda: asyncio.run(check()))
    running.start()
    while not said:
        said += troubles.take()
        time.sleep(0.01)
    come.set()
    running.join()
    assert [(each.trouble.method, each.trouble.kind) for each in said] == [("check", "blocked")]


def test_with_nothing_to_look_at_it_is_open_all_the_same() -> None:
    async def nothing() -> None:
        with eye_on({"plain": FakeChannel()}):
            await asyncio.sleep(0)

    asyncio.run(nothing())


def test_a_parser_that_blocks_a_thread_holds_nobody() -> None:
    """It is given up where it is asked (`intake.parsed`)."""
    troubles = Troubles()
    come = threading.Event()
    bad = guarded(WrongMis(come.wait), Whose("his", "acme"), troubles, LATE)

    async def parse() -> None:
        with eye(bad).watch():
            parsing = asyncio.create_task(asyncio.to_thread(bad.parse, b""))
            for _ in range(100):
                await asyncio.sleep(0.01)
            come.set()
            with pytest.raises(Bug):  # a boolean is no list
                await parsing

    asyncio.run(parse())
    assert [each.trouble.kind for each in troubles.take()] == ["raised"]
