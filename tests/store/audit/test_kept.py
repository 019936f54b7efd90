"""What shows only against what was kept elsewhere, and what somebody may put in its way."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk.errors import Bug, ConfigError, ProtocolError
from nextvisit.store.audit import trail
from nextvisit.store.audit.chain import GENESIS, Head
from nextvisit.store.audit.kept import kept_text, read_kept
from nextvisit.store.audit.note import public_key_text, sign_note
from nextvisit.store.audit.verify import verify
from nextvisit.store.base.engine import AUDIT_SHARDS, Database
from nextvisit.store.base.entry import Entry
from tests.postgres import DatabaseUrls
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio

HEADS = tuple(Head(shard, 0, GENESIS) for shard in range(AUDIT_SHARDS))
OTHER = Ed25519PrivateKey.generate()


async def _something_happens(database: Database, times: int = 1) -> None:
    for _ in range(times):
        async with database.transaction() as tx:
            tx.audit(Entry("message.sent", "message", "x"))


async def test_what_was_kept_is_read_as_it_was_printed(database: Database) -> None:
    key, notes = trail.public_key(database), [await trail.checkpoint(database) for _ in range(2)]
    one = kept_text(key, notes[0])
    assert read_kept(one).checkpoints == (notes[0],)
    assert read_kept(one.replace("\n", "\r\n")).checkpoints == (notes[0],)
    both = read_kept(one + kept_text(key, notes[1]))
    assert (both.public_key, both.checkpoints) == (key, tuple(notes))
    assert read_kept(json.dumps({"public_key": key, "checkpoint": notes[0]})) == read_kept(one)
    with pytest.raises(ValueError, match=r"^$"):
        read_kept(one + kept_text("another", notes[1]))


@given(st.text())
def test_whatever_text_is_given_as_kept_is_read_or_refused(text: str) -> None:
    try:
        read_kept(text)
    except (ValueError, AttributeError):
        return


async def test_only_what_was_kept_makes_it_intact(database: Database) -> None:
    note = await trail.checkpoint(database)
    assert (await trail.verify_database(database)).standing == "unproven"
    proved = await trail.verify_database(database, kept=[note])
    assert (proved.standing, proved.kept) == ("intact", 1)


async def test_an_empty_log_is_broken(database: Database, database_urls: DatabaseUrls) -> None:
    """All entries and checkpoints gone, and the ends set back: the installation began with entries."""
    note = await trail.checkpoint(database)
    tamper(database_urls, "audit_checkpoint", "DELETE FROM audit_checkpoint")
    tamper(
        database_urls,
        "audit_event",
        "DELETE FROM audit_event",
        "UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')",
    )
    assert (await trail.verify_database(database)).standing == "broken"
    assert (await trail.verify_database(database, kept=[note])).bad_checkpoints == (1,)


async def test_a_log_that_was_set_back_shows_against_what_was_kept(
    database: Database, database_urls: DatabaseUrls
) -> None:
    """Back to an earlier checkpoint, and on from there with checkpoints that our own key signs."""
    await trail.checkpoint(database)
    await _something_happens(database)
    later = await trail.checkpoint(database)
    (shard,) = [head["shard"] for head in await _heads(database_urls) if head["action"] == "message.sent"]
    tamper(database_urls, "audit_checkpoint", "DELETE FROM audit_checkpoint WHERE id = 2")
    tamper(
        database_urls,
        "audit_event",
        f"DELETE FROM audit_event WHERE shard = {shard} AND action = 'message.sent'",
        f"UPDATE audit_head SET seq = seq - 1, hash = (SELECT coalesce((SELECT e.hash FROM audit_event e"
        f" WHERE e.shard = {shard} ORDER BY seq DESC LIMIT 1), decode(repeat('00', 32), 'hex')))"
        f" WHERE shard = {shard}",
    )
    assert (await trail.verify_database(database)).standing == "unproven"
    await _something_happens(database)
    await trail.checkpoint(database)
    assert (await trail.verify_database(database)).standing == "unproven"
    result = await trail.verify_database(database, kept=[later])
    assert (result.standing, result.bad_checkpoints) == ("broken", (2,))


async def _heads(urls: DatabaseUrls) -> list[dict[str, object]]:
    with psycopg.connect(urls.superuser, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute("SELECT shard, action FROM audit_event ORDER BY at_wall").fetchall()


async def test_an_export_that_signs_itself_is_not_proven(database: Database, tmp_path: Path) -> None:
    """Somebody's own log under somebody's own key is whole in itself."""
    path = tmp_path / "forged.jsonl"
    await _something_happens(database)
    ours = await trail.checkpoint(database)
    await trail.export(database, tmp_path / "true.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "true.jsonl").read_text("utf-8").splitlines()]
    events = [line for line in lines if line["kind"] == "event"]
    ends = {
        event["shard"]: Head(event["shard"], event["seq"], bytes.fromhex(event["hash"])) for event in events
    }
    note = sign_note(OTHER, [ends.get(head.shard, head) for head in HEADS], number=1, previous=None)
    header = {"kind": "header", "format": 1, "public_key": public_key_text(OTHER.public_key())}
    forged = [header, *events, {"kind": "checkpoint", "note": note}]
    path.write_text("".join(json.dumps(line) + "\n" for line in forged), encoding="utf-8")
    assert verify(path).standing == "unproven"
    assert verify(path, kept=[ours]).standing == "broken"
    assert verify(path, public_key=trail.public_key(database), kept=[ours]).standing == "broken"
    true = verify(tmp_path / "true.jsonl", public_key=trail.public_key(database), kept=[ours])
    assert true.standing == "intact"


async def test_a_shorter_export_shows_against_a_later_checkpoint(database: Database, tmp_path: Path) -> None:
    """An export of last month in this month's place: whole, and ends too early."""
    await trail.export(database, tmp_path / "old.jsonl")
    await _something_happens(database)
    kept = await trail.checkpoint(database)
    result = verify(tmp_path / "old.jsonl", public_key=trail.public_key(database), kept=[kept])
    assert (result.standing, result.bad_checkpoints) == ("broken", (2,))


