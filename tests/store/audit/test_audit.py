"""The audit log: who may write it, and that every tampering is found and named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql
from sqlalchemy import text

from nextvisit.sdk.errors import Bug, ConfigError, ProtocolError
from nextvisit.store.audit import trail
from nextvisit.store.audit.note import merkle_root, public_key_text
from nextvisit.store.audit.verify import verify
from nextvisit.store.base.engine import AUDIT_SHARDS, Database
from nextvisit.store.base.entry import Entry
from tests.postgres import DatabaseUrls
from tests.world.rows import rows_of

pytestmark = pytest.mark.anyio

EACH = 5
KEYS = 8
"""Entries of a fresh installation: a key for each purpose was made."""


@pytest.fixture
async def filled(database: Database) -> Database:
    """Five events in each shard."""
    for number in range(AUDIT_SHARDS):
        async with database.transaction(actor="staff:1") as tx:
            tx.audit(
                *[
                    Entry("message.sent", "message", f"{number}-{i}", body={"n": i, "ж": None})
                    for i in range(EACH)
                ],
            )
    return database


def _tamper(urls: DatabaseUrls, *statements: str, table: str = "audit_event") -> None:
    """As a superuser who knows the triggers."""
    with psycopg.connect(urls.superuser) as connection:
        for each in (table, "audit_head"):
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(each)))
        for statement in statements:
            connection.execute(statement.encode())


async def test_a_transactions_entries_are_chained_in_the_order_of_what_happened(database: Database) -> None:
    happened = ["asked", "sent", "opened", "answered", "booked", "answered", "ended", "asked"]
    async with database.transaction() as tx:
        tx.audit(*[Entry(each, "journey", "1") for each in happened])
    rows = await rows_of(
        database, "SELECT action FROM audit_event WHERE object_type = 'journey' ORDER BY shard, seq"
    )
    assert [row[0] for row in rows] == happened


async def test_an_untouched_log_is_whole(filled: Database, tmp_path: Path) -> None:
    await trail.checkpoint(filled)
    async with filled.transaction() as tx:
        tx.audit(Entry("journey.ended", "journey", "1"))
    result = await trail.verify_database(filled)
    assert result.whole
    assert (result.events, result.checkpoints) == (KEYS + AUDIT_SHARDS * EACH + 1, 1)
    assert (result.unsealed_tail, result.gaps, result.clock_regressions) == (1, (), ())
    assert await trail.export(filled, tmp_path / "audit.jsonl") == KEYS + AUDIT_SHARDS * EACH + 1
    outside = replace(result, checkpoints=2, unsealed_tail=0, rows=None, key_kept=False)
    assert verify(tmp_path / "audit.jsonl") == outside


async def test_an_export_that_was_cut_anywhere_is_not_whole(filled: Database, tmp_path: Path) -> None:
    path, cut = tmp_path / "audit.jsonl", tmp_path / "cut.jsonl"
    await trail.export(filled, path)
    lines = path.read_bytes().splitlines(keepends=True)
    assert verify(path).whole
    for kept in range(1, len(lines)):
        cut.write_bytes(b"".join(lines[:kept]))
        assert not verify(cut).whole, f"{kept} of {len(lines)} lines"


async def test_an_export_takes_no_other_files_place(filled: Database, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text("last month's", encoding="utf-8")
    with pytest.raises(ConfigError, match="name another file"):
        await trail.export(filled, path)
    assert path.read_text(encoding="utf-8") == "last month's"


async def test_entries_go_with_their_transaction(database: Database) -> None:
    with pytest.raises(LookupError):  # noqa: PT012
        async with database.transaction() as tx:
            tx.audit(Entry("message.sent", "message", "1"))
            raise LookupError
    assert (await trail.verify_database(database)).events == KEYS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET outcome = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "INSERT INTO audit_event SELECT * FROM audit_event",
        "UPDATE audit_head SET seq = 0",
        "DELETE FROM audit_head",
        "UPDATE audit_checkpoint SET note = ''",
        "DELETE FROM audit_checkpoint",
        "INSERT INTO audit_checkpoint (at_wall, note) VALUES (now(), '')",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TABLE audit_event",
        "CREATE TABLE mine (id integer)",
        "DROP FUNCTION append_only() CASCADE",
        "DELETE FROM journey_event",
        "UPDATE journey_decision SET result = ''",
        "UPDATE campaign_version SET files = '{}'",
        "DELETE FROM patient",
    ],
)
async def test_the_runtime_role_cannot_rewrite_evidence(filled: Database, statement: str) -> None:
    with pytest.raises(Bug, match="42501"):
        async with filled.transaction() as tx:
            await tx.connection.execute(text(statement))
    assert (await trail.verify_database(filled)).whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET outcome = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "SET session_replication_role = replica; DELETE FROM audit_event",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "UPDATE audit_head SET seq = seq + 1",
        "UPDATE audit_head SET seq = seq - 1",
        "INSERT INTO audit_head VALUES (8, 0, sha256('x'))",
    ],
)
@pytest.mark.usefixtures("filled")
async def test_triggers_stop_even_a_superuser(database_urls: DatabaseUrls, statement: str) -> None:
    with (
        psycopg.connect(database_urls.superuser) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'x'",
        "action = 'x'",
        "object_type = 'x'",
        "object_id = 'x'",
        "outcome = 'x'",
        "body = '{}'",
        "at = at + interval '1 microsecond'",
        "at_wall = at_wall + interval '1 microsecond'",
        "at = 'infinity'",
        "at_wall = '99999-01-01'",
        "prev = sha256(prev)",
        "hash = sha256(hash)",
    ],
)
async def test_every_altered_field_is_found(
    filled: Database, database_urls: DatabaseUrls, tmp_path: Path, change: str
) -> None:
    _tamper(database_urls, f"UPDATE audit_event SET {change} WHERE shard = 3 AND seq = 2")
    assert (await trail.verify_database(filled)).first_broken == (3, 2)
    await trail.export(filled, tmp_path / "audit.jsonl")
    assert verify(tmp_path / "audit.jsonl").first_broken == (3, 2)


async def test_of_several_breaks_the_first_is_named(filled: Database, database_urls: DatabaseUrls) -> None:
    _tamper(
        database_urls,
        "UPDATE audit_event SET outcome = 'x' WHERE shard = 6 AND seq = 1",
        "UPDATE audit_event SET outcome = 'x' WHERE shard = 2 AND seq >= 4",
    )
    assert (await trail.verify_database(filled)).first_broken == (2, 4)


async def test_a_removed_event_is_a_gap(filled: Database, database_urls: DatabaseUrls) -> None:
    _tamper(database_urls, "DELETE FROM audit_event WHERE shard = 1 AND seq = 3")
    result = await trail.verify_database(filled)
    assert result.first_broken == (1, 3)
    assert result.gaps == ((1, 3),)


async def test_events_swapped_between_shards_are_found(filled: Database, database_urls: DatabaseUrls) -> None:
    _tamper(
        database_urls,
        "UPDATE audit_event SET shard = 90 WHERE shard = 4",
        "UPDATE audit_event SET shard = 4 WHERE shard = 5",
        "UPDATE audit_event SET shard = 5 WHERE shard = 90",
    )
    assert (await trail.verify_database(filled)).first_broken == (4, 1)


async def test_a_tail_cut_off_behind_a_checkpoint_is_found(
    filled: Database, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    await trail.checkpoint(filled)
    _tamper(
        database_urls,
        "DELETE FROM audit_event WHERE shard = 2 AND seq > 3",
        "UPDATE audit_head h SET seq = 3, hash = e.hash FROM audit_event e"
        " WHERE h.shard = 2 AND e.shard = 2 AND e.seq = 3",
    )
    result = await trail.verify_database(filled)
    assert result.first_broken == (2, 4)
    await trail.export(filled, tmp_path / "audit.jsonl")
    assert verify(tmp_path / "audit.jsonl").first_broken == (2, 4)


async def test_a_chain_rewritten_whole_breaks_against_its_checkpoint(
    filled: Database, database_urls: DatabaseUrls
) -> None:
    await trail.checkpoint(filled)
    _tamper(
        database_urls,
        "DELETE FROM audit_event WHERE shard = 2",
        "UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex') WHERE shard = 2",
        *(["SELECT audit_append('a', 'forged', 'x', 'x', 'ok', '{}', now(), 2)"] * EACH),
    )
    result = await trail.verify_database(filled)
    assert result.first_broken == (2, EACH)


async def _checkpoints(database: Database, count: int) -> Sequence[str]:
    notes = []
    for _ in range(count):
        notes.append(await trail.checkpoint(database))
        async with database.transaction() as tx:
            tx.audit(Entry("message.sent", "message", "x"))
    return notes


async def test_an_altered_checkpoint_is_named(filled: Database, database_urls: DatabaseUrls) -> None:
    await _checkpoints(filled, 3)
    _tamper(
        database_urls,
        "UPDATE audit_checkpoint SET note = replace(note, 'head 7 5', 'head 7 4') WHERE id = 2",
        table="audit_checkpoint",
    )
    result = await trail.verify_database(filled)
    assert not result.whole
    assert result.bad_checkpoints[0] == 2


async def test_a_removed_checkpoint_is_noticed(filled: Database, database_urls: DatabaseUrls) -> None:
    await _checkpoints(filled, 3)
    _tamper(database_urls, "DELETE FROM audit_checkpoint WHERE id = 2", table="audit_checkpoint")
    assert (await trail.verify_database(filled)).bad_checkpoints == (2,)


async def test_a_removed_last_checkpoint_shows_against_the_kept_one(
    filled: Database, database_urls: DatabaseUrls
) -> None:
    kept = await _checkpoints(filled, 3)
    assert (await trail.verify_database(filled, kept=kept)).whole
    _tamper(database_urls, "DELETE FROM audit_checkpoint WHERE id = 3", table="audit_checkpoint")
    assert (await trail.verify_database(filled)).whole
    assert (await trail.verify_database(filled, kept=kept)).bad_checkpoints == (3,)


async def test_an_export_signed_by_another_key_is_refused(filled: Database, tmp_path: Path) -> None:
    await trail.checkpoint(filled)
    path = tmp_path / "audit.jsonl"
    await trail.export(filled, path)
    ours = public_key_text(filled.vault.signing_key().public_key())
    theirs = public_key_text(Ed25519PrivateKey.generate().public_key())
    assert verify(path, public_key=ours).whole
    assert verify(path, public_key=theirs).bad_checkpoints == (1, 2)


async def test_an_altered_line_of_an_export_is_found(filled: Database, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await trail.export(filled, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    event = json.loads(lines[8])
    event["body"] = "{}"
    lines[8] = json.dumps(event)
    path.write_text("\n".join(lines), encoding="utf-8")
    assert verify(path).first_broken == (event["shard"], event["seq"])
    path.write_text("\n".join([*lines, "not json"]), encoding="utf-8")
    with pytest.raises(ProtocolError, match=f"line {len(lines) + 1}"):
        verify(path)


def test_the_merkle_root_is_rfc_6962s() -> None:
    def leaf(data: bytes) -> bytes:
        return hashlib.sha256(b"\0" + data).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\1" + left + right).digest()

    three = node(node(leaf(b"a"), leaf(b"b")), leaf(b"c"))
    assert merkle_root([b"a", b"b", b"c"]) == three
    assert merkle_root([]) == hashlib.sha256(b"").digest()
