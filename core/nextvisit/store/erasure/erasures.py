"""Who was erased: the deed, what is left of it, and doing it again in a database that was restored.

Destroying a patient's key leaves noise of all that was sealed under it. What names them elsewhere goes with
it: blind indexes, labels, visits, whatever was sealed under a key of nobody's. A row without a key stays, so
that the MIS does not bring them back, and it is written outside the database who was erased.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.erasure.marks import Marks
from nextvisit.store.people import details, patients
from nextvisit.store.people.identity import IDENTIFIER, ContactDigest, PatientId
from nextvisit.store.queues import inbox_bodies
from nextvisit.store.reading.mis import lock_source
from nextvisit.store.vault.seal import OWN_KEY, kid_of

Why = Literal["request", "unlawful", "retention"]
"""The person asked for it; it should not have been kept; its time is over."""

_OF = text(
    "SELECT source, ref_digest, erased_at IS NOT NULL AS erased, dek IS NOT NULL AS opens FROM patient"
    " WHERE id = :id"
)
_KNOWN = text("SELECT id, source, ref_digest, erased_at FROM patient WHERE erased_at IS NOT NULL ORDER BY id")
_ERASE = text("SELECT patient_erase(:id, :actor, :why, :now)")
_SOURCES = text("SELECT id, source FROM patient WHERE id = :id OR (source = :source AND ref_digest = :ref)")
_TOMBSTONE = text(
    """
    INSERT INTO patient (id, source, ref_digest, sex, active, deceased, has_email, has_phone, mis_version,
        mis_updated_at, known_since, erased_at)
    VALUES (:id, :source, :ref, 'unknown', false, false, false, false, '', :at, :at, :at)
    """
)
_REPLIES = text(
    """
    UPDATE auto_reply SET sealed_to = '', sealed_content = NULL,
        reason = CASE state WHEN 'planned' THEN 'patient_erased' ELSE reason END,
        state = CASE state WHEN 'planned' THEN 'skipped' ELSE state END
    WHERE patient_id IS NULL AND state <> 'claimed' AND to_digest = ANY(CAST(:digests AS bytea[]))
    """
)
_HEARD = text("DELETE FROM heard WHERE digest = ANY(CAST(:digests AS bytea[]))")
_CHECKED = text("DELETE FROM address_check WHERE digest = ANY(CAST(:digests AS bytea[]))")
_NOTES = text(
    "SELECT id, sealed_note, sealed_done_reason FROM task"
    " WHERE patient_id IS NULL AND (sealed_note IS NOT NULL OR sealed_done_reason IS NOT NULL)"
)
_FORGET_NOTES = text(
    "UPDATE task SET sealed_note = NULL, sealed_done_reason = NULL WHERE id = ANY(CAST(:ids AS uuid[]))"
)
_BANS = text(
    "SELECT id, address_digest, sealed_reason, sealed_lift_reason FROM suppression WHERE patient_id IS NULL"
    " AND (sealed_reason IS NOT NULL OR sealed_lift_reason IS NOT NULL)"
)
_FORGET_BANS = text("SELECT suppression_forget_words(CAST(:ids AS uuid[]), :actor, :at)")
_HAS_LIST = text("SELECT EXISTS (SELECT FROM audit_event WHERE action = :action)")
LIST_BEGUN: Final = "erasure.list_begun"
"""The audit entry that says that a list of who was erased is kept outside the database."""
_NOBODYS: Final = frozenset({None, b""})


@dataclass(frozen=True, slots=True)
class Erased:
    """What is kept of it outside the database. ref: the keyed digest of what the MIS calls them."""

    patient: UUID
    source: str
    ref: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """So many things that came in about the person wait for the intake."""

    count: int


async def has_begun_list(tx: Tx) -> bool:
    """Whether this database, or the one that it was restored from, has ever had one."""
    return bool((await tx.connection.execute(_HAS_LIST, {"action": LIST_BEGUN})).scalar_one())


async def known(tx: Tx) -> list[Erased]:
    """Whom this database knows to have been erased."""
    query = text(
        "SELECT id, source, ref_digest, erased_at FROM patient WHERE erased_at IS NOT NULL ORDER BY id"
    )
    return [Erased(*row) for row in await tx.connection.execute(query)]


async def erase(tx: Tx, patient: PatientId, why: Why, *, waits: bool = True) -> Erased | Unprocessed | None:
    """All of it, in `tx`; None when it was done before. Raises Rejected when there is no such patient.

    waits: what came in about them and is not processed stands in the way: it may be a refusal.
    """
    row = (await tx.connection.execute(_OF, {"id": patient})).one_or_none()
    if row is None:
        raise patients.gone(patient)
    await lock_source(tx, row.source)
    row = (await tx.connection.execute(_OF, {"id": patient})).one()
    if row.erased:
        return None
    marks = Marks.of(await patients.identity(tx, patient, why="erasure"))
    known_as = [*await patients.visit_refs(tx, patient), *await details.refs_of(tx, patient)]
    refs = [row.ref_digest, *known_as]
    found = await inbox_bodies.unprocessed_of(tx, marks.found_in, refs)
    waiting = [each.id for each in found if each.state == "new"]
    if waits and waiting:
        return Unprocessed(len(waiting))
    addresses = await patients.ever_addresses_of(tx, patient)
    await tx.connection.execute(_ERASE, {"id": patient, "actor": tx.actor, "why": why, "now": tx.now})
    await inbox_bodies.forget(tx, [each.id for each in found])
    await inbox_bodies.forget_processed(tx, marks.found_in)
    await _forget_nobodys(tx, marks, addresses)
    return Erased(patient, row.source, row.ref_digest, tx.now)


async def _forget_nobodys(tx: Tx, marks: Marks, addresses: Iterable[ContactDigest]) -> None:
    """What is sealed under the key of rows that belong to no patient, and is about this one."""
    digests = [digest for kind, digest in addresses if kind != IDENTIFIER]
    for forget in (_REPLIES, _HEARD, _CHECKED):
        await tx.connection.execute(forget, {"digests": digests})
    notes = (await tx.connection.execute(_NOTES)).all()
    about = [
        row.id
        for row in notes
        if _about(tx, marks, "task", row.id, sealed_note=row.sealed_note, sealed_done_reason=row[2])
    ]
    await tx.connection.execute(_FORGET_NOTES, {"ids": about})
    bans = (await tx.connection.execute(_BANS)).all()
    banned = [
        row.id
        for row in bans
        if row.address_digest in digests
        or _about(tx, marks, "suppression", row.id, sealed_reason=row[2], sealed_lift_reason=row[3])
    ]
    await tx.connection.execute(_FORGET_BANS, {"ids": banned, "actor": tx.actor, "at": tx.now})


def _about(tx: Tx, marks: Marks, table: str, row: UUID, **sealed: bytes | None) -> bool:
    return any(
        marks.found_in(tx.vault.open_blob(table, column, row, value))
        for column, value in sealed.items()
        if value is not None and value not in _NOBODYS and kid_of(value) != OWN_KEY
    )


async def again(tx: Tx, erased: Erased) -> PatientId | None:
    """Who of a restored database was erased before; a row that keeps them out is written where none is.

    None where nothing is left to do.
    """
    values = {"id": erased.patient, "source": erased.source, "ref": erased.ref}
    await lock_source(tx, erased.source)
    row = (await tx.connection.execute(_SOURCES, values)).one_or_none()
    if row is None:
        await tx.connection.execute(_TOMBSTONE, values | {"at": erased.at})
        return None
    return None if await patients.is_erased(tx, row.id) else PatientId(row.id)
