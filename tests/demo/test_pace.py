"""The demo's clock stands while the appliance is behind, and what it showed never changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nextvisit.clock import Pause, ScaledClock
from nextvisit_demo.folder import DemoFolder, Ports
from nextvisit_demo.pace import FileClock, Pacer
from nextvisit_workflows.runtime.pacing import AT_ONCE

WALL = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONDAY = datetime(2026, 9, 7, 8, tzinfo=UTC)
CLOCK = ScaledClock(3600, WALL, MONDAY)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def test_a_clock_stands_in_its_pauses_and_goes_on_where_it_stood() -> None:
    paused = CLOCK.pausing(Pause(WALL + 2 * SECOND, WALL + 5 * SECOND))
    shown = [paused.at_wall(WALL + each * SECOND) - MONDAY for each in range(8)]
    assert shown == [each * HOUR for each in (0, 1, 2, 2, 2, 2, 3, 4)]
    assert ScaledClock.from_json(paused.to_json()) == paused


def test_a_pause_changes_nothing_that_was_shown_before_it() -> None:
    paused = CLOCK.pausing(Pause(WALL + 4 * SECOND, WALL + 5 * SECOND))
    for tenth in range(41):
        wall = WALL + tenth * SECOND / 10
        assert paused.at_wall(wall) == CLOCK.at_wall(wall)


@pytest.mark.parametrize("since", range(-2, 9))
@pytest.mark.parametrize("hours", range(8))
def test_a_wait_ends_when_the_clock_shows_it(since: int, hours: int) -> None:
    paused = CLOCK.pausing(Pause(WALL + 2 * SECOND, WALL + 4 * SECOND)).pausing(
        Pause(WALL + 5 * SECOND, WALL + 6 * SECOND)
    )
    began, instant = WALL + since * SECOND, MONDAY + hours * HOUR
    ends = began + paused.wall_until(instant, began)
    assert paused.at_wall(ends) == max(instant, paused.at_wall(began))
    assert paused.at_wall(ends - SECOND / 100) < instant or ends == began


def test_a_pause_that_is_added_changes_nothing_that_a_workflow_decided_before() -> None:
    earlier = CLOCK.pausing(Pause(WALL + 2 * SECOND, WALL + 4 * SECOND))
    for tenth in range(100):
        asked = WALL + tenth * SECOND / 10
        later = earlier.pausing(Pause(max(asked, WALL + 4 * SECOND) + SECOND / 10, WALL + 20 * SECOND))
        assert later.at_wall(asked) == earlier.at_wall(asked)
        for quarter in range(40):
            instant = MONDAY + quarter * HOUR / 4
            waits = [each.wall_until(instant, asked) > AT_ONCE for each in (earlier, later)]
            assert waits[0] == waits[1], (tenth, quarter)


def test_a_pause_that_is_too_near_to_be_known_in_time_is_dropped(tmp_path: Path) -> None:
    folder = DemoFolder.create(tmp_path, Ports(*range(1, 8)))
    assert folder.write_clock(CLOCK)
    now = datetime.now(UTC)
    assert not folder.write_clock(CLOCK.pausing(Pause(now, now + SECOND)))
    assert FileClock(folder.clock_file).shown == CLOCK
    ahead = CLOCK.pausing(Pause(now + 60 * SECOND, now + 61 * SECOND))
    assert folder.write_clock(ahead)
    assert FileClock(folder.clock_file).shown == ahead


def test_a_pause_comes_after_those_before_it() -> None:
    with pytest.raises(ValueError, match="before the one before it"):
        CLOCK.pausing(Pause(WALL, WALL + SECOND)).pausing(Pause(WALL, WALL + SECOND))


@pytest.mark.anyio
async def test_what_is_late_makes_the_clock_stand_until_it_is_done(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    file.write_text(ScaledClock(3600, datetime.now(UTC), MONDAY).to_json(), encoding="utf-8")
    behind, enough = ["outbox"], asyncio.Event()

    async def tell(clock: ScaledClock) -> None:
        fresh = tmp_path / "fresh"
        fresh.write_text(clock.to_json(), encoding="utf-8")
        fresh.replace(file)
        if len(clock.pauses) == 2:
            behind.clear()
            enough.set()

    async def late() -> Sequence[str]:
        return tuple(behind)

    pacer = Pacer(FileClock(file), tell, late)
    assert pacer.said() == "the machine kept up with the clock"
    running = asyncio.create_task(pacer.run())
    async with asyncio.timeout(240):
        await enough.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    first, second = FileClock(file).shown.pauses
    assert first.ends == second.begins or first.ends < second.begins
    assert "outbox 2×" in pacer.said()
