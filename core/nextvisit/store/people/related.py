"""Who belongs to a patient: the name and contact points sealed under the patient's key, found by blind
indexes.

While the patient has not arrived there is no such key, and the record waits under the one of rows that
belong to nobody yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from nextvisit.sdk.records import MisRef, RelatedPerson
from nextvisit.store.base.engine import Tx
from nextvisit.store.people.identity import (
    ContactDigest,
    Identity,
    PatientId,
    address_digests,
    formerly_known_by,
    identity_from_json,
    identity_of_related,
    identity_to_json,
)
from nextvisit.store.people.upsert import Reach
from nextvisit.store.people.versions import Version, place, version_of
from nextvisit.store.reading.mis import lock_source
from nextvisit.store.vault.seal import DataKey, open_sealed, seal

_KNOWN = text(
    """
    SELECT id, ref_digest, guardian, active, mis_version, mis_updated_at, mis_ahead FROM related_person
    WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))
    """
)
_PATIENTS = text(
    "SELECT id, ref_digest, dek FROM patient"
    " WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
)
_UPSERT = text(
    """
    INSERT INTO related_person (id, source, ref_digest, within, patient_digest, patient_id, guardian, active,
        starts_at, ends_at, sealed_person, mis_version, mis_updated_at, mis_ahead)
    VALUES (:id, :source, :digest, :within, :patient_digest, :patient, :guardian, :active,
        :starts_at, :ends_at, :sealed, :version, :at, :ahead)
    ON CONFLICT (source, ref_digest) DO UPDATE SET
        patient_digest = excluded.patient_digest, patient_id = excluded.patient_id,
        guardian = excluded.guardian, active = excluded.active, starts_at = excluded.starts_at,
        ends_at = excluded.ends_at, sealed_person = excluded.sealed_person,
        mis_version = excluded.mis_version, mis_updated_at = excluded.mis_updated_at,
        mis_ahead = excluded.mis_ahead
    """
)
_FORGET_DIGESTS = text("DELETE FROM related_digest WHERE related_id = ANY(CAST(:ids AS uuid[]))")
# What was refused from an address while it was theirs stays their refusal.
_REACHED_NO_MORE = text(
    "UPDATE related_digest SET until = :now WHERE related_id = :id AND (until IS NULL OR until = 'infinity')"
)
_DIGESTS = text(
    """
    INSERT INTO related_digest (kind, digest, related_id, until)
    VALUES (:kind, :digest, :id, CASE WHEN :former THEN CAST('infinity' AS timestamptz) END)
    ON CONFLICT (kind, digest, related_id) DO UPDATE SET until = excluded.until
    """
)
_REMOVE_DIGESTS = text(
    """
    DELETE FROM related_digest d USING related_person r
    WHERE d.related_id = r.id AND r.source = :source AND r.ref_digest = ANY(CAST(:digests AS bytea[]))
    """
)
_REMOVE = text(
    "DELETE FROM related_person WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
)
_LEFT_OUT = text(
    """
    SELECT r.id FROM related_person r
    JOIN patient p ON p.source = r.source AND p.ref_digest = r.patient_digest
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND r.within
        AND (r.mis_version, r.mis_updated_at) <> (p.mis_version, p.mis_updated_at)
    """
)
_FORGET = text("DELETE FROM related_person WHERE id = ANY(CAST(:ids AS uuid[]))")
_SEALED = text(
    "SELECT r.patient_id, r.sealed_person, p.dek FROM related_person r"
    " LEFT JOIN patient p ON p.id = r.patient_id WHERE r.id = :id"
)
_ORPHANS = text(
    """
    SELECT r.id, r.sealed_person, p.id AS patient, p.dek FROM related_person r
    JOIN patient p ON p.source = r.source AND p.ref_digest = r.patient_digest
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND r.patient_id IS NULL
    """
)
_ADOPT = text("UPDATE related_person SET patient_id = :patient, sealed_person = :sealed WHERE id = :id")
_GUARDIANS = text(
    """
    SELECT r.id, r.sealed_person, p.dek FROM related_person r JOIN patient p ON p.id = r.patient_id
    WHERE p.id = :patient AND r.guardian AND r.active AND p.dek IS NOT NULL
        AND (r.starts_at IS NULL OR r.starts_at <= :now) AND (r.ends_at IS NULL OR r.ends_at > :now)
    ORDER BY r.ref_digest
    """
)
_GUARDED = text(
    """
    SELECT DISTINCT r.patient_id FROM related_digest d JOIN related_person r ON r.id = d.related_id
    WHERE d.kind = :kind AND d.digest = :digest AND d.until IS NULL
        AND r.guardian AND r.active AND r.patient_id IS NOT NULL
    ORDER BY r.patient_id
    """
)
_OF_ONE_GUARDIAN: Final = 10


def guardian(of: str) -> str:
    """A common table expression for a statement WITH RECURSIVE: all records of the guardians who have these.

    of: a query of ids of records. until: as in `kinship.family`. Somebody has a record for each child, with
    some of their addresses: those with one in common are one guardian's, unless so many have it that it is a
    school's.
    """
    return f"""
        guardian AS (
            SELECT id, CAST('infinity' AS timestamptz) AS until FROM related_person
            WHERE guardian AND id IN ({of})
            UNION
            SELECT r.id, least(g.until, d.until, o.until) FROM guardian g
            JOIN related_digest d ON d.related_id = g.id
            JOIN related_digest o ON o.kind = d.kind AND o.digest = d.digest
            JOIN related_person r ON r.id = o.related_id
            WHERE r.guardian AND (
                SELECT count(*) FROM (
                    SELECT FROM related_digest b WHERE b.kind = d.kind AND b.digest = d.digest
                    LIMIT {_OF_ONE_GUARDIAN + 1}
                ) AS bearers
            ) <= {_OF_ONE_GUARDIAN}
        )
    """  # noqa: S608  constants


_OF_PATIENT = """
    SELECT r.id FROM patient p
    JOIN related_person r ON r.source = p.source AND r.patient_digest = p.ref_digest
    WHERE p.id = :patient AND r.active
