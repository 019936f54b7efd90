"""Patients as the store knows them: reading them, finding them, opening who they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from sqlalchemy import text

from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.records import AppointmentStatus, MisRef, Specialty
from nextvisit.segments.facts import PatientFacts, VisitFact
from nextvisit.segments.model import Sex
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.people import kinship, tags
from nextvisit.store.people.identity import (
    IDENTIFIER,
    ContactDigest,
    Identity,
    PatientId,
    identifier_digest,
    open_identity,
)
from nextvisit.store.people.upsert import PatientChange, UpsertedPatient, upsert_many
from nextvisit.store.vault.seal import DataKey

__all__ = [
    "Addressee",
    "Identity",
    "PatientChange",
    "PatientId",
    "RecordStatus",
    "UpsertedPatient",
    "address",
    "addressee",
    "addresses_of",
    "any_erased",
    "by_ref",
    "ever_addresses_of",
    "ever_known_at",
    "facts",
    "find_by_address",
    "find_by_identifier",
    "gone",
    "identity",
    "is_erased",
    "is_known",
    "known_at",
    "living",
    "patient_key",
    "upsert_many",
    "visit_refs",
]

_KEY = text("SELECT dek FROM patient WHERE id = :id")
_LANGUAGE = text("SELECT language FROM patient WHERE id = :id")
_IDENTITY = text(
    "SELECT p.dek, i.sealed_identity FROM patient p LEFT JOIN patient_identity i ON i.patient_id = p.id"
    " WHERE p.id = :id"
)
_ADDRESSEE = text(
    f"""
    SELECT p.source, p.active, p.deceased OR {kinship.twin_died("p")} AS deceased,
        p.merged_into_digest IS NOT NULL AS merged, p.test, p.restricted,
        EXISTS (SELECT FROM patient_hold h WHERE h.source = p.source AND h.patient_digest = p.ref_digest)
            AS held,
        p.erased_at IS NOT NULL AS erased, p.zone, p.birth_date, p.language, p.dek, i.sealed_identity
    FROM patient p LEFT JOIN patient_identity i ON i.patient_id = p.id WHERE p.id = :id
    """  # noqa: S608  constants
)
_FACTS = text(
    "SELECT birth_date, sex, language, active AND erased_at IS NULL AS active, deceased, test, restricted,"
    " has_email, has_phone FROM patient WHERE id = :id"
)
_VISITS = text(
    "SELECT status, visit_at, visit_specialty FROM appointment"
    " WHERE patient_id = :id AND visit_at IS NOT NULL ORDER BY visit_at, id"
)
_BY_DIGEST = text(
    "SELECT patient_id FROM contact_digest WHERE kind = :kind AND digest = :digest AND NOT former"
    " ORDER BY patient_id"
)
_EVER_BY_DIGEST = text(
    "SELECT patient_id FROM contact_digest WHERE kind = :kind AND digest = :digest ORDER BY patient_id"
)
_LIVING = text(
    "SELECT id FROM patient WHERE id = ANY(CAST(:ids AS uuid[])) AND NOT deceased"
    " AND merged_into_digest IS NULL ORDER BY id"
)
_KNOWN = text("SELECT 1 FROM patient WHERE id = :id")
_ADDRESSES = text(
    "SELECT kind, digest FROM contact_digest WHERE patient_id = :id AND kind <> :identifier AND NOT former"
    " ORDER BY kind, digest"
)
_EVER_ADDRESSES = text("SELECT kind, digest FROM contact_digest WHERE patient_id = :id ORDER BY kind, digest")
_VISIT_REFS = text("SELECT DISTINCT source, ref FROM appointment WHERE patient_id = :id")
_ERASED = text("SELECT erased_at IS NOT NULL FROM patient WHERE id = :id")
_ERASED_OF = text(
    "SELECT EXISTS (SELECT FROM patient WHERE source = :source"
    " AND ref_digest = ANY(CAST(:digests AS bytea[])) AND erased_at IS NOT NULL)"
)
_BY_REF = text("SELECT id FROM patient WHERE source = :source AND ref_digest = :digest")


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """What the gate must know beside the facts. merged: the MIS replaced the record by another.

    deceased: this record says so, or another of the same person.
    held: something about the patient could not be read (store.people.holds).
    """

    source: str
    active: bool
    deceased: bool
    merged: bool
    test: bool
    restricted: bool
    held: bool
    erased: bool
    zone: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Addressee:
    """Whom a message goes to. identity and key are None once the patient was erased. `repr` shows nothing."""

    record: RecordStatus
    birth_date: date | None
    language: str | None
    identity: Identity | None
    key: DataKey | None

    def __repr__(self) -> str:
        return "Addressee()"


async def patient_key(tx: Tx, patient: PatientId) -> DataKey:
    """The key under which this patient's sealed values are. Raises Rejected when erased or unknown."""
    wrapped = (await tx.connection.execute(_KEY, {"id": patient})).scalar_one_or_none()
    if wrapped is None:
        raise gone(patient)
    return tx.vault.patient_key(patient, wrapped)


