"""Patients whom nobody writes to because a version of something about them could not be read.

What it says may be that they have died or want no word from us. A hold ends with the next version of the same
thing that reads, with the same one when a better adapter reads it, or when the MIS has the thing no more.

And patients who are somebody else by now, as after a restore of the MIS: what is kept of the one must not
reach the other. Such a hold ends when a person says that it is the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from nextvisit.sdk.records import Identifier, MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.people.identity import IDENTIFIER, PatientId, identifier_digest
from nextvisit.store.people.known import versions_of
from nextvisit.store.people.versions import Version, earlier, outdated, place, same

RECORD_UNREADABLE: Final = "record_unreadable"
"""Why such a patient is not written to."""
IDENTITY_CHANGED: Final = "identity_changed"
"""The reason of a hold that only a person ends: the MIS has somebody else under the patient's reference."""

_OF_REFS = text(
    "SELECT ref_digest, mis_version, mis_updated_at, since FROM patient_hold"
    " WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[])) FOR UPDATE"
)
_PUT = text(
    """
    INSERT INTO patient_hold
        (source, ref_digest, sealed_ref, patient_digest, reason, mis_version, mis_updated_at, since)
    VALUES (:source, :digest, :sealed, :patient, :reason, :version, :at, :now)
    ON CONFLICT (source, ref_digest, patient_digest) DO UPDATE SET reason = excluded.reason,
        mis_version = excluded.mis_version, mis_updated_at = excluded.mis_updated_at
    RETURNING NOT EXISTS (
            SELECT FROM patient_hold h
            WHERE h.source = :source AND h.ref_digest = :digest AND h.patient_digest = :patient
        ) AS fresh,
        (SELECT id FROM patient p WHERE p.source = :source AND p.ref_digest = :patient) AS patient
    """
)
# A patient's own record is about the patient, anything else about whom its earlier version named.
_ABOUT = text(
    """
    SELECT ref_digest AS patient FROM patient WHERE source = :source AND ref_digest = :digest
    UNION
    SELECT patient_digest FROM related_person WHERE source = :source AND ref_digest = :digest
    UNION
    SELECT patient_digest FROM appointment WHERE source = :source AND ref = :ref
    UNION
    (SELECT coalesce(c.patient_digest, p.ref_digest) FROM consent_event c
    LEFT JOIN patient p ON p.id = c.patient_id
    WHERE c.origin = :origin AND c.origin_ref = :ref
    ORDER BY c.origin_updated_at DESC NULLS LAST, c.recorded_at DESC LIMIT 1)
    UNION
    SELECT p.ref_digest FROM contact_digest d JOIN patient p ON p.id = d.patient_id
    WHERE p.source = :source AND d.kind = :identifier AND d.digest = ANY(CAST(:identifiers AS bytea[]))
    """
)
_ERASED = text(
    "SELECT ref_digest FROM patient WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
    " AND erased_at IS NOT NULL"
)
_END = text(
    """
    DELETE FROM patient_hold h WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))
    RETURNING h.ref_digest,
        (SELECT id FROM patient p WHERE p.source = h.source AND p.ref_digest = h.patient_digest) AS patient
    """
)
_OF_PATIENT = text(
    """
    SELECT h.source, h.ref_digest, h.sealed_ref, h.reason, h.mis_version, h.since
    FROM patient_hold h JOIN patient p ON p.source = h.source AND p.ref_digest = h.patient_digest
    WHERE p.id = :patient ORDER BY h.since, h.ref_digest
    """
)
_COUNTS = text(
    """
    SELECT h.source, count(DISTINCT h.patient_digest) AS patients, min(h.since) AS since,
        count(*) FILTER (WHERE h.reason = :changed) AS changed
    FROM patient_hold h JOIN patient p ON p.source = h.source AND p.ref_digest = h.patient_digest
    GROUP BY h.source
    """
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A version of a thing that could not be read. patient: whom it is about, if that could be.

    identifiers: of whom it is about, where it names nothing else.
    """

    ref: MisRef
    patient: MisRef | None
    reason: str
    version: Version
    identifiers: Sequence[Identifier] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """ref: the thing that could not be read; reason: the adapter's code."""

    ref: MisRef
    reason: str
    version: str
    since: datetime


@dataclass(frozen=True, slots=True)
class HeldPatients:
    """How many patients of a connection are held, and since when the first of them is.

    changed: those of them who are somebody else by now.
    """

    patients: int
    since: datetime
    changed: int


async def put(tx: Tx, source: str, unread: Sequence[Unread]) -> None:
    """Hold the patients of these, unless a later version of the thing was read. Audited when a hold begins.

    Of a thing that holds already, the later version counts. What is about nobody whom we know holds nobody.
    """
    refs = [each.ref for each in unread]
    standing, read = await _standing(tx, source, refs), await versions_of(tx, source, refs)
    for each in unread:
        known, before = read.get(each.ref), standing.get(each.ref)
        if known is not None and outdated(each.version, known):
            continue
        if before is not None and earlier(each.version, before):
            continue
        standing[each.ref] = each.version
        digest = tx.vault.mis_ref_digest(source, each.ref)
        for about in await _about(tx, source, each, digest):
            await _put(tx, source, each, digest, about)


async def _put(tx: Tx, source: str, unread: Unread, digest: bytes, about: bytes) -> None:
    values = {
        "source": source,
        "digest": digest,
        "sealed": tx.vault.seal_blob("patient_hold", "sealed_ref", digest.hex(), unread.ref.encode()),
        "patient": about,
        "reason": unread.reason,
        "version": unread.version.number,
        "at": None if unread.version.ahead else unread.version.at,
        "now": tx.now,
    }
    put = (await tx.connection.execute(_PUT, values)).one()
    if put.fresh:
        tx.audit(_entry("patient.held", digest, put.patient, {"reason": unread.reason, "source": source}))


async def end(tx: Tx, source: str, read: Iterable[tuple[MisRef, Version]]) -> None:
    """These versions read: what they, or older ones, held is free again. Audited.

    Called before they are written: what is here already says nothing of a version whose date nobody knows.
    """
    versions = list(read)
    standing = await _standing(tx, source, [ref for ref, _ in versions])
    known = await versions_of(tx, source, standing)
    over = {ref for ref, came in versions if ref in standing and _ends(came, standing[ref], known.get(ref))}
    await _end(tx, source, list(over))


def _ends(came: Version, held: Version, known: Version | None) -> bool:
    if same(came, held):
        return True
    news = known is None or not outdated(came, known)
    return news and place(came, held) == "later"


async def end_gone(tx: Tx, source: str, gone: Sequence[MisRef]) -> None:
    """The MIS has these no more, so that nothing unread speaks against writing. Audited."""
    await _end(tx, source, gone)


async def put_changed(tx: Tx, source: str, patients: Iterable[tuple[MisRef, Version]]) -> None:
    """Hold these, who are somebody else by now, until `end_changed`. Audited."""
    for ref, version in patients:
        digest = _identity_digest(tx, source, ref)
        values = {
            "source": source,
            "digest": digest,
            "sealed": tx.vault.seal_blob("patient_hold", "sealed_ref", digest.hex(), ref.encode()),
            "patient": tx.vault.mis_ref_digest(source, ref),
            "reason": IDENTITY_CHANGED,
            "version": version.number,
            "at": None if version.ahead else version.at,
            "now": tx.now,
        }
        patient = (await tx.connection.execute(_PUT, values)).one().patient
        tx.audit(_entry("patient.held", digest, patient, {"reason": IDENTITY_CHANGED, "source": source}))


async def end_changed(tx: Tx, patient: PatientId) -> bool:
    """A person says that it is the same one. False when nothing held the patient for that. Audited."""
    held = (await tx.connection.execute(_OF_PATIENT, {"patient": patient})).all()
    changed = [row for row in held if row.reason == IDENTITY_CHANGED]
    for row in changed:
        await tx.connection.execute(_END, {"source": row.source, "digests": [row.ref_digest]})
        tx.audit(_entry("patient.released", row.ref_digest, patient, {"source": row.source}))
    return bool(changed)


async def of_patient(tx: Tx, patient: PatientId) -> tuple[Hold, ...]:
    """What holds this patient, oldest first."""
    rows = await tx.connection.execute(_OF_PATIENT, {"patient": patient})
    return tuple(Hold(_ref(tx, row), row.reason, row.mis_version, row.since) for row in rows)


async def counts(tx: Tx) -> Mapping[str, HeldPatients]:
    """By connection; those without a held patient are missing."""
    rows = await tx.connection.execute(_COUNTS, {"changed": IDENTITY_CHANGED})
    return {row.source: HeldPatients(row.patients, row.since, row.changed) for row in rows}


async def _about(tx: Tx, source: str, unread: Unread, digest: bytes) -> set[bytes]:
    values = {
        "source": source,
        "digest": digest,
        "origin": f"mis:{source}",
        "ref": unread.ref,
        "identifier": IDENTIFIER,
        "identifiers": [identifier_digest(tx.vault, one.system, one.value) for one in unread.identifiers],
    }
    found = {row.patient for row in await tx.connection.execute(_ABOUT, values) if row.patient is not None}
    found |= set() if unread.patient is None else {tx.vault.mis_ref_digest(source, unread.patient)}
    erased = await tx.connection.execute(_ERASED, {"source": source, "digests": list(found)})
    return found - set(erased.scalars())


def _identity_digest(tx: Tx, source: str, ref: MisRef) -> bytes:
    """Of no thing of the MIS, so that no version of one ends the hold."""
    return tx.vault.mis_ref_digest(source, MisRef(f"{ref}#identity"))


def _ref(tx: Tx, row: Any) -> MisRef:
    opened = tx.vault.open_blob("patient_hold", "sealed_ref", row.ref_digest.hex(), row.sealed_ref)
    return MisRef(opened.decode())


async def _standing(tx: Tx, source: str, refs: Iterable[MisRef]) -> dict[MisRef, Version]:
    digests = {tx.vault.mis_ref_digest(source, ref): ref for ref in refs}
    if not digests:
        return {}
    rows = await tx.connection.execute(_OF_REFS, {"source": source, "digests": list(digests)})
    return {
        digests[row.ref_digest]: Version(
            row.mis_version, row.mis_updated_at or row.since, ahead=row.mis_updated_at is None
        )
        for row in rows
    }


async def _end(tx: Tx, source: str, refs: Sequence[MisRef]) -> None:
    if not refs:
        return
    digests = [tx.vault.mis_ref_digest(source, ref) for ref in refs]
    for row in await tx.connection.execute(_END, {"source": source, "digests": digests}):
        tx.audit(_entry("patient.released", row.ref_digest, row.patient, {"source": source}))


def _entry(action: str, digest: bytes, patient: PatientId | None, body: Mapping[str, str]) -> Entry:
    """Of the patient; of the thing while nobody knows its patient."""
    if patient is None:
        return Entry(action, "hold", digest.hex(), body=body)
    return Entry(action, "patient", str(patient), body={**body, "hold": digest.hex()})
