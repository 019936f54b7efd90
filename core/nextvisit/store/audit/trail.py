"""Append-only evidence: entries that are chained, and signed checkpoints over the chains.

`Tx.audit` writes entries, in the transaction that they describe: no audit, no action. See chain for what
is hashed, note for what is signed, verify for the proof.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nextvisit.sdk.errors import ConfigError
from nextvisit.store.audit.chain import Event, Head
from nextvisit.store.audit.covered import compare
from nextvisit.store.audit.note import note_digest, public_key_text, read_note, sign_note
from nextvisit.store.audit.verify import Verifier, VerifyResult
from nextvisit.store.base.digest import instant_sql
from nextvisit.store.base.engine import Database
from nextvisit.store.base.entry import Entry

_CHECKPOINT_LOCK = 0x6E765F636B70
_EVENTS = text(
    f"SELECT shard, seq, {instant_sql('at_wall')} AS at_wall, {instant_sql('at')} AS at, actor, action,"  # noqa: S608
    " object_type, object_id, outcome, body, prev, hash FROM audit_event ORDER BY shard, seq"
)


async def checkpoint(database: Database) -> str:
    """Sign the present ends of all chains and store the note; returns it, to be kept elsewhere too."""
    async with database.transaction() as tx:
        connection = tx.connection
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHECKPOINT_LOCK})
        last = (
            await connection.execute(text("SELECT note FROM audit_checkpoint ORDER BY id DESC LIMIT 1"))
        ).scalar_one_or_none()
        number = (await connection.execute(text("SELECT count(*) + 1 FROM audit_checkpoint"))).scalar_one()
        heads = await _heads(connection)
        previous = None if last is None else note_digest(last)
        note = sign_note(tx.vault.signing_key(), heads, number=number, previous=previous)
        await connection.execute(text("SELECT audit_checkpoint_append(:note)"), {"note": note})
        return note


async def _heads(connection: AsyncConnection) -> tuple[Head, ...]:
    rows = await connection.execute(text("SELECT shard, seq, hash FROM audit_head ORDER BY shard"))
    return tuple(Head(shard=shard, seq=seq, hash=digest) for shard, seq, digest in rows)


async def _notes(connection: AsyncConnection) -> list[str]:
    return list((await connection.execute(text("SELECT note FROM audit_checkpoint ORDER BY id"))).scalars())


async def _events(connection: AsyncConnection) -> AsyncIterator[Event]:
    async with connection.stream(_EVENTS) as rows:
        async for row in rows:
            yield Event(
                shard=row.shard,
                seq=row.seq,
                at_wall=row.at_wall,
                at=row.at,
                actor=row.actor,
                action=row.action,
                object_type=row.object_type,
                object_id=row.object_id,
                outcome=row.outcome,
                body=row.body,
                prev=row.prev,
                hash=row.hash,
            )


async def export(database: Database, path: Path) -> int:
    """Write all events up to a checkpoint made now, and all checkpoints, as JSON lines; how many events.

    For `verify.verify`, which takes a file whose last events no checkpoint covers for one that was cut. The
    file appears whole or not at all, and never in another's place: ConfigError.
    """
    if await asyncio.to_thread(os.path.lexists, path):
        raise _is_there(path)
    note = await checkpoint(database)
    async with database.transaction() as tx:
        key = tx.vault.signing_key().public_key()
        ends = {head.shard: head.seq for head in read_note(key, note).heads}
        notes = await _notes(tx.connection)
        notes = notes[: notes.index(note) + 1]
        count = 0
        with _new_file(path) as file:
            file.write(_line({"kind": "header", "format": 1, "public_key": public_key_text(key)}))
            async for event in _events(tx.connection):
                if event.seq <= ends.get(event.shard, 0):
                    file.write(_line({"kind": "event", **event.to_json()}))
                    count += 1
            for each in notes:
                file.write(_line({"kind": "checkpoint", "note": each}))
        entry = Entry("audit.exported", "audit", "all", body={"events": count, "checkpoints": len(notes)})
        tx.audit(entry)
    return count


def _is_there(path: Path) -> ConfigError:
    return ConfigError("audit.export_exists", "is there already; name another file", place=str(path))


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Appears whole at the end of the block, and only where nothing is: no file, and no link to one either.

    Whoever may write to the folder can put something in its way, and no more: ConfigError.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ConfigError(
            "audit.export_file", error.strerror or "no file can be made", place=str(path)
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            _put(fresh, path)
        except FileExistsError as error:
            raise _is_there(path) from error
    finally:
        fresh.unlink(missing_ok=True)


def _put(fresh: Path, path: Path) -> None:
    """Unlike a rename alone it replaces nothing. Raises FileExistsError."""
    try:
        os.link(fresh, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken first
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        fresh.replace(path)


def _line(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


async def verify_database(database: Database, *, kept: Iterable[str] = ()) -> VerifyResult:
    """Prove the chains, and the rows by them. `kept`: checkpoints that were kept elsewhere."""
    async with database.transaction() as tx:
        # One snapshot: the chains grow while they are read.
        await tx.connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        notes = await _notes(tx.connection)
        heads = await _heads(tx.connection)
        verifier = Verifier(tx.vault.signing_key().public_key(), notes=notes, kept=tuple(kept))
        async for event in _events(tx.connection):
            verifier.take(event)
        rows = await compare(tx.connection)
    return replace(verifier.finish(heads), rows=rows, key_kept=True)


def public_key(database: Database) -> str:
    """Of the key that signs, for whoever keeps it elsewhere."""
    return public_key_text(database.vault.signing_key().public_key())