def gone(patient: PatientId) -> Rejected:
    """There is no such patient, or no more."""
    return Rejected("patient.erased", f"patient {patient} is erased or was never here")


async def identity(tx: Tx, patient: PatientId, *, why: str) -> Identity:
    """Who it is. Every call is an audit entry; `why` is a code or a purpose, without patient data.

    Raises Rejected when erased or unknown.
    """
    row = (await tx.connection.execute(_IDENTITY, {"id": patient})).one_or_none()
    if row is None or row.dek is None or row.sealed_identity is None:
        raise gone(patient)
    tx.audit(Entry("patient.read", "patient", str(patient), body={"why": why}))
    return open_identity(tx.vault.patient_key(patient, row.dek), patient, row.sealed_identity)


async def addressee(tx: Tx, patient: PatientId, *, why: str) -> Addressee:
    """All that a message needs, in one statement. Reads the identity, so it is an audit entry as `identity`.

    Raises Rejected when unknown.
    """
    row = (await tx.connection.execute(_ADDRESSEE, {"id": patient})).one_or_none()
    if row is None:
        raise gone(patient)
    record = RecordStatus(
        source=row.source,
        active=row.active,
        deceased=row.deceased,
        merged=row.merged,
        test=row.test,
        restricted=row.restricted,
        held=row.held,
        erased=row.erased,
        zone=row.zone,
    )
    if record.erased:
        return Addressee(record, row.birth_date, row.language, None, None)
    if row.dek is None or row.sealed_identity is None:
        raise gone(patient)
    tx.audit(Entry("patient.read", "patient", str(patient), body={"why": why}))
    key = tx.vault.patient_key(patient, row.dek)
    return Addressee(
        record, row.birth_date, row.language, open_identity(key, patient, row.sealed_identity), key
    )


async def facts(tx: Tx, patient: PatientId) -> PatientFacts:
    """What a predicate may ask. An erased patient counts as inactive. Raises Rejected when unknown."""
    row = (await tx.connection.execute(_FACTS, {"id": patient})).one_or_none()
    if row is None:
        raise gone(patient)
    visits = (await tx.connection.execute(_VISITS, {"id": patient})).all()
    contacts: set[Literal["email", "phone"]] = set()
    if row.has_email:
        contacts.add("email")
    if row.has_phone:
        contacts.add("phone")
    return PatientFacts(
        birth_date=row.birth_date,
        sex=cast("Sex", row.sex),
        active=row.active,
        deceased=row.deceased,
        test=row.test,
        restricted=row.restricted,
        language=row.language,
        contacts=frozenset(contacts),
        visits=tuple(
            VisitFact(
                status=AppointmentStatus(visit.status),
                start=visit.visit_at,
                specialty=None if visit.visit_specialty is None else Specialty(visit.visit_specialty),
            )
            for visit in visits
        ),
        tags=frozenset(await tags.of_patient(tx, patient)),
    )


async def find_by_address(tx: Tx, space: AddressSpace, spelled: str) -> tuple[PatientId, ...]:
    """Everyone with this address, in its one spelling (families share them); in a stable order."""
    return await known_at(tx, address(tx, space, spelled))