MALFORMED = {
    "empty": "",
    "words": "x",
    "behind a note": sign_note(OTHER, HEADS, number=1, previous=None) + "x",
    "huge number": sign_note(OTHER, HEADS, number=10**30, previous=None),
    "negative end": sign_note(OTHER, [Head(0, -1, GENESIS), *HEADS[1:]], number=1, previous=None),
    "shard 99": sign_note(OTHER, [*HEADS[:-1], Head(99, 1, GENESIS)], number=1, previous=None),
    "a shard twice": sign_note(OTHER, [HEADS[0], HEADS[0], *HEADS[2:]], number=1, previous=None),
    "a shard too few": sign_note(OTHER, HEADS[1:], number=1, previous=None),
    "thousands of lines": sign_note(OTHER, HEADS * 5000, number=1, previous=None),
    "not the next": sign_note(OTHER, HEADS, number=7, previous=None),
    "another predecessor": sign_note(OTHER, HEADS, number=1, previous="0" * 64),
    "strange letters": "\u202e\U000e0001\ufffe\n\n— nextvisit-audit \u0661\n",
    "digits of another script": sign_note(OTHER, HEADS, number=1, previous=None).replace(
        "head 0 0", "head 0 \u0660"
    ),
}


@pytest.mark.parametrize("note", MALFORMED.values(), ids=MALFORMED)
async def test_the_runtime_role_appends_nothing_that_is_no_checkpoint(database: Database, note: str) -> None:
    with pytest.raises(Bug, match="23514"):
        async with database.transaction() as tx:
            await tx.connection.exec_driver_sql("SELECT audit_checkpoint_append(%(note)s)", {"note": note})
    await trail.checkpoint(database)
    assert (await trail.verify_database(database)).whole


