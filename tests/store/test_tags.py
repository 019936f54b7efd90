"""Labels stay where they were put, once, and a segment finds them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Select, select, text

from nextvisit.sdk.records import MisRef, Patient
from nextvisit.segments.facts import Tag
from nextvisit.segments.model import Tagged
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.tables import PatientRow, table_of
from nextvisit.store.people import patients, tags
from nextvisit.store.people.patients import PatientId
from nextvisit.store.people.segments_sql import to_sql
from tests.world.clock import later
from tests.world.records import a_patient
from tests.world.rows import a_journey
from tests.world.site import REACH, SOURCE

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


@pytest.mark.parametrize("arrives", [(1, 2, 3), (3, 2, 1)])
async def test_labels_follow_a_record_to_what_replaced_it(
    database: Database, arrives: tuple[int, ...]
) -> None:
    """Else whoever was excluded is picked under their other record; also when that comes after the merge."""
    await _take_in(database, a_patient(1))
    async with database.transaction() as tx:
        first = await _known(tx, 1)
        await tags.put(tx, first, "vip")
    for number in arrives:
        replaced = MisRef(f"Patient/{number + 1}") if number < 3 else None
        await _take_in(database, a_patient(number, version="2", updated_at=later(1), replaced_by=replaced))
    async with database.transaction() as tx:
        await tags.put(tx, first, "late")  # by a journey that had not heard of the merge
        for number in (2, 3):
            assert {each.label for each in await tags.of_patient(tx, await _known(tx, number))} == {
                "vip",
                "late",
            }


async def test_a_merge_in_a_circle_ends_and_a_journeys_labels_stay(database: Database) -> None:
    head = await a_journey(database)
    for number in (1, 2):
        await _take_in(database, a_patient(number))
    async with database.transaction() as tx:
        one = await _known(tx, 1)
        await tags.put(tx, one, "vip")
        await tags.put_on_journey(tx, one, head.id, head.campaign, "late")
    for number, other in ((1, 2), (2, 1)):
        newer = {"version": "2", "updated_at": later(1), "replaced_by": MisRef(f"Patient/{other}")}
        await _take_in(database, a_patient(number, **newer))
    async with database.transaction() as tx:
        assert await tags.of_patient(tx, await _known(tx, 2)) == [Tag("vip")]


async def _take_in(database: Database, patient: Patient) -> None:
    async with database.transaction() as tx:
        await patients.upsert_many(tx, SOURCE, [patient], reach=REACH)


async def _known(tx: Tx, number: int) -> PatientId:
    found = await patients.by_ref(tx, SOURCE, MisRef(f"Patient/{number}"))
    assert found is not None
    return found


def _whom(predicate: Tagged) -> Select[tuple[UUID]]:
    return select(table_of(PatientRow).c.id).where(to_sql(predicate, NOW, ZoneInfo("Europe/Warsaw")))
