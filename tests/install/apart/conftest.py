"""What each of these tests begins with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from nextvisit.calls.apart import keeper
from tests.install.apart.plugins import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Whose processes are begun anew at once, and ended with the test."""
    monkeypatch.setattr(keeper, "FIRST_PAUSE", timedelta(milliseconds=10))
    begun: list[keeper.Keeper] = []
    begin = keeper.Keeper.begin

    def noted(self: keeper.Keeper) -> object:
        begun.append(self)
        return begin(self)

    monkeypatch.setattr(keeper.Keeper, "begin", noted)
    yield Site(tmp_path)
    for each in begun:
        each.end()
