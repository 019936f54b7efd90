"""Patients: what a page changes, how they are found, who they are, and that nobody can read it on disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from nextvisit.sdk.addresses import EMAIL, MOBILE
from nextvisit.sdk.errors import Bug, Rejected
from nextvisit.sdk.records import (
    Address,
    AppointmentStatus,
    ContactPoint,
    HumanName,
    Identifier,
    MisRef,
    Patient,
    Specialty,
)
from nextvisit.store.base.engine import Database
from nextvisit.store.people import appointments, patients
from nextvisit.store.people.patients import PatientId, UpsertedPatient
from tests.postgres import DatabaseUrls, Server
from tests.world.clock import NOW, later
from tests.world.records import a_patient, a_visit
from tests.world.site import REACH, SOURCE
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio


async def _upsert(database: Database, *records: Patient) -> list[UpsertedPatient]:
    async with database.transaction() as tx:
        return list(await patients.upsert_many(tx, SOURCE, records, reach=REACH))


async def _one(database: Database, record: Patient) -> UpsertedPatient:
    (result,) = await _upsert(database, record)
    return result


async def test_a_page_of_new_patients_is_new_and_readable(database: Database) -> None:
    results = await _upsert(database, *(a_patient(number) for number in range(1, 51)))
    assert all(result.changes == {"new"} for result in results)
    assert len({result.id for result in results}) == 50
    async with database.transaction() as tx:
        who = await patients.identity(tx, results[6].id, why="test")
    assert who.ref == "Patient/7"
    assert (who.name, who.given_name) == ("Anna Maria Kanarek", "Anna")
    assert [(each.value, each.reachable) for each in who.destinations(MOBILE, "PL", NOW)] == [
        ("+48601100007", True),
        ("+48225551007", False),
    ]
    assert [each.value for each in who.destinations(EMAIL, "PL", NOW)] == ["anna.kanarek7@example.org"]
    assert who.identifiers == (Identifier("urn:mrn", "MRN 007"),)
    assert "Kanarek" not in repr(who)


async def test_a_contact_point_counts_while_its_period_lasts(database: Database) -> None:
    """Judged on the day of the message: the record need not change for a number to be over."""
    points = (
        ContactPoint("phone", "601 100 001", ends=later(24)),
        ContactPoint("phone", "601 100 002", starts=later(24)),
        ContactPoint("phone", "601 100 003", ends=NOW),
    )
    result = await _one(database, a_patient(contact_points=points))
    async with database.transaction() as tx:
        who = await patients.identity(tx, result.id, why="test")
        found = [
            await patients.find_by_address(tx, MOBILE.space, f"+4860110000{number}") for number in (1, 2, 3)
        ]
    assert [each.value for each in who.destinations(MOBILE, "PL", NOW)] == ["+48601100001"]
    assert [each.value for each in who.destinations(MOBILE, "PL", later(24))] == ["+48601100002"]
    assert [list(each) for each in found] == [[result.id], [result.id], []]


async def test_an_address_comes_back_as_it_was(database: Database) -> None:
    address = Address(("ul. Długa 1", "m. 2"), "Kraków", "31-147", "PL")
    result = await _one(database, a_patient(address=address))
    async with database.transaction() as tx:
        assert (await patients.identity(tx, result.id, why="test")).address == address


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"deceased": True}, "deceased"),
        ({"replaced_by": MisRef("Patient/2")}, "merged"),
        ({"active": False}, "inactive"),
        ({"contact_points": (ContactPoint("phone", "601 100 999"),)}, "contact"),
        ({"languages": ("uk",)}, "language"),
    ],
)
async def test_a_newer_record_says_what_it_changed(
    database: Database, fields: dict[str, Any], change: str
) -> None:
    first = await _one(database, a_patient())
    second = await _one(database, a_patient(version="2", updated_at=later(1), **fields))
    assert second.id == first.id
    assert second.changes == {change}
    again = await _one(database, a_patient(version="3", updated_at=later(2), **fields))
    assert again.changes == frozenset()


async def test_older_and_repeated_records_change_nothing(database: Database) -> None:
    await _one(database, a_patient(version="2", updated_at=later(1)))
    assert (await _one(database, a_patient(languages=("uk",)))).changes == frozenset()
    assert (await _one(database, a_patient(version="2", updated_at=later(1)))).changes == frozenset()
    async with database.transaction() as tx:
        found = await patients.by_ref(tx, SOURCE, MisRef("Patient/1"))
        assert found is not None
        assert (await patients.facts(tx, found)).language == "pl"


async def test_of_one_page_the_newest_record_counts(database: Database) -> None:
    newer = a_patient(version="2", updated_at=later(1), languages=("uk",))
    (result,) = await _upsert(database, newer, a_patient())
    async with database.transaction() as tx:
        assert (await patients.facts(tx, result.id)).language == "uk"


async def test_death_is_latched(database: Database) -> None:
    result = await _one(database, a_patient(deceased=True))
    await _one(database, a_patient(version="2", updated_at=later(1), deceased=False))
    async with database.transaction() as tx:
        assert (await patients.facts(tx, result.id)).deceased


async def test_patients_are_found_by_contact_identifier_and_reference(database: Database) -> None:
    sharing = (*a_patient(2).contact_points, ContactPoint("phone", "22 555 1001"))
    first, second = await _upsert(database, a_patient(1), a_patient(2, contact_points=sharing))
    async with database.transaction() as tx:
        assert await patients.find_by_address(tx, MOBILE.space, "+48601100001") == (first.id,)
        assert set(await patients.find_by_address(tx, MOBILE.space, "+48225551001")) == {first.id, second.id}
        assert await patients.find_by_address(tx, EMAIL.space, "anna.kanarek2@example.org") == (second.id,)
        assert await patients.find_by_address(tx, EMAIL.space, "+48601100001") == ()
        assert await patients.find_by_identifier(tx, "urn:mrn", "mrn001") == (first.id,)
        assert await patients.find_by_identifier(tx, "urn:other", "mrn001") == ()
        assert await patients.by_ref(tx, SOURCE, MisRef("Patient/2")) == second.id
        assert await patients.by_ref(tx, "other", MisRef("Patient/2")) is None


async def test_a_given_up_number_no_longer_leads_to_the_patient(database: Database) -> None:
    result = await _one(database, a_patient())
    await _one(
        database,
        a_patient(version="2", updated_at=later(1), contact_points=(ContactPoint("phone", "601 100 999"),)),
    )
    async with database.transaction() as tx:
        assert await patients.find_by_address(tx, MOBILE.space, "+48601100001") == ()
        assert await patients.find_by_address(tx, MOBILE.space, "+48601100999") == (result.id,)
        assert await patients.find_by_identifier(tx, "urn:mrn", "MRN 001") == (result.id,)
        assert (await patients.facts(tx, result.id)).contacts == {"phone"}


async def test_facts_hold_what_a_segment_asks(database: Database) -> None:
    result = await _one(database, a_patient())
    async with database.transaction() as tx:
        visit = a_visit(status=AppointmentStatus.FULFILLED, specialty=Specialty("cardiology"))
        await appointments.upsert_many(tx, SOURCE, [visit, a_visit(2, start=None)])
        known = await patients.facts(tx, result.id)
    assert known.birth_date == date(1980, 2, 29)
    assert (known.sex, known.active, known.deceased, known.language) == ("female", True, False, "pl")
    assert known.contacts == {"phone", "email"}
    assert [(visit.status, visit.start, visit.specialty) for visit in known.visits] == [
        (AppointmentStatus.FULFILLED, later(7), "cardiology")
    ]


async def test_reading_an_identity_is_evidence(database: Database) -> None:
    result = await _one(database, a_patient())
    async with database.transaction(actor="staff:7") as tx:
        await patients.identity(tx, result.id, why="call_list")
    async with database.transaction() as tx:
        rows = (
            await tx.connection.execute(
                text("SELECT actor, action, object_id, body FROM audit_event WHERE object_type <> 'key'")
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("staff:7", "patient.read", str(result.id), '{"why":"call_list"}')
    ]


async def test_an_erased_patient_stays_erased(database: Database) -> None:
    result = await _one(database, a_patient())
    async with database.transaction() as tx:
        await tx.connection.execute(
            text("SELECT patient_erase(:id, 'test', 'request', now())"), {"id": result.id}
        )
    again = await _one(database, a_patient(version="2", updated_at=later(1), languages=("uk",)))
    assert again == UpsertedPatient(result.id, frozenset())
    async with database.transaction() as tx:
        assert not (await patients.facts(tx, result.id)).active
        with pytest.raises(Rejected):
            await patients.identity(tx, result.id, why="test")
        with pytest.raises(Rejected):
            await patients.patient_key(tx, result.id)


async def test_an_identity_moved_to_another_patient_does_not_open(database: Database) -> None:
    first, second = await _upsert(database, a_patient(1), a_patient(2))
    async with database.transaction() as tx:
        await tx.connection.execute(
            text(
                "UPDATE patient_identity SET sealed_identity ="
                " (SELECT sealed_identity FROM patient_identity WHERE patient_id = :a) WHERE patient_id = :b"
            ),
            {"a": first.id, "b": second.id},
        )
    with pytest.raises(Bug, match=r"seal\.broken"):
        async with database.transaction() as tx:
            await patients.identity(tx, second.id, why="test")


async def test_a_stranger_is_rejected(database: Database) -> None:
    nobody = PatientId(UUID(int=7))
    async with database.transaction() as tx:
        with pytest.raises(Rejected):
            await patients.facts(tx, nobody)
        with pytest.raises(Rejected):
            await patients.addressee(tx, nobody, why="test")


async def test_what_the_gate_must_know_follows_the_record(database: Database) -> None:
    result = await _one(database, a_patient(replaced_by=MisRef("Patient/2"), active=False))
    async with database.transaction() as tx:
        known = (await patients.addressee(tx, result.id, why="test")).record
    assert (known.source, known.merged, known.active, known.erased) == (SOURCE, True, False, False)


async def test_of_somebody_erased_nothing_is_left_to_write_to(
    database: Database, database_urls: DatabaseUrls
) -> None:
    result = await _one(database, a_patient())
    tamper(
        database_urls,
        "patient",
        "DELETE FROM patient_identity WHERE patient_id = %(id)s",
        "UPDATE patient SET dek = NULL, erased_at = now() WHERE id = %(id)s",
        id=result.id,
    )
    async with database.transaction() as tx:
        left = await patients.addressee(tx, result.id, why="test")
    assert left.record.erased
    assert (left.identity, left.key) == (None, None)


CANARIES = ("CANARYNAME", "601100777", "canarymail", "CANARYMRN", "CANARYSTREET", "Patient/777")


async def test_no_identity_is_readable_on_disk(
    database: Database, database_urls: DatabaseUrls, postgres: Server
) -> None:
    canary = replace(
        a_patient(777),
        name=HumanName(family="CANARYNAME"),
        contact_points=(ContactPoint("phone", "601100777"), ContactPoint("email", "canarymail@example.org")),
        identifiers=(Identifier("urn:mrn", "CANARYMRN"),),
        address=Address(("CANARYSTREET 1",)),
    )
    await _one(database, canary)
    await _one(database, replace(canary, version="2", updated_at=later(1), birth_date="1981"))
    async with database.transaction() as tx:
        await tx.connection.execute(
            text("INSERT INTO mis_connection (source, pages, resources) VALUES ('VISIBLE-MARK', 0, 0)")
        )
        assert await patients.find_by_address(tx, EMAIL.space, "canarymail@example.org")
    with psycopg.connect(database_urls.superuser, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    files = [path for path in (postgres.folder / "data").rglob("*") if path.is_file()]
    files.append(postgres.folder / "postgres.log")
    assert _files_with(files, b"VISIBLE-MARK")
    for word in CANARIES:
        assert not _files_with(files, word.encode()), word


def _files_with(files: list[Path], word: bytes) -> list[Path]:
    found = []
    for path in files:
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # the server removes temporary files meanwhile
            continue
        if word in content:
            found.append(path)
    return found