def address(tx: Tx, space: AddressSpace, spelled: str) -> ContactDigest:
    """An address, in its one spelling, as it is kept beside what is said of it."""
    return (space, tx.vault.address_digest(space, spelled))


async def known_at(tx: Tx, address: ContactDigest) -> tuple[PatientId, ...]:
    """As `find_by_address`."""
    kind, digest = address
    found = await tx.connection.execute(_BY_DIGEST, {"kind": kind, "digest": digest})
    return tuple(PatientId(patient) for patient in found.scalars())


async def ever_known_at(tx: Tx, address: ContactDigest) -> tuple[PatientId, ...]:
    """As `known_at`, with those whose address it was, as the MIS says."""
    kind, digest = address
    found = await tx.connection.execute(_EVER_BY_DIGEST, {"kind": kind, "digest": digest})
    return tuple(PatientId(patient) for patient in found.scalars())


async def living(tx: Tx, those: Iterable[PatientId]) -> tuple[PatientId, ...]:
    """Those of them who can read anything: not the dead, nor a record whose place another took."""
    found = await tx.connection.execute(_LIVING, {"ids": list(those)})
    return tuple(PatientId(patient) for patient in found.scalars())


async def is_known(tx: Tx, patient: PatientId) -> bool:
    """Whether there is such a record, erased or not."""
    return (await tx.connection.scalar(_KNOWN, {"id": patient})) is not None


async def language(tx: Tx, patient: PatientId) -> str | None:
    """Which the MIS says that the patient prefers."""
    spoken: str | None = await tx.connection.scalar(_LANGUAGE, {"id": patient})
    return spoken


async def addresses_of(tx: Tx, patient: PatientId) -> tuple[ContactDigest, ...]:
    """All that the patient is known at, in a stable order."""
    found = await tx.connection.execute(_ADDRESSES, {"id": patient, "identifier": IDENTIFIER})
    return tuple((row.kind, row.digest) for row in found)


async def ever_addresses_of(tx: Tx, patient: PatientId) -> tuple[ContactDigest, ...]:
    """All that leads or ever led to the patient, identifiers too; in a stable order."""
    found = await tx.connection.execute(_EVER_ADDRESSES, {"id": patient})
    return tuple((row.kind, row.digest) for row in found)


async def visit_refs(tx: Tx, patient: PatientId) -> tuple[bytes, ...]:
    """The digests of what the MIS calls the patient's visits."""
    found = await tx.connection.execute(_VISIT_REFS, {"id": patient})
    return tuple(tx.vault.mis_ref_digest(row.source, row.ref) for row in found)


async def is_erased(tx: Tx, patient: PatientId) -> bool:
    """Whether this patient is here no more but for the row that keeps them out."""
    return bool(await tx.connection.scalar(_ERASED, {"id": patient}))


async def any_erased(tx: Tx, source: str, refs: Iterable[MisRef | None]) -> bool:
    """Whether one of these records of the MIS is of somebody who was erased."""
    digests = [tx.vault.mis_ref_digest(source, ref) for ref in refs if ref is not None]
    return bool(await tx.connection.scalar(_ERASED_OF, {"source": source, "digests": digests}))


async def find_by_identifier(tx: Tx, system: str, value: str) -> tuple[PatientId, ...]:
    """Everyone with this identifier; more than one is the MIS's duplicate."""
    digest = identifier_digest(tx.vault, system, value)
    found = await tx.connection.execute(_BY_DIGEST, {"kind": IDENTIFIER, "digest": digest})
    return tuple(PatientId(patient) for patient in found.scalars())


async def by_ref(tx: Tx, source: str, ref: MisRef) -> PatientId | None:
    """The patient of a MIS reference, if it has arrived."""
    digest = tx.vault.mis_ref_digest(source, ref)
    found = (await tx.connection.execute(_BY_REF, {"source": source, "digest": digest})).scalar_one_or_none()
    return None if found is None else PatientId(found)
