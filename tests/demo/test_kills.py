"""A demo whose processes are killed at random moments, and whose Temporal database is deleted."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import report
from nextvisit.store.journeys import journeys
from nextvisit_demo.setup import CAMPAIGN
from nextvisit_workflows.runtime.wire import journey_workflow_id
from tests.demo import promises
from tests.demo.driver import Ended, Running, cli, patiently, run_demo

FACTOR = 8640.0
BEFORE = ("worker", "postgres", "temporal", "gateway")
AFTER = ("api", "worker", "postgres", "worker")
SEED = 20_260_907
_TRY_AGAIN = 4
_SOME = 5

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]


@dataclass(slots=True)
class Damage:
    """What was done to a demo, and what rehydrating said."""

    killed: list[tuple[str, datetime]] = field(default_factory=list)
    open_before: dict[JourneyId, str] = field(default_factory=dict)
    running_after: set[str] = field(default_factory=set)
    open_after: dict[JourneyId, str] = field(default_factory=dict)
    rehydrated: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survivor:
    """The ended demo and what it went through."""

    ended: Ended
    damage: Damage


@pytest.fixture(scope="module")
def survivor(demo_folder: Callable[[str], Path]) -> Survivor:
    damage = Damage()

    async def disturb(running: Running) -> None:
        # Invitations go out on day 0 and texts on day 1, answers come on both.
        await _kill_some(running, BEFORE, _hours(9.9, 36), damage)
        await running.until(running.at(1, 15))
        # In the middle: on a busy machine the kills may have put everything off.
        while await _texts_sent(running) < _SOME:
            assert running.clock.now() < running.at(7), "no texts have been sent"
            await asyncio.sleep(0.1)
        await _lose_temporal(running, damage)
        # Reminders go out on days 8 and 9.
        await _kill_some(running, AFTER, _hours(8 * 24 + 9, 9 * 24 + 20), damage)

    ended = run_demo(demo_folder("kills"), factor=FACTOR, disturb=disturb)
    return Survivor(ended, damage)


def _hours(first: float, last: float) -> Callable[[random.Random], float]:
    return lambda rng: rng.uniform(first, last)


async def _kill_some(
    running: Running, names: Sequence[str], hour: Callable[[random.Random], float], damage: Damage
) -> None:
    """In random order at random moments, which repeat with SEED."""
    rng = random.Random(f"{SEED} {names}")
    shuffled = rng.sample(names, len(names))
    for name, after in zip(shuffled, sorted(hour(rng) for _ in names), strict=True):
        await running.until(running.at(0, after))
        await _kill(running, name, damage)


async def _kill(running: Running, name: str, damage: Damage) -> None:
    """kill -9, and until the supervisor has started another by itself."""
    pid = _pid(running, name)
    os.kill(pid, signal.SIGKILL)
    damage.killed.append((name, running.clock.now()))
    await _replaced(running, name, pid)


def _pid(running: Running, name: str) -> int:
    pid = running.stage.supervisor.pid(name)
    assert pid is not None, f"{name} never ran"
    return pid


async def _replaced(running: Running, name: str, pid: int) -> None:
    async with asyncio.timeout(300):
        while (now := _pid(running, name)) == pid or not _alive(now):
            await asyncio.sleep(0.02)


async def _lose_temporal(running: Running, damage: Damage) -> None:
    damage.open_before = await _open_journeys(running)
    pid = _pid(running, "temporal")
    os.kill(pid, signal.SIGKILL)
    # Nothing is awaited until the files are gone, so the supervisor cannot start it on them again.
    while _alive(pid):
        time.sleep(0.005)  # noqa: ASYNC251  that is the point
    for file in (running.stage.folder.path / "temporal").glob("temporal.db*"):
        file.unlink()
    damage.killed.append(("temporal", running.clock.now()))
    await _replaced(running, "temporal", pid)
    folder = running.stage.folder.path
    said = await cli(folder, "journey", "rehydrate", "--json")
    while said.code == _TRY_AGAIN:  # Temporal does not answer yet; the test's timeout is the deadline
        said = await cli(folder, "journey", "rehydrate", "--json")
    assert said.code == 0, said
    damage.rehydrated = json.loads(said.out)
    damage.open_after = await _open_journeys(running)
    client = await running.appliance.temporal()
    async for workflow in client.list_workflows("ExecutionStatus = 'Running'"):
        damage.running_after.add(workflow.id)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


async def _texts_sent(running: Running) -> int:
    shown = await patiently(running.appliance, lambda tx: report.campaign_report(tx, CAMPAIGN))
    return sum(each.sent for each in shown.channels if each.channel == "sms")


async def _open_journeys(running: Running) -> dict[JourneyId, str]:
    async def ask(tx: Tx) -> dict[JourneyId, str]:
        filters = journeys.Filters(campaign=CAMPAIGN, open_only=True, limit=10_000)
        return {
            each.id: "" if each.state is None else each.state.node
            for each in await journeys.listing(tx, filters)
        }

    found: dict[JourneyId, str] = await patiently(running.appliance, ask)
    return found


def test_every_promise_holds_after_kills(survivor: Survivor) -> None:
    restarts = survivor.ended.verdict.restarts
    killed = Counter(name for name, _ in survivor.damage.killed)
    assert sum(killed.values()) == len(BEFORE) + len(AFTER) + 1
    for name, times in killed.items():
        assert restarts[name] >= times, f"{restarts} in {survivor.ended.folder}"
    promises.all_hold(survivor.ended)


def test_rehydrating_starts_every_open_journey_again(survivor: Survivor) -> None:
    damage = survivor.damage
    assert damage.open_before, f"no journey was open in {survivor.ended.folder}"
    assert damage.rehydrated["started"] > 0, f"{damage.rehydrated} in {survivor.ended.folder}"
    without = [id_ for id_ in damage.open_after if journey_workflow_id(str(id_)) not in damage.running_after]
    assert not without, f"{without} have no workflow in {survivor.ended.folder}"


def test_a_rehydrated_journey_does_not_begin_again(survivor: Survivor) -> None:
    damage = survivor.damage
    fell_back = {
        id_: (node, damage.open_after[id_])
        for id_, node in damage.open_before.items()
        if id_ in damage.open_after and node not in {"", "invite"} and damage.open_after[id_] == "invite"
    }
    assert not fell_back, f"{fell_back} in {survivor.ended.folder}"
