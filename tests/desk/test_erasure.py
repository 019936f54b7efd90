"""A person taken out: after a whole life here nothing names them, and no backup brings them back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text

from nextvisit.clock import SystemClock
from nextvisit.desk import erasure, suppressions
from nextvisit.desk.erasure import Erased
from nextvisit.desk.suppressions import Asked, Whom
from nextvisit.flow.engine.events import PatientGone
from nextvisit.install import erased_list
from nextvisit.install.erased_list import ErasedList
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.errors import ConfigError, Rejected
from nextvisit.sdk.records import ContactPoint, HumanName, MisRef, Payment, RelatedPerson, Unreadable
from nextvisit.store.base.engine import Database
from nextvisit.store.people import detail_reading, patients
from nextvisit.store.people.identity import PatientId
from nextvisit.store.queues import inbox, inbox_bodies
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.seal import DataKey, open_sealed
from tests.intake.told import ToldMis, tell
from tests.postgres import DatabaseUrls, Server
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock
from tests.world.details import DETAILS
from tests.world.records import PHONE, a_patient, a_visit
from tests.world.site import CONNECTIONS, SOURCE

pytestmark = pytest.mark.anyio

ONE, TWO = MisRef("Patient/1"), MisRef("Patient/2")
NAME = "Wisniewska"
WORDS = "zielony parasol"
"""What the patient wrote, and what staff wrote of her; nobody else says such a thing."""
MARKS = (NAME, "601100001", "601 100001", "kanarek1@", "MRN 001", WORDS)
HERS = a_patient(1, name=HumanName(family=NAME, given=("Anna", "Maria")))


async def _a_whole_life(clinic: Clinic) -> PatientId:
    """Pages, messages, answers, notes, bans, a parked row, somebody else beside her."""
    await clinic.sync(HERS, a_patient(2), a_visit(1, 1), a_visit(2, 2), *DETAILS.values())
    patient = await clinic.patient(ONE)
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    await clinic.tell(InboundMessage(PHONE, f"a question: {WORDS}?"))
    await clinic.tell(InboundMessage("+48601100099", f"I am {NAME}, call me at {PHONE}: {WORDS}"))
    await clinic.tell(InboundMessage(PHONE, f"{WORDS} duszę się"), InboundMessage("+48601100099", "x"))
    await clinic.drain()
    async with clinic.db.transaction() as tx:
        await inbox.put(tx, kind="channel", origin="no-more", dedupe="p", body=f"{NAME} {PHONE}".encode())
        await inbox.put(tx, kind="channel", origin="no-more", dedupe="q", body=b"of somebody else")
    await clinic.drain()
    for whom in (Whom(patient=patient), Whom(phone=PHONE), Whom(phone="+48601100088")):
        asked = Asked("staff", f"Anna {NAME} said {WORDS}")
        await suppressions.add(clinic.db, whom, asked, "PL", "anna", connections=CONNECTIONS)
    return patient


async def _erase(clinic: Clinic, patient: PatientId) -> Erased:
    noted: list[Erased] = []
    assert await erasure.erase(clinic.db, patient, "request", "anna", note=noted.append) is not None
    (one,) = noted
    return one


async def _all_words(database: Database) -> str:
    """Every row of every table as text, and whatever opens of it with every key that is left."""
    async with database.transaction() as tx:
        tables = await tx.connection.scalars(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        )
        said: list[str] = []
        for table in list(tables):
            rows = await tx.connection.execute(text(f"SELECT t.* FROM {table} t"))
            keys = {
                row.id: row.dek for row in await tx.connection.execute(text("SELECT id, dek FROM patient"))
            }
            for row in rows.mappings():
                for column, value in row.items():
                    said.append(f"{value}")
                    if column.startswith("sealed_"):
                        said += _opened(database.vault, (table, column), dict(row), keys)
        return "\n".join(said)


def _opened(
    vault: Vault, cell: tuple[str, str], row: dict[str, object], keys: dict[UUID, bytes | None]
) -> list[str]:
    table, column = cell
    value = row[column]
    if not isinstance(value, bytes):
        return []
    found: list[str] = []
    places = [row[name] for name in ("id", "patient_id") if row.get(name) is not None]
    if table == "inbox" and row["patient_id"] is None:
        found.append(vault.open_inbox(f"{row['kind']}\0{row['origin']}\0{row['dedupe']}", value).decode())
    rings: list[DataKey] = [key for _, key in vault._ring.values()]
    rings += [vault.patient_key(who, dek) for who, dek in keys.items() if dek is not None]
    for place in (*places, *(str(each) for each in places)):
        for key in rings:
            with suppress(Exception):  # not this key
                found.append(open_sealed(key, table, column, place, value).decode())  # type: ignore[arg-type]
    return found


def _found(words: str) -> list[str]:
    return [mark for mark in MARKS if mark.casefold() in words.casefold()]


@asynccontextmanager
async def _restored(urls: DatabaseUrls, database: Database) -> AsyncIterator[tuple[DatabaseUrls, str]]:
    """A copy of the database as it is now: what a backup of now brings back."""
    name = f"restored_{uuid4().hex}"
    at = conninfo_to_dict(urls.superuser)
    await database.engine.dispose()
    with psycopg.connect(make_conninfo(urls.superuser, dbname="postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(str(at["dbname"]))
            )
        )
        try:
            yield replace(urls, app=urls.app.replace(str(at["dbname"]), name)), name
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def test_who_was_erased_is_found_nowhere_and_no_backup_brings_them_back(
    clinic: Clinic, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    patient = await _a_whole_life(clinic)
    assert _found(await _all_words(clinic.db)) == list(MARKS), "the search finds what is there"
    file = tmp_path / "erased.jsonl"
    async with _restored(database_urls, clinic.db) as (backup, _):
        await erased_list.settle(clinic.db, file)
        ErasedList.of(clinic.db, file).note(await _erase(clinic, patient))
        assert _found(await _all_words(clinic.db)) == []
        assert _found(file.read_text(encoding="utf-8")) == []
        opened = await Database.open(backup.app, Vault.from_file(backup.vault_file), SystemClock())
        assert _found(await _all_words(opened)) == list(MARKS), "the backup holds them"
        assert (await erased_list.settle(opened, file)).again == 1
        assert _found(await _all_words(opened)) == []
        assert (await erased_list.settle(opened, file)).again == 0
        await opened.close()


async def test_the_others_stay_as_they_were(clinic: Clinic) -> None:
    patient = await _a_whole_life(clinic)
    await _erase(clinic, patient)
    other = await clinic.patient(TWO)
    async with clinic.db.transaction() as tx:
        assert (await patients.identity(tx, other, why="test")).name
        parked = await inbox.listing(tx, "parked", 10)
    assert [each.origin for each in parked] == ["no-more"]
    assert await clinic.rows("SELECT count(*) FROM appointment") == [(1,)]


async def test_a_sync_brings_nobody_back(clinic: Clinic) -> None:
    patient = await _a_whole_life(clinic)
    await _erase(clinic, patient)
    again = replace(HERS, version="9", updated_at=NOW + timedelta(days=1))
    visit = a_visit(3, 1)
    await clinic.sync(again, visit)
    async with clinic.db.transaction() as tx:
        await inbox_bodies.remove_bodies(tx, tx.now + timedelta(seconds=1), 1000)
    assert _found(await _all_words(clinic.db)) == []
    assert await clinic.patient(ONE) == patient
    async with clinic.db.transaction() as tx:
        with pytest.raises(Rejected):
            await patients.identity(tx, patient, why="test")
        assert not await patients.find_by_address(tx, "mobile", PHONE)  # type: ignore[arg-type]


async def test_who_was_erased_before_the_backup_knew_them_is_kept_out(clinic: Clinic) -> None:
    async with clinic.db.transaction() as tx:
        ref = tx.vault.mis_ref_digest(SOURCE, ONE)
    erased = Erased(uuid4(), SOURCE, ref, NOW)
    assert await erasure.replay(clinic.db, [erased]) == 0
    await clinic.sync(HERS)
    assert await clinic.rows("SELECT count(*) FROM patient_identity") == [(0,)]


@pytest.mark.parametrize(
    "table", ["coverage", "condition", "procedure", "result_ready", "payment", "phone_call"]
)
async def test_what_the_mis_told_of_their_care_money_and_calls_goes_too_and_comes_no_more(
    clinic: Clinic, table: str
) -> None:
    patient = await _a_whole_life(clinic)
    assert await clinic.rows(f"SELECT count(*) FROM {table}") == [(1,)]
    await _erase(clinic, patient)
    later = replace(DETAILS[table], version="2", updated_at=NOW + timedelta(days=1))
    for told in (None, later):
        if told is not None:
            await clinic.sync(told)
        if table == "phone_call":  # whose it was the record does not say, so its name is kept
            nothing = "gone AND forgotten AND num_nonnulls(caller_digest, answered, at, line) = 0"
            assert await clinic.rows(f"SELECT {nothing} FROM phone_call") == [(True,)]
        else:
            assert await clinic.rows(f"SELECT count(*) FROM {table}") == [(0,)]


async def test_what_was_another_s_and_is_an_erased_patient_s_now_is_nobody_s(clinic: Clinic) -> None:
    two = MisRef("Patient/2")
    payment = DETAILS["payment"]
    assert isinstance(payment, Payment)
    await clinic.sync(HERS, a_patient(2), replace(payment, patient=two))
    await _erase(clinic, await clinic.patient(ONE))
    moved = replace(payment, patient=ONE, version="2", updated_at=NOW + timedelta(days=1))
    await clinic.sync(moved)
    other = await clinic.patient(two)
    async with clinic.db.transaction() as tx:
        assert await detail_reading.payments(tx, other) == ()
    assert await clinic.rows("SELECT gone, amount FROM payment") == [(True, None)]


async def test_a_call_from_a_number_that_is_another_s_too_stays(clinic: Clinic) -> None:
    await clinic.sync(HERS, a_patient(2, contact_points=HERS.contact_points), DETAILS["phone_call"])
    await _erase(clinic, await clinic.patient(ONE))
    assert await clinic.rows("SELECT count(*) FROM phone_call") == [(1,)]


async def test_what_could_not_be_read_of_their_care_is_kept_no_more(database: Database) -> None:
    clinic = Clinic(database, mis=ToldMis())
    await tell(clinic, HERS)
    await _erase(clinic, await clinic.patient(ONE))
    ref = MisRef("Condition/7")
    await tell(clinic, Unreadable(ref, "code.shape", "1", NOW, patient=ONE, alone=NAME.encode(), holds=False))
    assert await clinic.rows("SELECT count(*) FROM inbox WHERE kind = 'mis_resource'") == [(0,)]


async def test_a_child_goes_with_whoever_answers_for_them(clinic: Clinic) -> None:
    mother = RelatedPerson(
        MisRef("RelatedPerson/1"),
        "1",
        NOW,
        ONE,
        guardian=True,
        name=HumanName(family="Mateczna", given=("Zofia",)),
        contact_points=(ContactPoint("phone", "601 100077"),),
    )
    await clinic.sync(replace(HERS, birth_date="2020-01-01"), mother)
    patient = await clinic.patient(ONE)
    assert "Mateczna" in await _all_words(clinic.db)
    await _erase(clinic, patient)
    await clinic.sync(replace(mother, version="2"))
    async with clinic.db.transaction() as tx:
        await inbox_bodies.remove_bodies(tx, tx.now + timedelta(seconds=1), 1000)
    assert "Mateczna" not in await _all_words(clinic.db)
    assert await clinic.rows("SELECT count(*) FROM related_digest") == [(0,)]


async def test_what_of_them_could_not_be_read_goes_too_and_is_kept_no_more(database: Database) -> None:
    clinic = Clinic(database, mis=ToldMis())
    await tell(clinic, HERS, a_patient(2))
    patient = await clinic.patient(ONE)

    def odd(version: str) -> Unreadable:
        return Unreadable(ONE, "name.shape", version, NOW, alone=f"{NAME} {WORDS} {version}".encode())

    others = Unreadable(TWO, "name.shape", "2", NOW, alone=b"of another")
    await tell(clinic, odd("2"), others)
    assert await clinic.rows("SELECT count(*) FROM patient_hold") == [(2,)]
    await _erase(clinic, patient)
    await tell(clinic, odd("3"))
    assert await clinic.rows("SELECT count(*) FROM patient_hold") == [(1,)]
    assert await clinic.rows("SELECT count(*) FROM inbox WHERE state <> 'done'") == [(1,)]
    assert _found(await _all_words(clinic.db)) == []


async def test_nothing_of_them_is_readable_on_disk(
    clinic: Clinic, database_urls: DatabaseUrls, postgres: Server
) -> None:
    patient = await _a_whole_life(clinic)
    await _erase(clinic, patient)
    with psycopg.connect(database_urls.superuser, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    files = [path for path in (postgres.folder / "data").rglob("*") if path.is_file()]
    held = [path for path in (*files, postgres.folder / "postgres.log") if _found(_read(path))]
    assert held == []


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("latin-1")
    except FileNotFoundError:
        return ""  # the server removes files of its own


async def test_a_refusal_outlives_the_person(clinic: Clinic) -> None:
    """Whoever is registered at that address later is not invited there either."""
    await clinic.sync(HERS)
    patient = await clinic.patient(ONE)
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    await clinic.drain()
    before = await clinic.rows("SELECT count(*) FROM consent_event WHERE address_digest IS NOT NULL")
    assert before != [(0,)]
    await _erase(clinic, patient)
    assert await clinic.rows("SELECT count(*) FROM consent_event WHERE address_digest IS NOT NULL") == before


async def test_what_came_in_and_is_not_processed_is_processed_first(clinic: Clinic) -> None:
    await clinic.sync(HERS)
    patient = await clinic.patient(ONE)
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    with pytest.raises(ConfigError, match="may be a refusal"):
        await erasure.erase(clinic.db, patient, "request", "anna", note=lambda _: None)
    assert await clinic.rows("SELECT count(*) FROM patient_identity") == [(1,)]
    await clinic.drain()
    await _erase(clinic, patient)


async def test_nothing_is_erased_that_cannot_be_noted(clinic: Clinic, tmp_path: Path) -> None:
    await clinic.sync(HERS)
    patient = await clinic.patient(ONE)
    nowhere = tmp_path / "no" / "erased.jsonl"
    with pytest.raises(ConfigError, match="nothing was erased"):
        await erased_list.list_of(clinic.db, nowhere)
    note = ErasedList.of(clinic.db, nowhere).note
    with pytest.raises(ConfigError, match="is not there"):
        await erasure.erase(clinic.db, patient, "request", "anna", note=note)
    assert await clinic.rows("SELECT count(*) FROM patient_identity") == [(1,)]


async def test_open_journeys_end_and_it_is_an_audit_entry_without_a_name(clinic: Clinic) -> None:
    await clinic.sync(HERS)
    patient, journey = await clinic.patient(ONE), await clinic.a_journey(ONE)
    await _erase(clinic, patient)
    gone = [each.reason for each in await clinic.heard(journey) if isinstance(each, PatientGone)]
    assert gone == ["erased"]
    (entry,) = await clinic.rows(
        "SELECT actor, object_id, body FROM audit_event WHERE action = 'patient.erased'"
    )
    assert (entry[0], entry[1], json.loads(str(entry[2]))) == ("anna", str(patient), {"why": "request"})


async def test_another_process_opens_the_patient_no_more_at_once(
    clinic: Clinic, database_urls: DatabaseUrls
) -> None:
    """A key that it has in its memory is found by the row, which has none."""
    await clinic.sync(HERS)
    patient = await clinic.patient(ONE)
    other = await Database.open(
        database_urls.app, Vault.from_file(database_urls.vault_file), SetClock(), pool_size=2
    )
    async with other.transaction() as tx:
        await patients.identity(tx, patient, why="test")
    await _erase(clinic, patient)
    async with other.transaction() as tx:
        with pytest.raises(Rejected):
            await patients.identity(tx, patient, why="test")
    await other.close()


async def test_what_one_patient_said_is_under_their_key_once_it_is_processed(clinic: Clinic) -> None:
    await clinic.sync(HERS)
    patient = await clinic.patient(ONE)
    await clinic.tell(InboundMessage(PHONE, WORDS))
    await clinic.drain()
    ((number, who, sealed, dek),) = await clinic.rows(
        "SELECT i.id, i.patient_id, i.sealed_body, p.dek FROM inbox i JOIN patient p ON p.id = i.patient_id"
    )
    assert who == patient
    assert isinstance(dek, bytes)
    assert isinstance(sealed, bytes)
    key = clinic.db.vault.patient_key(patient, dek)
    assert WORDS in open_sealed(key, "inbox", "sealed_body", str(number), sealed).decode()


async def test_the_runtime_role_erases_by_the_function_alone(
    clinic: Clinic, database_urls: DatabaseUrls
) -> None:
    await clinic.sync(HERS)
    patient = await clinic.patient(ONE)
    for statement in ("DELETE FROM patient", "DELETE FROM appointment", "DELETE FROM personal_number"):
        with psycopg.connect(database_urls.app) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())
    with psycopg.connect(database_urls.app) as connection:
        for why in ("request", "request"):
            (done,) = connection.execute(
                "SELECT patient_erase(%s, 'x', %s, now())", (patient, why)
            ).fetchone() or (None,)
        assert done is False, "a second time is none"
    with psycopg.connect(database_urls.app) as connection, pytest.raises(errors.CheckViolation):
        connection.execute("SELECT patient_erase(%s, 'x', 'Kowalska', now())", (patient,))
