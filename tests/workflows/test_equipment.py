"""What activities are given, and what it keeps of what they ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from nextvisit.domain.connections import Connections
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.sdk.records import SlotQuery, Specialty
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.reading import mis
from nextvisit_workflows.activities.equipment import Equipment
from tests.world.clock import NOW, SetClock
from tests.world.records import a_slot
from tests.world.site import SITE, SOURCE

pytestmark = pytest.mark.anyio


class _Sieve(FakeMis):
    """A calendar of which two times cannot be read."""

    def left_out(self) -> Mapping[str, int]:
        return {"slot.no_length": 2}


async def test_free_times_that_cannot_be_read_are_counted(database: Database, clock: SetClock) -> None:
    calendar = _Sieve()
    calendar.add_slot(a_slot())
    equipment = Equipment(
        database, {}, Connections(()), {SOURCE: calendar}, SOURCE, SITE, clock, DEFAULT_POLICY
    )
    found = await equipment.free_slots(SlotQuery(Specialty("cardiology"), NOW, NOW + timedelta(days=9)))
    async with database.transaction() as tx:
        counted = [(each.source, each.code, each.total) for each in await mis.oddities(tx)]
    assert (len(found), counted) == (1, [(SOURCE, "slot.no_length", 2)])
