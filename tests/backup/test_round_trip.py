"""A backup made and brought back: the same rows, keys, guards; and nothing in it that is kept apart."""

from __future__ import annotations

import base64
import stat
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import pyrage
import pytest
from psycopg import errors, sql

from nextvisit.store.base.engine import Database
from tests.backup.conftest import Clinic
from tests.world.clinic import Clinic as World
from tests.world.lived import live_through
from tests.world.records import PHONE, a_patient

At = Callable[[str], str]


async def _lived(database: Database) -> None:
    await live_through(database)


async def _people(database: Database) -> None:
    world = World(database)
    await world.open()
    await world.sync(a_patient(1), a_patient(2))


def _sums(dsn: str) -> Mapping[str, tuple[int, str]]:
    """Of each table, how many rows and a checksum of all that is in them."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        found = {}
        for (table,) in tables:
            statement = sql.SQL(
                "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {} t"
            )
            row = connection.execute(statement.format(sql.Identifier(table))).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
        return found


def test_what_is_restored_is_what_was_there_and_its_guards_and_grants_hold(
    clinic: Clinic, empty: str, at: At
) -> None:
    clinic.at.in_store(_lived)
    ours = clinic.at.urls.owner.rpartition("/")[2].partition("?")[0]
    before = dict(_sums(at(ours)))
    file = clinic.backup()
    clinic.turn_to(empty)
    restored = clinic.restore(file)
    assert restored.code == 0, restored.err
    after = dict(_sums(at(empty)))
    # What the restore itself tells of.
    told = {"audit_event", "audit_head", "restoration"}
    assert {t: v for t, v in after.items() if t not in told} == {
        t: v for t, v in before.items() if t not in told
    }
    assert before["patient"][0] > 0
    assert before["message"][0] > 0
    app = clinic.at.urls.app.replace(f"/{ours}", f"/{empty}")
    with psycopg.connect(app, autocommit=True) as connection:
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("DELETE FROM audit_event")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine ()")
    with (
        psycopg.connect(at(empty), autocommit=True) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM key_ring")
    assert clinic.at.run("audit", "verify").code == 3  # nothing is broken, nothing was kept elsewhere


def test_a_patient_can_be_read_after_the_restore(clinic: Clinic, empty: str) -> None:
    clinic.at.in_store(_people)
    file = clinic.backup()
    clinic.turn_to(empty)
    assert clinic.restore(file).code == 0
    found = clinic.at.run("patient", "find", "--phone", PHONE, "--json")
    assert found.code == 0, found.err
    assert len(found.json) >= 1
    shown = clinic.at.run("patient", "show", found.json[0]["patient"])
    assert shown.code == 0, shown.err


def test_verify_restores_into_a_server_of_its_own_and_says_what_it_did_not_look_at(clinic: Clinic) -> None:
    clinic.at.in_store(_lived)
    file = clinic.backup()
    plain = clinic.verify(file)
    assert plain.code == 0, plain.err
    assert "not looked at: whether it can be restored" in plain.out
    whole = clinic.verify(file, "--restore")
    assert whole.code == 0, whole.err
    assert "whether it can be restored" not in whole.out


def test_neither_the_root_key_nor_a_key_of_the_ring_nor_a_password_is_in_it(clinic: Clinic) -> None:
    clinic.at.in_store(_lived)
    file = clinic.backup()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    async def secrets(database: Database) -> list[bytes]:
        return [key.secret for _, key in database.vault._ring.values()]

    root = base64.b64decode(clinic.at.urls.vault_file.read_text(encoding="utf-8"))
    password = clinic.at.urls.app.partition(":")[2].partition("@")[0].rpartition(":")[2].encode()
    opened = _opened(clinic, file)
    for secret in (root, *clinic.at.in_store(secrets)):
        for spelt in (secret, secret.hex().encode(), base64.b64encode(secret)):
            assert spelt not in opened
    assert password not in opened
    assert b"message" in opened  # it is opened


def _opened(clinic: Clinic, file: Path) -> bytes:
    """What is in it, its dump as SQL, where nothing is compressed."""
    from nextvisit.backup.keys import BackupIdentity  # noqa: PLC0415
    from nextvisit.backup.tools import tool  # noqa: PLC0415

    head, _, sealed = file.read_bytes().partition(b"\n")
    whole: bytes = pyrage.decrypt(sealed, [BackupIdentity.from_file(clinic.identity).key])
    assert whole.startswith(head + b"\n")
    manifest, _, dump = whole[len(head) + 1 :].partition(b"\n")
    script = subprocess.run(
        [tool(None, "pg_restore"), "--file=-"], input=dump, capture_output=True, check=False
    ).stdout
    return whole + manifest + script


def test_no_argument_of_pg_dump_is_a_password(clinic: Clinic, tmp_path: Path) -> None:
    clinic.at.in_store(_lived)
    from nextvisit.backup.tools import tool  # noqa: PLC0415

    real, seen = tool(None, "pg_dump"), tmp_path / "seen"
    folder = tmp_path / "tools"
    folder.mkdir()
    fake = folder / "pg_dump"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {seen}\nexec {real} "$@"\n', encoding="utf-8")
    fake.chmod(0o755)
    clinic.at.rewrite(lambda document: document["backup"].update(tools=str(folder)))
    clinic.backup()
    arguments = seen.read_text(encoding="utf-8")
    assert "--snapshot=" in arguments
    password = clinic.at.urls.owner.partition("://")[2].partition("@")[0].partition(":")[2]
    assert password not in arguments


def test_a_backup_under_writes_is_one_instant(clinic: Clinic, empty: str, at: At) -> None:
    """Two tables that are written in one transaction have as many rows as each other, at every instant."""
    clinic.at.in_store(_lived)
    ours = clinic.at.urls.owner.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(clinic.at.urls.owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE aaa_first (n int)")
        connection.execute("CREATE TABLE zzz_last (n int)")
    done, began = threading.Event(), threading.Event()

    def write() -> None:
        with psycopg.connect(at(ours)) as connection:
            number = 0
            while not done.is_set():
                number += 1
                connection.execute("INSERT INTO aaa_first VALUES (%s)", [number])
                connection.execute("INSERT INTO zzz_last VALUES (%s)", [number])
                connection.commit()
                if number == 20:
                    began.set()

    writing = threading.Thread(target=write)
    writing.start()
    began.wait()
    try:
        file = clinic.backup()
    finally:
        done.set()
        writing.join()
    clinic.turn_to(empty)
    assert clinic.restore(file).code == 0
    with psycopg.connect(at(empty)) as connection:
        first, last = (
            connection.execute(f"SELECT count(*), max(n) FROM {table}").fetchone()
            for table in ("aaa_first", "zzz_last")
        )
    assert first == last
    assert first is not None
    assert first[0] >= 20