@pytest.mark.parametrize("note", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_checkpoint_is_named_and_all_else_is_proved(
    database: Database, database_urls: DatabaseUrls, note: str
) -> None:
    """Somebody with the database itself put it there; a break in the chain is found beside it."""
    first = await trail.checkpoint(database)
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("INSERT INTO audit_checkpoint (at_wall, note) VALUES (now(), %s)", (note,))
    last = await trail.checkpoint(database)
    result = await trail.verify_database(database, kept=[first, last])
    assert (result.bad_checkpoints, result.kept, result.first_broken) == ((2,), 3, None)
    assert result.unsealed_tail == 0
    tamper(database_urls, "audit_event", "UPDATE audit_event SET outcome = 'x' WHERE shard = 0 AND seq = 2")
    assert (await trail.verify_database(database)).first_broken == (0, 2)


async def test_a_note_that_our_key_did_not_sign_is_named(database: Database) -> None:
    """The form alone gets in, and no further."""
    async with database.transaction() as tx:
        await tx.connection.exec_driver_sql(
            "SELECT audit_checkpoint_append(%(note)s)",
            {"note": sign_note(OTHER, HEADS, number=1, previous=None)},
        )
    await trail.checkpoint(database)
    assert (await trail.verify_database(database)).bad_checkpoints == (1,)


@pytest.fixture
async def exported(database: Database, tmp_path: Path) -> list[bytes]:
    await trail.export(database, tmp_path / "audit.jsonl")
    return (tmp_path / "audit.jsonl").read_bytes().splitlines(keepends=True)


HOSTILE: dict[str, Callable[[list[bytes]], bytes]] = {
    "empty": lambda _: b"",
    "deep": lambda lines: lines[0] + b"[" * 100_000 + b"]" * 100_000 + b"\n",
    "deep object": lambda lines: lines[0] + b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "huge number": lambda lines: lines[0] + lines[1].replace(b'"seq":1', b'"seq":' + b"9" * 4000),
    "infinite number": lambda lines: lines[0] + lines[1].replace(b'"seq":1', b'"seq":1e999'),
    "negative number": lambda lines: lines[0] + lines[1].replace(b'"seq":1', b'"seq":-1'),
    "a list": lambda lines: lines[0] + b"[1]\n",
    "no header": lambda lines: b"".join(lines[1:]),
    "two headers": lambda lines: lines[0] + b"".join(lines),
    "another format": lambda lines: lines[0].replace(b'"format":1', b'"format":2') + b"".join(lines[1:]),
    "a short key": lambda _: b'{"kind":"header","format":1,"public_key":"AAAA"}\n',
    "a key that is a number": lambda _: b'{"kind":"header","format":1,"public_key":7}\n',
    "compressed": lambda _: b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "a long line": lambda lines: lines[0] + b'{"kind":"event","body":"' + b"x" * 100_000_000 + b'"}\n',
    "a kind of its own": lambda lines: lines[0] + b'{"kind":["event"]}\n',
    "a note that is none": lambda lines: b"".join(lines[:-1]) + b'{"kind":"checkpoint","note":7}\n',
    "letters cut": lambda lines: b"".join(lines)[:-40],
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_export_is_said_to_be_none(exported: list[bytes], tmp_path: Path, name: str) -> None:
    path = tmp_path / "hostile.jsonl"
    path.write_bytes(HOSTILE[name](exported))
    with pytest.raises(ProtocolError, match="is not a line of an audit export"):
        verify(path)


async def test_what_is_longer_than_a_line_of_an_export_is_no_entry(
    database: Database, tmp_path: Path
) -> None:
    """One that is written cannot be removed, and no export that holds it could be read again."""
    longest = "\x01" * 131_072
    for body, fits in ((longest, True), (longest + "x", False), ("ż" * 65_537, False)):
        with nullcontext() if fits else pytest.raises(Bug, match="23514"):
            async with database.transaction() as tx:
                await tx.connection.exec_driver_sql(
                    "SELECT audit_append('x', 'x', 'x', 'x', 'ok', %(body)s, now(), 1)", {"body": body}
                )
    await trail.checkpoint(database)
    await trail.export(database, tmp_path / "audit.jsonl")
    assert verify(tmp_path / "audit.jsonl").whole


def test_a_pipe_is_no_export_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ProtocolError, match="is not a line of an audit export"):
        verify(tmp_path / "pipe")


async def test_an_export_follows_no_link_and_replaces_nothing(database: Database, tmp_path: Path) -> None:
    """Whoever may write to the folder cannot have a file overwritten that is elsewhere."""
    precious, folder = tmp_path / "precious", tmp_path / "shared"
    folder.mkdir(mode=0o777)
    precious.write_text("ours", encoding="utf-8")
    for name in ("audit.jsonl", "audit.jsonl.new"):
        (folder / name).symlink_to(precious)
    (folder / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    for name in ("audit.jsonl", "dangling.jsonl"):
        with pytest.raises(ConfigError, match="name another file"):
            await trail.export(database, folder / name)
    (folder / "fresh.jsonl.new").symlink_to(precious)
    await trail.export(database, folder / "fresh.jsonl")
    assert precious.read_text(encoding="utf-8") == "ours"
    assert not (tmp_path / "nowhere").exists()
    assert sorted(each.name for each in folder.iterdir()) == [
        "audit.jsonl", "audit.jsonl.new", "dangling.jsonl", "fresh.jsonl", "fresh.jsonl.new",
    ]  # fmt: skip
