"""Details of a MIS: the newest version counts, what is gone stays gone, and each is read as it was told."""

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
    Code,
    Condition,
    CoverageKind,
    Deleted,
    Detail,
    HumanName,
    Limit,
    MisRef,
    PhoneCall,
    Practitioner,
    ProcedureStatus,
)
from nextvisit.store.base.engine import Database
from nextvisit.store.people import deleted, detail_reading, details, holdings, known
from nextvisit.store.people.detail_kinds import KINDS
from nextvisit.store.people.upsert import Reach
from nextvisit.store.people.upsert import upsert_many as upsert_patients
from tests.postgres import DatabaseUrls
from tests.world.clock import NOW
from tests.world.details import DETAILS, ICD
from tests.world.records import a_patient
from tests.world.site import SOURCE

pytestmark = pytest.mark.anyio

EACH = pytest.mark.parametrize("table", list(DETAILS))


async def _tell(database: Database, *told: Detail, **how: Any) -> None:
    async with database.transaction() as tx:
        await details.upsert_many(tx, SOURCE, told, country="PL", **how)


async def _her(database: Database) -> Any:
    async with database.transaction() as tx:
        reach = Reach((MOBILE, EMAIL), "PL")
        (found,) = await upsert_patients(tx, SOURCE, [a_patient()], reach=reach)
        await details.adopt(tx, [found.id])
    return found.id


async def _rows(database: Database, table: str) -> Sequence[Any]:
    async with database.transaction() as tx:
        query = text(f"SELECT mis_version, gone FROM {table} WHERE source = :source")
        return [tuple(row) for row in await tx.connection.execute(query, {"source": SOURCE})]


def test_every_detail_has_its_table() -> None:
    assert {each.record for each in KINDS} == set(get_args(Detail))
    assert [each.table for each in KINDS] == list(DETAILS)


@EACH
async def test_of_two_versions_the_later_one_counts_in_whatever_order_they_come(
    database: Database, table: str
) -> None:
    old, new = DETAILS[table], replace(DETAILS[table], version="2", updated_at=NOW + timedelta(minutes=1))
    await _tell(database, new)
    await _tell(database, old)
    assert await _rows(database, table) == [("2", False)]
    await _tell(database, replace(old, version="3", updated_at=NOW + timedelta(minutes=2)), old)
    assert await _rows(database, table) == [("3", False)]


@EACH
async def test_what_is_gone_is_brought_back_by_no_older_version(database: Database, table: str) -> None:
    detail = replace(DETAILS[table], updated_at=NOW - timedelta(days=1))
    await _tell(database, detail)
    async with database.transaction() as tx:
        await deleted.delete(tx, SOURCE, [Deleted(detail.ref)])
    await _tell(database, replace(detail, version="0", updated_at=NOW - timedelta(days=2)))
    assert await _rows(database, table) == [("", True)]
    async with database.transaction() as tx:
        assert (await known.versions_of(tx, SOURCE, [detail.ref]))[detail.ref].number == ""
        assert await holdings.missed(tx, SOURCE, []) == ([], 0)
    await _tell(database, detail)
    assert await _rows(database, table) == [("1", False)], "the version that was deleted, seen again, is news"
    async with database.transaction() as tx:
        assert await holdings.missed(tx, SOURCE, []) == ([detail.ref], 1)


@EACH
async def test_of_what_is_gone_nothing_is_kept_but_its_name(database: Database, table: str) -> None:
    await _tell(database, DETAILS[table])
    async with database.transaction() as tx:
        await deleted.delete(tx, SOURCE, [Deleted(DETAILS[table].ref)])
    kind = next(each for each in KINDS if each.table == table)
    async with database.transaction() as tx:
        row = (await tx.connection.execute(text(f"SELECT {', '.join(kind.columns)} FROM {table}"))).one()
    assert [each for each in row if each not in (None, [])] == []


async def test_what_waits_for_a_patient_is_hers_when_she_arrives(database: Database) -> None:
    await _tell(database, *DETAILS.values())
    her = await _her(database)
    async with database.transaction() as tx:
        assert await details.counts(tx, her) == {
            "coverage": 1,
            "condition": 1,
            "procedure": 1,
            "result_ready": 1,
            "payment": 1,
        }
        assert (await details.counts_by_source(tx))[SOURCE] == dict.fromkeys(DETAILS, 1)


async def test_each_is_read_as_it_was_told(database: Database) -> None:
    her = await _her(database)
    await _tell(database, *DETAILS.values())
    async with database.transaction() as tx:
        (practitioner,) = await detail_reading.practitioners(tx, SOURCE)
        assert (practitioner.name, practitioner.specialties) == ("Jan Czyżyk", ("cardiology",))
        assert "Czy" not in repr(practitioner)
        (location,) = await detail_reading.locations(tx, SOURCE)
        assert location.address == ("Lipowa 1", "00-316 Warszawa", "PL")
        (service,) = await detail_reading.services(tx, SOURCE)
        assert (service.service_type, service.specialty) == ("echocardiogram", "cardiology")
        (coverage,) = await detail_reading.coverages(tx, her)
        assert (coverage.kind, coverage.plan) == (CoverageKind.PRIVATE, "GOLD")
        assert coverage.limit == Limit(Decimal("350.50"), "PLN")
        (condition,) = await detail_reading.conditions(tx, her)
        assert (condition.codes, condition.day) == ((Code("I50.1", ICD),), date(2024, 3, 1))
        (procedure,) = await detail_reading.procedures(tx, her)
        assert procedure.codes == (Code("88.72"), Code("89.52", "urn:icd9"))
        assert (procedure.status, procedure.visit) == (ProcedureStatus.COMPLETED, "Appointment/1")
        assert [each.at for each in await detail_reading.results_ready(tx, her)] == [NOW]
        (payment,) = await detail_reading.payments(tx, her)
        assert (payment.amount, payment.currency) == (Decimal("-12.30"), "PLN")
        (call,) = await detail_reading.calls(tx, her)
        assert (call.answered, call.line) == (False, "reception")
        (freed,) = await detail_reading.slots_freed(tx, SOURCE, NOW)
        assert (freed.ref, freed.start) == ("Slot/1", NOW + timedelta(days=2))
        assert await detail_reading.slots_freed(tx, SOURCE, datetime.now(UTC) + timedelta(days=9999)) == ()


async def test_a_date_that_is_none_costs_itself(database: Database) -> None:
    her = await _her(database)
    detail = DETAILS["condition"]
    assert isinstance(detail, Condition)
    await _tell(database, replace(detail, on="2026-13-45"))
    async with database.transaction() as tx:
        assert [each.day for each in await detail_reading.conditions(tx, her)] == [None]


async def test_no_number_of_a_caller_and_no_name_of_a_practitioner_is_in_the_clear(
    database: Database, database_urls: DatabaseUrls
) -> None:
    await _tell(
        database,
        PhoneCall(MisRef("PhoneCall/9"), "1", NOW, answered=False, caller="+48601100777", at=NOW),
        Practitioner(MisRef("Practitioner/9"), "1", NOW, name=HumanName(family="CANARYNAME")),
    )
    with psycopg.connect(database_urls.superuser) as connection:
        said = "".join(
            str(row) for table in DETAILS for row in connection.execute(f"SELECT t.*, t::text FROM {table} t")
        )
    words = [each for plain in ("601100777", "CANARYNAME") for each in (plain, plain.encode().hex())]
    assert [each for each in words if each in said] == []
