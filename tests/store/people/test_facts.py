"""Facts of a MIS: the newest version counts, what is gone stays gone, and each is read as it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import psycopg
import pytest
from sqlalchemy import text

from nextvisit.sdk.addresses import EMAIL, MOBILE
from nextvisit.sdk.records import (
    Call,
    Code,
    Condition,
    CoverageKind,
    Deleted,
    Fact,
    HumanName,
    Limit,
    MisRef,
    Practitioner,
    ProcedureStatus,
)
from nextvisit.store.base.engine import Database
from nextvisit.store.people import deleted, fact_reading, facts, holdings, known
from nextvisit.store.people.fact_kinds import KINDS
from nextvisit.store.people.upsert import Reach
from nextvisit.store.people.upsert import upsert_many as upsert_patients
from tests.postgres import DatabaseUrls
from tests.world.clock import NOW
from tests.world.facts import FACTS, ICD
from tests.world.records import a_patient
from tests.world.site import SOURCE

pytestmark = pytest.mark.anyio

EACH = pytest.mark.parametrize("table", list(FACTS))


async def _tell(database: Database, *told: Fact, **how: Any) -> None:
    async with database.transaction() as tx:
        await facts.upsert_many(tx, SOURCE, told, country="PL", **how)


async def _her(database: Database) -> Any:
    async with database.transaction() as tx:
        reach = Reach((MOBILE, EMAIL), "PL")
        (found,) = await upsert_patients(tx, SOURCE, [a_patient()], reach=reach)
        await facts.adopt(tx, [found.id])
    return found.id


async def _rows(database: Database, table: str) -> Sequence[Any]:
    async with database.transaction() as tx:
        query = text(f"SELECT mis_version, gone FROM {table} WHERE source = :source")
        return [tuple(row) for row in await tx.connection.execute(query, {"source": SOURCE})]


def test_every_fact_has_its_table() -> None:
    assert {each.record for each in KINDS} == set(get_args(Fact))
    assert [each.table for each in KINDS] == list(FACTS)


@EACH
async def test_of_two_versions_the_later_one_counts_in_whatever_order_they_come(
    database: Database, table: str
) -> None:
    old, new = FACTS[table], replace(FACTS[table], version="2", updated_at=NOW + timedelta(minutes=1))
    await _tell(database, new)
    await _tell(database, old)
    assert await _rows(database, table) == [("2", False)]
    await _tell(database, replace(old, version="3", updated_at=NOW + timedelta(minutes=2)), old)
    assert await _rows(database, table) == [("3", False)]


@EACH
async def test_what_is_gone_is_brought_back_by_no_older_version(database: Database, table: str) -> None:
    fact = replace(FACTS[table], updated_at=NOW - timedelta(days=1))
    await _tell(database, fact)
    async with database.transaction() as tx:
        await deleted.delete(tx, SOURCE, [Deleted(fact.ref)])
    await _tell(database, replace(fact, version="0", updated_at=NOW - timedelta(days=2)))
    assert await _rows(database, table) == [("", True)]
    async with database.transaction() as tx:
        assert (await known.versions_of(tx, SOURCE, [fact.ref]))[fact.ref].number == ""
        assert await holdings.missed(tx, SOURCE, []) == ([], 0)
    await _tell(database, fact)
    assert await _rows(database, table) == [("1", False)], "the version that was deleted, seen again, is news"
    async with database.transaction() as tx:
        assert await holdings.missed(tx, SOURCE, []) == ([fact.ref], 1)


@EACH
async def test_of_what_is_gone_nothing_is_kept_but_its_name(database: Database, table: str) -> None:
    await _tell(database, FACTS[table])
    async with database.transaction() as tx:
        await deleted.delete(tx, SOURCE, [Deleted(FACTS[table].ref)])
    kind = next(each for each in KINDS if each.table == table)
    async with database.transaction() as tx:
        row = (await tx.connection.execute(text(f"SELECT {', '.join(kind.columns)} FROM {table}"))).one()
    assert [each for each in row if each not in (None, [])] == []


async def test_what_waits_for_a_patient_is_hers_when_she_arrives(database: Database) -> None:
    await _tell(database, *FACTS.values())
    her = await _her(database)
    async with database.transaction() as tx:
        assert await facts.counts(tx, her) == {
            "coverage": 1,
            "condition": 1,
            "procedure": 1,
            "result_ready": 1,
            "payment": 1,
        }
        assert (await facts.counts_by_source(tx))[SOURCE] == dict.fromkeys(FACTS, 1)


async def test_each_is_read_as_it_was_told(database: Database) -> None:
    her = await _her(database)
    await _tell(database, *FACTS.values())
    async with database.transaction() as tx:
        (practitioner,) = await fact_reading.practitioners(tx, SOURCE)
        assert (practitioner.name, practitioner.specialties) == ("Jan Czyżyk", ("cardiology",))
        assert "Czy" not in repr(practitioner)
        (location,) = await fact_reading.locations(tx, SOURCE)
        assert location.address == ("Lipowa 1", "00-316 Warszawa", "PL")
        (service,) = await fact_reading.services(tx, SOURCE)
        assert (service.service_type, service.specialty) == ("echocardiogram", "cardiology")
        (coverage,) = await fact_reading.coverages(tx, her)
        assert (coverage.kind, coverage.plan) == (CoverageKind.PRIVATE, "GOLD")
        assert coverage.limit == Limit(Decimal("350.50"), "PLN")
        (condition,) = await fact_reading.conditions(tx, her)
        assert (condition.codes, condition.day) == ((Code("I50.1", ICD),), date(2024, 3, 1))
        (procedure,) = await fact_reading.procedures(tx, her)
        assert procedure.codes == (Code("88.72"), Code("89.52", "urn:icd9"))
        assert (procedure.status, procedure.visit) == (ProcedureStatus.COMPLETED, "Appointment/1")
        assert [each.at for each in await fact_reading.results_ready(tx, her)] == [NOW]
        (payment,) = await fact_reading.payments(tx, her)
        assert (payment.amount, payment.currency) == (Decimal("-12.30"), "PLN")
        (call,) = await fact_reading.calls(tx, her)
        assert (call.answered, call.line) == (False, "reception")
        (freed,) = await fact_reading.slots_freed(tx, SOURCE, NOW)
        assert (freed.ref, freed.start) == ("Slot/1", NOW + timedelta(days=2))
        assert await fact_reading.slots_freed(tx, SOURCE, datetime.now(UTC) + timedelta(days=9999)) == ()


async def test_a_date_that_is_none_costs_itself(database: Database) -> None:
    her = await _her(database)
    fact = FACTS["condition"]
    assert isinstance(fact, Condition)
    await _tell(database, replace(fact, on="2026-13-45"))
    async with database.transaction() as tx:
        assert [each.day for each in await fact_reading.conditions(tx, her)] == [None]


async def test_no_number_of_a_caller_and_no_name_of_a_practitioner_is_in_the_clear(
    database: Database, database_urls: DatabaseUrls
) -> None:
    await _tell(
        database,
        Call(MisRef("Call/9"), "1", NOW, answered=False, caller="+48601100777", at=NOW),
        Practitioner(MisRef("Practitioner/9"), "1", NOW, name=HumanName(family="CANARYNAME")),
    )
    with psycopg.connect(database_urls.superuser) as connection:
        said = "".join(
            str(row) for table in FACTS for row in connection.execute(f"SELECT t.*, t::text FROM {table} t")
        )
    words = [each for plain in ("601100777", "CANARYNAME") for each in (plain, plain.encode().hex())]
    assert [each for each in words if each in said] == []
