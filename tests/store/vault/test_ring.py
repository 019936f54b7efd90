"""The key ring: made once in an empty database, never completed, and out of the runtime role's reach."""

from __future__ import annotations

import json

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import text

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.digest import row_digest
from nextvisit.store.base.engine import Database
from nextvisit.store.base.entry import Entry
from nextvisit.store.vault.keys import Vault
from tests.postgres import DatabaseUrls
from tests.world.rows import rows_of

pytestmark = pytest.mark.anyio

_PURPOSES = ["patient", "index", "payload", "blob", "audit", "token", "inbox", "dedupe"]


def _as_superuser(urls: DatabaseUrls, *statements: str) -> None:
    """Who switches every protection off."""
    with psycopg.connect(urls.superuser) as connection:
        connection.execute("ALTER TABLE key_ring DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(statement.encode())
        connection.execute("ALTER TABLE key_ring ENABLE ALWAYS TRIGGER key_ring_rows")


async def _start(urls: DatabaseUrls) -> None:
    await (await Database.open(urls.app, Vault.from_file(urls.vault_file), SystemClock())).close()


async def _refused(urls: DatabaseUrls) -> ConfigError:
    before = _ring(urls)
    with pytest.raises(ConfigError) as caught:
        await _start(urls)
    assert caught.value.code == "vault.ring"
    assert _ring(urls) == before, "a start that is refused writes no key"
    return caught.value


def _ring(urls: DatabaseUrls) -> list[tuple[object, ...]]:
    with psycopg.connect(urls.superuser) as connection:
        return list(connection.execute("SELECT * FROM key_ring ORDER BY kid"))


@pytest.mark.parametrize("purpose", _PURPOSES)
async def test_a_lost_key_is_an_error_at_start_and_never_a_new_key(
    database: Database, database_urls: DatabaseUrls, purpose: str
) -> None:
    await database.close()
    _as_superuser(database_urls, f"DELETE FROM key_ring WHERE purpose = '{purpose}'")
    error = await _refused(database_urls)
    assert f"no active key for {purpose}" in error.why
    assert "from a backup" in error.why


async def test_a_purpose_without_an_active_key_is_an_error_at_start(
    database: Database, database_urls: DatabaseUrls
) -> None:
    await database.close()
    _as_superuser(database_urls, "UPDATE key_ring SET state = 'retired' WHERE purpose = 'index'")
    assert "no active key for index" in (await _refused(database_urls)).why


async def test_two_active_keys_for_one_purpose_are_an_error_at_start(
    database: Database, database_urls: DatabaseUrls
) -> None:
    await database.close()
    _as_superuser(
        database_urls,
        "DROP INDEX key_ring_active",
        "INSERT INTO key_ring SELECT 99, purpose, state, wrapped, public, created_at_wall"
        " FROM key_ring WHERE purpose = 'index'",
    )
    assert "2 active keys for index" in (await _refused(database_urls)).why


@pytest.mark.parametrize(
    ("change", "told"),
    [("purpose = 'tea'", "key 2 is for 'tea'"), ("state = 'lost'", "key 2 for index is 'lost'")],
)
async def test_an_unknown_purpose_or_state_is_an_error_at_start(
    database: Database, database_urls: DatabaseUrls, change: str, told: str
) -> None:
    await database.close()
    _as_superuser(
        database_urls,
        "ALTER TABLE key_ring DROP CONSTRAINT of_a_known_state",
        f"UPDATE key_ring SET {change} WHERE kid = 2",
    )
    assert told in (await _refused(database_urls)).why


async def test_an_empty_ring_in_a_database_that_is_not_empty_is_an_error_at_start(
    database: Database, database_urls: DatabaseUrls
) -> None:
    """One audit entry is enough to know that there was a ring."""
    await database.close()
    _as_superuser(database_urls, "DELETE FROM key_ring")
    assert "the key ring is empty" in (await _refused(database_urls)).why


async def test_a_start_writes_nothing_when_nothing_is_missing(
    database: Database, database_urls: DatabaseUrls
) -> None:
    await database.close()
    with psycopg.connect(database_urls.superuser) as connection:
        before = connection.execute("SELECT pg_current_xact_id()").fetchone()
    _as_superuser(database_urls, "REVOKE ALL ON FUNCTION key_ring_found FROM nextvisit_app")
    ring = _ring(database_urls)
    await _start(database_urls)
    assert _ring(database_urls) == ring
    assert before is not None


async def test_each_key_that_is_made_is_an_audit_entry(database: Database) -> None:
    rows = await rows_of(
        database,
        "SELECT object_id, body FROM audit_event WHERE action = 'key.created' ORDER BY object_id::int",
    )
    assert [json.loads(body)["purpose"] for _, body in rows] == _PURPOSES
    ring = await rows_of(database, "SELECT * FROM key_ring ORDER BY kid")
    assert [json.loads(body)["digest"] for _, body in rows] == [
        row_digest("key_ring", each._mapping) for each in ring
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE key_ring SET state = 'retired' WHERE purpose = 'index'",
        "UPDATE key_ring SET state = 'destroyed', wrapped = '' WHERE purpose = 'patient'",
        "UPDATE key_ring SET wrapped = 'x'",
        "UPDATE key_ring SET public = 'x' WHERE purpose = 'inbox'",
        "DELETE FROM key_ring",
        "TRUNCATE key_ring",
        "INSERT INTO key_ring (kid, purpose, state, wrapped, created_at_wall) VALUES (9, '', '', '', now())",
        "DROP FUNCTION key_ring_found",
        "ALTER TABLE key_ring DISABLE TRIGGER USER",
    ],
)
async def test_the_runtime_role_cannot_rewrite_keys(
    database: Database, database_urls: DatabaseUrls, statement: str
) -> None:
    del database
    before = _ring(database_urls)
    with psycopg.connect(database_urls.app) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.encode())
    assert _ring(database_urls) == before


