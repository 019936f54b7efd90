"""Fixtures of the intake's tests."""

from __future__ import annotations

import pytest

from nextvisit.store.base.engine import Database
from tests.intake.told import ToldMis
from tests.world.clinic import Clinic


@pytest.fixture
async def told_clinic(database: Database) -> Clinic:
    """A clinic whose campaign runs, and whose MIS is a `ToldMis`."""
    made = Clinic(database, mis=ToldMis())
    await made.open()
    return made
