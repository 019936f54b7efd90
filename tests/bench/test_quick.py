"""Every bench gives a number and its baseline. What the numbers are is nobody's business here."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from bench.__main__ import BENCHES, write
from bench.ground import Ground, open_ground
from bench.measure import Result, Target, in_turns, table

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def ground() -> AsyncIterator[Ground]:
    async with open_ground() as opened:
        yield opened


@pytest.mark.parametrize("name", sorted(BENCHES))
async def test_a_bench_gives_numbers_beside_their_baselines(
    name: str, ground: Ground, tmp_path: Path
) -> None:
    results = await BENCHES[name](ground, "tiny")
    assert results
    for result in results:
        assert result.bench == name
        assert len(result.values) == len(result.baselines)
        assert all(math.isfinite(number) and number > 0 for number in result.values + result.baselines)
    write(results, "tiny", tmp_path / "results.json")
    written = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["results"]
    assert [(each["what"], each["value"]) for each in written] == [
        (each.what, each.value) for each in results
    ]


async def test_variants_take_turns_and_the_order_turns_round() -> None:
    order: list[str] = []

    def variant(name: str, number: float) -> Callable[[], Awaitable[float]]:
        async def once() -> float:
            order.append(name)
            return number

        return once

    taken = await in_turns(3, {"a": variant("a", 1.0), "b": variant("b", 2.0)})
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert taken == {"a": (1.0, 1.0, 1.0), "b": (2.0, 2.0, 2.0)}


def test_the_table_says_what_was_reached() -> None:
    fast = Result(
        "b", "fast", "/s", (90.0, 95.0, 10.0), "bare", (100.0, 101.0, 20.0), Target(least_share=0.8)
    )
    slow = Result("b", "slow", "/s", (10.0,), "bare", (100.0,), Target(least_share=0.8))
    long = Result("b", "long", "", (41.0,), "bare", (30.0,), Target(most=40))
    assert (fast.ratio, fast.reached, slow.reached, long.reached) == (0.9, True, False, False)
    shown = table([fast, slow, long]).splitlines()
    assert [line.split("|")[-2].strip() for line in shown[2:]] == ["yes", "no", "no"]
