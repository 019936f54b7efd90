"""A page of patients from a MIS into facts, sealed identities and blind indexes.

The same few statements per page, whatever its size: the rows travel as arrays. Only the labels that a
replaced record leaves to its survivor are written one by one; merges are rare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from uuid_utils.compat import uuid7

from nextvisit.sdk.addresses import EMAIL, MOBILE, Addresses
from nextvisit.sdk.records import MisRef, Patient
from nextvisit.segments.facts import latest_birth_date
from nextvisit.store.base.engine import Tx
from nextvisit.store.people import holds, kinship, merges, tags
from nextvisit.store.people.identity import (
    IDENTIFIER,
    ContactDigest,
    PatientId,
    PersonalNumber,
    address_digests,
    contact_digests,
    formerly_known_by,
    identity_of,
    open_identity,
    personal_numbers,
    seal_identity,
)
from nextvisit.store.people.merges import Remerged
from nextvisit.store.people.versions import Place, Version, place, version_of
from nextvisit.store.reading.mis import lock_source
from nextvisit.store.vault.seal import DataKey

PatientChange = Literal[
    "new", "identity", "deceased", "merged", "inactive", "test", "restricted", "contact", "language"
]

_KNOWN = text(
    """
    SELECT p.id, p.ref_digest, p.dek, p.dek_kid, p.language, p.active, p.deceased, p.test, p.restricted,
        p.erased_at IS NOT NULL AS erased, p.mis_version, p.mis_updated_at, p.mis_ahead, p.birth_date,
        p.replaced_by_digest, i.sealed_identity, c.kinds, c.digests, c.former
    FROM patient p LEFT JOIN patient_identity i ON i.patient_id = p.id CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(kind ORDER BY kind, digest), '{}') AS kinds,
            coalesce(array_agg(digest ORDER BY kind, digest), '{}') AS digests,
            coalesce(array_agg(former ORDER BY kind, digest), '{}') AS former
        FROM contact_digest WHERE patient_id = p.id
    ) AS c
    WHERE p.source = :source AND p.ref_digest = ANY(CAST(:digests AS bytea[]))
    ORDER BY p.id
    FOR UPDATE OF p
    """
)
_COLUMNS = {
    "id": "uuid",
    "ref_digest": "bytea",
    "dek": "bytea",
    "dek_kid": "integer",
    "birth_date": "date",
    "sex": "text",
    "language": "text",
    "active": "boolean",
    "deceased": "boolean",
    "test": "boolean",
    "restricted": "boolean",
    "replaced_by_digest": "bytea",
    "has_email": "boolean",
    "has_phone": "boolean",
    "mis_version": "text",
    "mis_updated_at": "timestamptz",
    "mis_ahead": "boolean",
}
_KEPT = frozenset({"id", "ref_digest", "dek", "dek_kid"})
# Death is latched, by an old version too: a MIS that takes it back is corrected by a person, not by the next
# sync.
_DIED = text("UPDATE patient SET deceased = true WHERE id = ANY(CAST(:ids AS uuid[]))")
_UPSERT = text(
    f"""
    INSERT INTO patient (source, known_since, {", ".join(_COLUMNS)})
    SELECT :source, :now, * FROM unnest({", ".join(f"CAST(:{n} AS {t}[])" for n, t in _COLUMNS.items())})
    ON CONFLICT (source, ref_digest) DO UPDATE SET
        {", ".join(f"{n} = excluded.{n}" for n in _COLUMNS if n not in _KEPT and n != "deceased")},
        deceased = patient.deceased OR excluded.deceased
    """  # noqa: S608  constant names
)
_IDENTITIES = text(
    """
    INSERT INTO patient_identity (patient_id, sealed_identity)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:sealed AS bytea[]))
    ON CONFLICT (patient_id) DO UPDATE SET sealed_identity = excluded.sealed_identity
    """
)
_FORGET_DIGESTS = text("DELETE FROM contact_digest WHERE patient_id = ANY(CAST(:ids AS uuid[]))")
_DIGESTS = text(
    """
    INSERT INTO contact_digest (kind, digest, patient_id, former)
    SELECT * FROM unnest(
        CAST(:kinds AS text[]), CAST(:digests AS bytea[]), CAST(:ids AS uuid[]), CAST(:former AS boolean[])
    )
    """
)
_ADOPT_APPOINTMENTS = text(
    """
    UPDATE appointment a SET patient_id = p.id FROM patient p
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND a.patient_id IS NULL AND a.patient_digest = p.ref_digest
    """
)
_ADOPT_CONSENTS = text("SELECT consent_adopt(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class UpsertedPatient:
    """changes: what this record changed, or another's did to it; empty for a repeated or erased one."""

    id: PatientId
    changes: frozenset[PatientChange]