async def test_the_runtime_role_cannot_make_a_second_ring(
    database: Database, database_urls: DatabaseUrls
) -> None:
    """The function says what is there, and adds nothing."""
    async with database.transaction() as tx:
        tx.audit(Entry("patient.sought", "patient", "phone"))
    before = _ring(database_urls)
    with psycopg.connect(database_urls.app) as connection:
        found = connection.execute(
            "SELECT key_ring_found(%s, %s, %s, now())", (_PURPOSES, [b"x"] * 8, b"x" * 32)
        ).fetchone()
    assert found == ("audit_event",)
    assert _ring(database_urls) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("active", "state = 'retired', wrapped = 'x'"),
        ("active", "purpose = 'blob', state = 'retired'"),
        ("retired", "state = 'active'"),
        ("retired", "state = 'retired'"),
        ("destroyed", "state = 'active'"),
        ("destroyed", "state = 'retired'"),
    ],
)
async def test_a_state_goes_forward_only_for_the_owner_too(
    database: Database, database_urls: DatabaseUrls, before: str, after: str
) -> None:
    del database
    _as_superuser(database_urls, f"UPDATE key_ring SET state = '{before}' WHERE purpose = 'token'")
    with psycopg.connect(database_urls.owner) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(sql.SQL("UPDATE key_ring SET {} WHERE purpose = 'token'").format(sql.SQL(after)))


async def test_a_key_may_be_retired_and_then_destroyed(
    database: Database, database_urls: DatabaseUrls
) -> None:
    with psycopg.connect(database_urls.owner) as connection:
        connection.execute("UPDATE key_ring SET state = 'retired' WHERE purpose = 'token'")
        connection.execute("UPDATE key_ring SET state = 'destroyed', wrapped = '' WHERE purpose = 'token'")
    async with database.transaction() as tx:
        wrapped = await tx.connection.scalar(text("SELECT wrapped FROM key_ring WHERE purpose = 'token'"))
    assert wrapped == b""
