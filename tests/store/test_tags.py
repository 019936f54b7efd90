"""Labels stay where they were put, once, and a segment finds them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from nextvisit.segments.facts import Tag
from nextvisit.segments.model import Tagged
from nextvisit.store.base.engine import Database
from nextvisit.store.base.tables import PatientRow, table_of
from nextvisit.store.people import patients, tags
from nextvisit.store.people.segments_sql import to_sql
from tests.world.rows import a_journey

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)


async def test_a_label_is_put_once_and_found(database: Database) -> None:
    head = await a_journey(database)
    for _ in range(2):
        async with database.transaction() as tx:
            await tags.put(tx, head.patient_id, "vip")
            await tags.put_on_journey(tx, head.patient_id, head.id, head.campaign, "late")
    async with database.transaction() as tx:
        facts = await patients.facts(tx, head.patient_id)
        assert facts.tags == {Tag("vip"), Tag("late", head.campaign)}
        asked = [Tagged("vip"), Tagged("late"), Tagged("late", head.campaign)]
        found = [
            head.patient_id in set((await tx.connection.execute(_whom(predicate))).scalars())
            for predicate in asked
        ]
        told = await tx.connection.scalar(text("SELECT count(*) FROM audit_event WHERE action = 'tag.put'"))
    assert found == [True, False, True]
    assert told == 2


def _whom(predicate: Tagged) -> object:
    return select(table_of(PatientRow).c.id).where(to_sql(predicate, NOW, ZoneInfo("Europe/Warsaw")))