@dataclass(frozen=True, slots=True)
class Reach:
    """In which spaces of addresses patients can be looked up. country: ISO 3166, of what names none."""

    addresses: tuple[Addresses, ...]
    country: str


@dataclass(slots=True)
class _Page:
    """What is going to be written. said: by record, those that it says it took the place of.

    borne: by record, the numbers of whose it is.
    """

    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _COLUMNS})
    sealed: list[bytes] = field(default_factory=list)
    recontacted: list[PatientId] = field(default_factory=list)
    digests: list[tuple[str, bytes, PatientId, bool]] = field(default_factory=list)
    new: list[PatientId] = field(default_factory=list)
    said: dict[bytes, list[bytes]] = field(default_factory=dict)
    borne: dict[bytes, frozenset[PersonalNumber]] = field(default_factory=dict)
    died: list[PatientId] = field(default_factory=list)
    changed: list[tuple[MisRef, Version]] = field(default_factory=list)


def _newest(patients: Iterable[Patient], now: datetime) -> dict[MisRef, Patient]:
    """The latest version of each, dead if any of them says so."""
    newest: dict[MisRef, Patient] = {}
    for patient in patients:
        other = newest.get(patient.ref)
        newest[patient.ref] = patient if other is None else _later_of(other, patient, now)
    return newest


def _later_of(one: Patient, came: Patient, now: datetime) -> Patient:
    order = place(_version(came, now), _version(one, now))
    if order == "unsure":
        came = replace(_stopped(came, one), replaced_by=came.replaced_by or one.replaced_by)
    return replace(one if order == "earlier" else came, deceased=one.deceased or came.deceased)


def _stopped(patient: Patient, other: Any) -> Patient:
    """As the one or the other says, whatever stops us."""
    return replace(
        patient,
        active=patient.active and other.active,
        test=patient.test or other.test,
        restricted=patient.restricted or other.restricted,
    )


def _version(patient: Patient, now: datetime) -> Version:
    return version_of(patient.version, patient.updated_at, now)


def _place(known: Any, version: Version, *, has_now: bool) -> Place:
    if known is None:
        return "later"
    if known.erased:
        return "here"
    before = Version(known.mis_version, known.mis_updated_at, ahead=known.mis_ahead)
    return place(version, before, has_now=has_now)


def _changes(known: Any, patient: Patient, digests: frozenset[ContactDigest]) -> set[PatientChange]:
    contact = {digest for digest in digests if digest[0] != IDENTIFIER}
    contact_before = {
        (kind, digest)
        for kind, digest, former in zip(known.kinds, known.digests, known.former, strict=True)
        if kind != IDENTIFIER and not former
    }
    happened: dict[PatientChange, bool] = {
        "deceased": patient.deceased and not known.deceased,
        "inactive": known.active and not patient.active,
        "test": patient.test and not known.test,
        "restricted": patient.restricted and not known.restricted,
        "contact": contact != contact_before,
        "language": _language(patient) != known.language,
    }
    return {change for change, holds in happened.items() if holds}


def _is_somebody_else(known: Any, patient: Patient, key: DataKey) -> bool:
    """Family name and birth date are both others: neither a marriage nor a corrected date."""
    born = latest_birth_date(patient.birth_date)
    if born is None or known.birth_date in {None, born} or known.sealed_identity is None:
        return False
    before = _words(open_identity(key, PatientId(known.id), known.sealed_identity).name)
    name = patient.name
    now = _words("" if name is None else name.family or name.text)
    return bool(before) and bool(now) and before.isdisjoint(now)


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", name.casefold()))


def _language(patient: Patient) -> str | None:
    return patient.languages[0] if patient.languages else None