"""
_GUARDIANS_ADDRESSES = text(
    f"""
    WITH RECURSIVE {guardian(_OF_PATIENT)}
    SELECT DISTINCT d.kind, d.digest FROM guardian g JOIN related_digest d ON d.related_id = g.id
    WHERE g.until = 'infinity' AND coalesce(d.until, 'infinity') = 'infinity' ORDER BY d.kind, d.digest
    """  # noqa: S608  constants
)


@dataclass(frozen=True, slots=True, repr=False)
class Guardian:
    """Who answers for a patient, as the MIS says. `repr` shows nothing."""

    identity: Identity
    languages: tuple[str, ...]

    def __repr__(self) -> str:
        return "Guardian()"


async def upsert_many(
    tx: Tx, source: str, people: Sequence[RelatedPerson], *, reach: Reach, has_now: bool = False
) -> None:
    """Take in a page. Outdated and repeated records change nothing; nobody is kept for an erased patient.

    has_now: as in `versions.place`.
    """
    if not people:
        return
    newest: dict[MisRef, RelatedPerson] = {}
    for each in people:
        other = newest.get(each.ref)
        order = "later" if other is None else place(_version(tx, each), _version(tx, other))
        if order != "earlier":
            newest[each.ref] = _permitted(each, other) if order == "unsure" else each
    await lock_source(tx, source)
    digests = {ref: tx.vault.mis_ref_digest(source, ref) for ref in newest}
    rows = await tx.connection.execute(_KNOWN, {"source": source, "digests": list(digests.values())})
    known = {row.ref_digest: row for row in rows}
    fresh = [
        news
        for ref, each in newest.items()
        if (news := _news(tx, each, known.get(digests[ref]), has_now=has_now)) is not None
    ]
    owners = await _owners(tx, source, fresh)
    for each in fresh:
        was = known.get(digests[each.ref])
        owner = owners.get(tx.vault.mis_ref_digest(source, each.patient))
        row_id = uuid7() if was is None else was.id
        await _write(tx, source, each, row_id=row_id, owner=owner, reach=reach)


async def adopt(tx: Tx, patients: Sequence[PatientId]) -> None:
    """These patients have just arrived: what waited for them goes under their keys."""
    for row in (await tx.connection.execute(_ORPHANS, {"ids": list(patients)})).all():
        plain = tx.vault.open_blob("related_person", "sealed_person", row.id, row.sealed_person)
        key = tx.vault.patient_key(row.patient, row.dek)
        sealed = seal(key, "related_person", "sealed_person", row.id, plain)
        await tx.connection.execute(_ADOPT, {"id": row.id, "patient": row.patient, "sealed": sealed})


async def leave_out(tx: Tx, patients: Sequence[PatientId]) -> None:
    """Who stood within an older version of these patients' records than is here belongs to them no more."""
    gone = (await tx.connection.execute(_LEFT_OUT, {"ids": list(patients)})).scalars().all()
    if gone:
        await tx.connection.execute(_FORGET_DIGESTS, {"ids": gone})
        await tx.connection.execute(_FORGET, {"ids": gone})


async def ref_of(tx: Tx, person: UUID) -> MisRef:
    """What the MIS calls this row's record."""
    row = (await tx.connection.execute(_SEALED, {"id": person})).one()
    if row.patient_id is None:
        plain = tx.vault.open_blob("related_person", "sealed_person", person, row.sealed_person)
    else:
        key = tx.vault.patient_key(row.patient_id, row.dek)
        plain = open_sealed(key, "related_person", "sealed_person", person, row.sealed_person)
    return identity_from_json(orjson.loads(plain)["who"]).ref


