"""Fixtures for every test."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

_DEMOS = Path(__file__).parent / "demo"

pytest_plugins = ["tests.postgres", "tests.world.clinic"]

# No test depends on the speed of the machine.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One kind of async test: asyncio through anyio's plugin."""
    return "asyncio"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole demos first: they take minutes, and what is begun last decides when everything has ended."""
    items.sort(key=lambda item: not item.path.is_relative_to(_DEMOS))