def _take(
    tx: Tx,
    page: _Page,
    patient: Patient,
    *,
    source: str,
    reach: Reach,
    ref_digest: bytes,
    known: Any,
    has_now: bool,
) -> tuple[PatientId, set[PatientChange]]:
    version = _version(patient, tx.now)
    order = _place(known, version, has_now=has_now)
    if order in {"here", "earlier"}:
        if not patient.deceased or known.deceased or known.erased:
            return PatientId(known.id), set()
        page.died.append(PatientId(known.id))
        return PatientId(known.id), {"deceased"}
    vault = tx.vault
    replaced_by = patient.replaced_by and vault.mis_ref_digest(source, patient.replaced_by)
    if order == "unsure":
        patient, replaced_by = _stopped(patient, known), replaced_by or known.replaced_by_digest
    # A birth date that is missing or cannot be read makes nobody of age.
    born = latest_birth_date(patient.birth_date) or (None if known is None else known.birth_date)
    who = identity_of(patient)
    spaces = {*reach.addresses, MOBILE, EMAIL}
    reached = {each: who.known_by(each, reach.country, tx.now) for each in spaces}
    digests = contact_digests(vault, who, reached)
    former = {each: formerly_known_by(patient.contact_points, each, reach.country, tx.now) for each in spaces}
    found = {(kind, digest, False) for kind, digest in digests}
    found |= {(kind, digest, True) for kind, digest in address_digests(vault, former) - digests}
    changes: set[PatientChange]
    if known is None:
        patient_id = PatientId(uuid7())
        key, wrapped, kid = vault.new_patient_key(patient_id)
        changes = {"new"}
        page.new.append(patient_id)
    else:
        patient_id, wrapped, kid = PatientId(known.id), known.dek, known.dek_kid
        key = vault.patient_key(patient_id, wrapped)
        changes = _changes(known, patient, digests)
        if _is_somebody_else(known, patient, key):
            changes.add("identity")
            page.changed.append((patient.ref, version))
    page.said[ref_digest] = [vault.mis_ref_digest(source, each) for each in patient.replaces]
    page.borne[ref_digest] = personal_numbers(vault, source, patient)
    if known is None or found != set(zip(known.kinds, known.digests, known.former, strict=True)):
        page.digests += [(kind, digest, patient_id, over) for kind, digest, over in found]
        if known is not None:
            page.recontacted.append(patient_id)
    row = {
        "id": patient_id,
        "ref_digest": ref_digest,
        "dek": wrapped,
        "dek_kid": kid,
        "birth_date": born,
        "sex": patient.sex,
        "language": _language(patient),
        "active": patient.active,
        "deceased": patient.deceased,
        "test": patient.test,
        "restricted": patient.restricted,
        "replaced_by_digest": replaced_by,
        "has_email": bool(reached[EMAIL]),
        "has_phone": any(each.reachable for each in reached[MOBILE]),
        "mis_version": version.number,
        "mis_updated_at": version.at,
        "mis_ahead": version.ahead,
    }
    for name, value in row.items():
        page.rows[name].append(value)
    page.sealed.append(seal_identity(key, patient_id, who))
    return patient_id, changes


async def upsert_many(
    tx: Tx, source: str, patients: Sequence[Patient], *, reach: Reach, has_now: bool = False
) -> Sequence[UpsertedPatient]:
    """Take in a page: the newest record of each, then those whose place one of these took.

    has_now: as in `versions.place`.
    Pages of one source are taken in one after another, so that two of them cannot create the same patient.
    """
    if not patients:
        return ()
    newest = _newest(patients, tx.now)
    digests = {ref: tx.vault.mis_ref_digest(source, ref) for ref in newest}
    await lock_source(tx, source)
    rows = await tx.connection.execute(_KNOWN, {"source": source, "digests": list(digests.values())})
    known = {row.ref_digest: row for row in rows}
    page = _Page()
    taken = {
        digests[ref]: _take(
            tx,
            page,
            patient,
            source=source,
            reach=reach,
            ref_digest=digests[ref],
            known=known.get(digests[ref]),
            has_now=has_now,
        )
        for ref, patient in newest.items()
    }
    for each in await _write(tx, source, page):
        if each.merged and each.patient not in page.new:
            taken.setdefault(each.ref_digest, (each.patient, set()))[1].add("merged")
    return [UpsertedPatient(patient, frozenset(changes)) for patient, changes in taken.values()]


async def _write(tx: Tx, source: str, page: _Page) -> Sequence[Remerged]:
    connection = tx.connection
    if page.died:
        await connection.execute(_DIED, {"ids": page.died})
    if not page.sealed:
        return ()
    await connection.execute(_UPSERT, {"source": source, "now": tx.now, **page.rows})
    await connection.execute(_IDENTITIES, {"ids": page.rows["id"], "sealed": page.sealed})
    if page.recontacted:
        await connection.execute(_FORGET_DIGESTS, {"ids": page.recontacted})
    if page.digests:
        kinds, digests, ids, former = map(list, zip(*page.digests, strict=True))
        told = {"kinds": kinds, "digests": digests, "ids": ids, "former": former}
        await connection.execute(_DIGESTS, told)
    await holds.put_changed(tx, source, page.changed)
    remerged = await merges.settle(tx, source, page.said)
    await kinship.bear(tx, source, page.borne)
    await kinship.note(tx, [*page.rows["id"], *(each.patient for each in remerged)])
    moved = [*page.new, *(each.patient for each in remerged if each.merged)]
    if moved:
        await tags.pass_on(tx, moved)
    if page.new:
        await connection.execute(_ADOPT_APPOINTMENTS, {"ids": page.new})
        await connection.execute(_ADOPT_CONSENTS, {"ids": page.new})
    return remerged
