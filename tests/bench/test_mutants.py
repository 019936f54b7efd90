"""What is mutated, and what must notice, is where `make mutate` looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.mutants import ROOMS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_each_room_is_there_and_so_are_its_tests(room: str) -> None:
    missing = [pattern for pattern in ROOMS[room].mutated if not list((ROOT / "core").glob(pattern))]
    missing += [path for path in ROOMS[room].tests if not (ROOT / path).exists()]
    assert missing == []
