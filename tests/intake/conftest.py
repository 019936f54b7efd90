"""Fixtures of the intake."""

from __future__ import annotations

import pytest

from nextvisit.store.base.engine import Database
from tests.world.clinic import Clinic


@pytest.fixture
async def clinic(database: Database) -> Clinic:
    """A clinic whose campaign runs."""
    made = Clinic(database)
    await made.open()
    return made
