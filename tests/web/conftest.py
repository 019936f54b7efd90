"""Fixtures of the HTTP side."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.world.clinic import Clinic
from tests.world.web import Web, a_web


@pytest.fixture
async def web(clinic: Clinic) -> AsyncIterator[Web]:
    """The application, with a journey that waits for an answer."""
    async with a_web(clinic) as made:
        yield made
