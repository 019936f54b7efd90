"""A MIS that is not read is seen: never read, failing, or standing still without any fault."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.store.base.engine import Database
from nextvisit.store.base.tables import HoldRow, table_of
from nextvisit.store.reading import mis
from nextvisit.watch import reading
from nextvisit.watch.finding import Finding, Grade
from tests.postgres import DatabaseUrls, opened_before
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock, later
from tests.world.rows import add_patients, digest_of
from tests.world.site import SOURCE

pytestmark = pytest.mark.anyio

QUARTER = timedelta(minutes=15)


async def _found(database: Database) -> Finding:
    return (await reading.moving(database, "his", QUARTER))[0]


async def _read(database: Database, ahead: datetime | None = None) -> None:
    async with database.transaction() as tx:
        page = RawBatch(b"", Cursor("1"), 3, newest=NOW, ahead=ahead)
        await mis.advance(tx, "his", page)


@pytest.mark.parametrize(
    ("age", "every", "grade"),
    [
        (timedelta(minutes=50), QUARTER, Grade.INFORMS),
        (timedelta(minutes=70), QUARTER, Grade.WRONG),
        (timedelta(hours=23), timedelta(hours=6), Grade.INFORMS),
        (timedelta(hours=25), timedelta(hours=6), Grade.WRONG),
    ],
)
async def test_a_connection_that_was_never_read_is_wrong_unless_everything_is_new(
    age: timedelta, every: timedelta, grade: Grade, database: Database, database_urls: DatabaseUrls
) -> None:
    opened_before(database_urls, age)
    (found,) = await reading.moving(database, "his", every)
    assert found.grade is grade
    assert ("mis sync his" in found.do) is (grade is Grade.WRONG)


async def test_a_new_installation_whose_first_pull_failed_is_wrong_at_once(database: Database) -> None:
    async with database.transaction() as tx:
        await mis.fault(tx, "his", "fhir.not_json")
    assert (await _found(database)).says == "the last pull failed: fhir.not_json"


async def test_a_mis_that_answers_and_has_nothing_is_read(
    database: Database, database_urls: DatabaseUrls
) -> None:
    opened_before(database_urls, timedelta(days=1))
    async with database.transaction() as tx:
        await mis.answered(tx, "his")
    assert await _found(database) == Finding(Grade.OK, "0 pages, 0 things", since=NOW)


@pytest.mark.parametrize(("days", "grade"), [(6, Grade.OK), (8, Grade.WRONG)])
async def test_a_mis_that_answers_and_has_nothing_new_for_long_is_seen(
    days: int, grade: Grade, database: Database, clock: SetClock
) -> None:
    await _read(database)
    clock.move(timedelta(days=days))
    async with database.transaction() as tx:
        await mis.answered(tx, "his")
    found = await _found(database)
    assert (found.grade, found.since) == (grade, NOW if grade is Grade.WRONG else later(days))


async def test_while_the_first_pull_is_at_the_records_of_earlier_years_nothing_stands_still(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await mis.advance(tx, "his", RawBatch(b"", Cursor("1"), 3, newest=later(-3000)))
    assert (await _found(database)).grade is Grade.OK


async def test_a_connection_that_is_read_is_fine(database: Database) -> None:
    await _read(database)
    assert await _found(database) == Finding(Grade.OK, "1 pages, 3 things", since=NOW)


async def test_a_pull_that_failed_names_its_code_and_since_when_nothing_came(
    database: Database, clock: SetClock
) -> None:
    await _read(database)
    clock.move(timedelta(minutes=20))
    async with database.transaction() as tx:
        await mis.fault(tx, "his", "fhir.not_json")
    found = await _found(database)
    assert (found.grade, found.says, found.since) == (
        Grade.WRONG, "the last pull failed: fhir.not_json", NOW,
    )  # fmt: skip


async def test_a_reading_that_stands_still_without_a_fault_is_wrong(
    database: Database, clock: SetClock
) -> None:
    await _read(database)
    clock.move(timedelta(hours=3))
    found = await _found(database)
    assert (found.grade, found.since) == (Grade.WRONG, NOW)
    assert found.says == "was last read 3 hours ago, though it is pulled every 15 minutes"


async def test_changes_that_are_dated_in_the_future_are_told_until_they_are_not(
    database: Database, clock: SetClock
) -> None:
    await _read(database, NOW + timedelta(minutes=50))
    found = await _found(database)
    assert found.grade is Grade.WRONG
    assert found.says.endswith("the newest at 2026-03-02 09:50 UTC")
    clock.move(timedelta(minutes=55))
    assert (await _found(database)).grade is Grade.OK


@pytest.mark.parametrize(("lost", "grade"), [(True, Grade.WRONG), (False, Grade.INFORMS)])
async def test_what_the_comparison_found_is_told(database: Database, lost: bool, grade: Grade) -> None:
    await _read(database)
    async with database.transaction() as tx:
        await mis.compared(tx, "his", differing=3, gone=1, lost=lost)
    assert (await _found(database)).grade is grade


async def test_whom_nobody_can_read_and_what_was_left_out_is_told(clinic: Clinic) -> None:
    assert [each.grade for each in await reading.understood(clinic.db, SOURCE)] == [Grade.OK]
    async with clinic.db.transaction() as tx:
        await mis.count_oddities(tx, SOURCE, {"birth_date.malformed": 7})
    (odd,) = await reading.understood(clinic.db, SOURCE)
    assert odd.grade is Grade.INFORMS
    assert odd.says == "left out since yesterday: birth_date.malformed 7"
    async with clinic.db.transaction() as tx:
        hold = table_of(HoldRow)
        await add_patients(tx, 1)
        row = {"source": SOURCE, "ref_digest": b"r", "sealed_ref": b"s", "patient_digest": digest_of(0)}
        await tx.connection.execute(insert(hold).values(**row, reason="flag", mis_version="2", since=NOW))
    held, _ = await reading.understood(clinic.db, SOURCE)
    assert (held.grade, held.since, held.touches) == (Grade.WRONG, NOW, "1 patients")


async def test_codes_that_nobody_mapped_are_told_with_the_code_and_are_no_rise(database: Database) -> None:
    async with database.transaction() as tx:
        await mis.advance(tx, "his", RawBatch(b"", Cursor("1"), 3))
        await mis.count_oddities(tx, "his", {"specialty.unknown his|KARD": 90, "service.unknown E1": 3})
    found, _ = [*await reading.understood(database, "his"), None]
    assert found is not None
    assert found.grade is Grade.INFORMS
    assert found.says == ("codes that nobody has mapped: specialty.unknown his|KARD 90, service.unknown E1 3")


@pytest.mark.parametrize(
    ("before", "since", "grade"),
    [
        (15, 20, Grade.WRONG),
        (0, 20, Grade.WRONG),  # of a new kind
        (15, 15, Grade.INFORMS),
        (0, 19, Grade.INFORMS),  # so few may be anything
        (4000, 900, Grade.INFORMS),
    ],
)
async def test_what_is_left_out_more_than_in_all_the_time_before_needs_a_person(
    before: int, since: int, grade: Grade, database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        await mis.advance(tx, "his", RawBatch(b"", Cursor("1"), 3))
        await mis.count_oddities(tx, "his", {"birth_date.malformed": before} if before else {})
    clock.move(timedelta(days=4))
    async with database.transaction() as tx:
        await mis.count_oddities(tx, "his", {"birth_date.malformed": since})
    (found,) = await reading.understood(database, "his")
    assert found.grade is grade
    assert found.says.endswith(f": birth_date.malformed {since}")


async def test_what_the_first_pull_leaves_out_of_all_the_years_is_no_rise(database: Database) -> None:
    async with database.transaction() as tx:
        await mis.advance(tx, "his", RawBatch(b"", Cursor("1"), 3))
        await mis.count_oddities(tx, "his", {"birth_date.malformed": 4000})
    assert [each.grade for each in await reading.understood(database, "his")] == [Grade.INFORMS]