async def remove(tx: Tx, source: str, refs: Iterable[MisRef]) -> None:
    """They belong to nobody any more."""
    values = {"source": source, "digests": [tx.vault.mis_ref_digest(source, ref) for ref in refs]}
    await tx.connection.execute(_REMOVE_DIGESTS, values)
    await tx.connection.execute(_REMOVE, values)


async def guardians(tx: Tx, patient: PatientId) -> tuple[Guardian, ...]:
    """Who answers for the patient now; in a stable order. Nobody for an erased one."""
    rows = await tx.connection.execute(_GUARDIANS, {"patient": patient, "now": tx.now})
    return tuple(_guardian(tx.vault.patient_key(patient, row.dek), row) for row in rows)


async def guarded_from(tx: Tx, address: ContactDigest) -> tuple[PatientId, ...]:
    """The patients one of whose guardians has this address."""
    kind, digest = address
    values = {"kind": kind, "digest": digest}
    return tuple(PatientId(each) for each in (await tx.connection.execute(_GUARDED, values)).scalars())


async def addresses_of_guardians(tx: Tx, patient: PatientId) -> tuple[ContactDigest, ...]:
    """All that whoever answers for the patient is known at, for whichever child; in a stable order."""
    found = await tx.connection.execute(_GUARDIANS_ADDRESSES, {"patient": patient})
    return tuple((row.kind, row.digest) for row in found)


def _version(tx: Tx, person: RelatedPerson) -> Version:
    return version_of(person.version, person.updated_at, tx.now)


def _news(tx: Tx, person: RelatedPerson, known: Any, *, has_now: bool) -> RelatedPerson | None:
    """What of it is news; None when nothing is."""
    if known is None:
        return person
    before = Version(known.mis_version, known.mis_updated_at, ahead=known.mis_ahead)
    match place(_version(tx, person), before, has_now=has_now):
        case "later":
            return person
        case "unsure":
            return _permitted(person, known)
        case "here" | "earlier":
            return None


def _permitted(person: RelatedPerson, other: Any) -> RelatedPerson:
    """Somebody may be written to about somebody else only as the one and the other version says."""
    return replace(person, guardian=person.guardian and other.guardian, active=person.active and other.active)


async def _owners(tx: Tx, source: str, people: Sequence[RelatedPerson]) -> dict[bytes, Any]:
    digests = [tx.vault.mis_ref_digest(source, each.patient) for each in people]
    rows = await tx.connection.execute(_PATIENTS, {"source": source, "digests": digests})
    return {row.ref_digest: row for row in rows}


async def _write(
    tx: Tx, source: str, person: RelatedPerson, *, row_id: UUID, owner: Any, reach: Reach
) -> None:
    if owner is not None and owner.dek is None:
        return  # erased
    plain = _plain(person)
    if owner is None:
        sealed = tx.vault.seal_blob("related_person", "sealed_person", row_id, plain)
    else:
        key = tx.vault.patient_key(owner.id, owner.dek)
        sealed = seal(key, "related_person", "sealed_person", row_id, plain)
    version = _version(tx, person)
    values = {
        "id": row_id,
        "source": source,
        "digest": tx.vault.mis_ref_digest(source, person.ref),
        "within": person.within,
        "patient_digest": tx.vault.mis_ref_digest(source, person.patient),
        "patient": None if owner is None else owner.id,
        "guardian": person.guardian,
        "active": person.active,
        "starts_at": person.starts,
        "ends_at": person.ends,
        "sealed": sealed,
        "version": version.number,
        "at": version.at,
        "ahead": version.ahead,
    }
    await tx.connection.execute(_UPSERT, values)
    await tx.connection.execute(_REACHED_NO_MORE, {"id": row_id, "now": tx.now})
    who = identity_of_related(person)
    told = person.contact_points
    reached = {each: who.known_by(each, reach.country, tx.now) for each in reach.addresses}
    was = {each: formerly_known_by(told, each, reach.country, tx.now) for each in reach.addresses}
    found = [
        {"kind": kind, "digest": digest, "id": row_id, "former": former}
        for former, addresses in ((True, was), (False, reached))  # what is both is in use
        for kind, digest in address_digests(tx.vault, addresses)
    ]
    if found:
        await tx.connection.execute(_DIGESTS, found)


def _plain(person: RelatedPerson) -> bytes:
    return orjson.dumps({"who": identity_to_json(identity_of_related(person)), "languages": person.languages})


def _guardian(key: DataKey, row: Any) -> Guardian:
    plain = orjson.loads(open_sealed(key, "related_person", "sealed_person", row.id, row.sealed_person))
    return Guardian(identity_from_json(plain["who"]), tuple(plain["languages"]))
