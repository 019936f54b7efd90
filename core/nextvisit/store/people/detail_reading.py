"""What is known of a patient and of the clinic, for whoever asks: one function a kind of record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from nextvisit.sdk.addresses import PHONE
from nextvisit.sdk.records import (
    Code,
    ConditionStatus,
    CoverageKind,
    Limit,
    MisRef,
    ProcedureStatus,
    ServiceType,
    Specialty,
)
from nextvisit.store.base.engine import Tx
from nextvisit.store.people.identity import PatientId


@dataclass(frozen=True, slots=True)
class KnownPractitioner:
    """role_of: whose role it is; the name is that record's then. `repr` shows no name."""

    ref: MisRef
    name: str
    specialties: tuple[Specialty, ...]
    locations: tuple[MisRef, ...]
    role_of: MisRef | None
    active: bool

    def __repr__(self) -> str:
        return f"KnownPractitioner(ref={self.ref!r})"


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """address: by line."""

    ref: MisRef
    name: str
    address: tuple[str, ...]
    part_of: MisRef | None
    active: bool


@dataclass(frozen=True, slots=True)
class KnownService:
    """An entry of the MIS's catalogue."""

    ref: MisRef
    name: str
    service_type: ServiceType | None
    specialty: Specialty | None
    locations: tuple[MisRef, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class KnownCoverage:
    """As `records.Coverage`."""

    kind: CoverageKind | None
    plan: str
    starts: datetime | None
    ends: datetime | None
    limit: Limit | None
    active: bool


@dataclass(frozen=True, slots=True)
class KnownCondition:
    """day: the first that its date may mean."""

    codes: tuple[Code, ...]
    day: date | None
    status: ConditionStatus | None


@dataclass(frozen=True, slots=True)
class KnownProcedure:
    """day: the first that its date may mean."""

    codes: tuple[Code, ...]
    day: date | None
    status: ProcedureStatus | None
    visit: MisRef | None


@dataclass(frozen=True, slots=True)
class KnownResult:
    """That there is one, and since when."""

    at: datetime | None
    visit: MisRef | None


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """As `records.Payment`."""

    amount: Decimal
    currency: str
    at: datetime | None
    visit: MisRef | None


@dataclass(frozen=True, slots=True)
class KnownCall:
    """From a number that is the patient's, or another's too."""

    answered: bool
    at: datetime | None
    line: str


@dataclass(frozen=True, slots=True)
class KnownFreedSlot:
    """As `records.SlotFreed`; at: when it was heard of."""

    ref: MisRef
    start: datetime
    end: datetime | None
    specialty: Specialty | None
    service_type: ServiceType | None
    practitioner: MisRef | None
    location: MisRef | None


async def practitioners(tx: Tx, source: str) -> tuple[KnownPractitioner, ...]:
    """Of one connection, by their references."""
    what = "id, ref, sealed_name, specialties, location_refs, role_of, active"
    rows = await _of_source(tx, what, "practitioner", source)
    return tuple(
        KnownPractitioner(
            MisRef(row.ref),
            _name(tx, row),
            tuple(map(Specialty, row.specialties)),
            tuple(map(MisRef, row.location_refs)),
            row.role_of,
            row.active,
        )
        for row in rows
    )


async def locations(tx: Tx, source: str) -> tuple[KnownLocation, ...]:
    """Of one connection, by their references."""
    rows = await _of_source(tx, "ref, name, address, part_of, active", "location", source)
    return tuple(
        KnownLocation(row.ref, row.name, tuple(row.address), row.part_of, row.active) for row in rows
    )


async def services(tx: Tx, source: str) -> tuple[KnownService, ...]:
    """Of one connection, by their references."""
    rows = await _of_source(
        tx, "ref, name, service_type, specialty, location_refs, active", "service", source
    )
    return tuple(
        KnownService(row.ref, row.name, row.service_type, row.specialty, tuple(row.location_refs), row.active)
        for row in rows
    )


async def coverages(tx: Tx, patient: PatientId) -> tuple[KnownCoverage, ...]:
    """The patient's, by when they begin."""
    what = "kind, plan, starts_at, ends_at, unused, unit, active"
    rows = await _of_patient(tx, what, "coverage", patient, by="starts_at NULLS FIRST")
    return tuple(
        KnownCoverage(
            None if row.kind is None else CoverageKind(row.kind),
            row.plan,
            row.starts_at,
            row.ends_at,
            None if row.unit is None else Limit(row.unused, row.unit),
            row.active,
        )
        for row in rows
    )


async def conditions(tx: Tx, patient: PatientId) -> tuple[KnownCondition, ...]:
    """The patient's, the oldest first."""
    rows = await _of_patient(tx, "codes, day, status", "condition", patient, by="day NULLS FIRST")
    return tuple(
        KnownCondition(_codes(row), row.day, None if row.status is None else ConditionStatus(row.status))
        for row in rows
    )


async def procedures(tx: Tx, patient: PatientId) -> tuple[KnownProcedure, ...]:
    """The patient's, the oldest first."""
    what = "codes, day, status, visit_ref"
    rows = await _of_patient(tx, what, "procedure", patient, by="day NULLS FIRST")
    return tuple(
        KnownProcedure(
            _codes(row), row.day, None if row.status is None else ProcedureStatus(row.status), row.visit_ref
        )
        for row in rows
    )


async def results_ready(tx: Tx, patient: PatientId) -> tuple[KnownResult, ...]:
    """The patient's, the oldest first."""
    rows = await _of_patient(tx, "at, visit_ref", "result_ready", patient, by="at NULLS FIRST")
    return tuple(KnownResult(row.at, row.visit_ref) for row in rows)


async def payments(tx: Tx, patient: PatientId) -> tuple[KnownPayment, ...]:
    """The patient's, the oldest first."""
    rows = await _of_patient(tx, "amount, currency, at, visit_ref", "payment", patient, by="at NULLS FIRST")
    return tuple(KnownPayment(row.amount, row.currency, row.at, row.visit_ref) for row in rows)


async def calls(tx: Tx, patient: PatientId) -> tuple[KnownCall, ...]:
    """From any number by which the patient is known, the oldest first."""
    rows = await tx.connection.execute(_CALLS, {"patient": patient, "space": PHONE.space})
    return tuple(KnownCall(row.answered, row.at, row.line) for row in rows)


async def slots_freed(tx: Tx, source: str, since: datetime) -> tuple[KnownFreedSlot, ...]:
    """Heard of at `since` or later, the earliest time first."""
    rows = await tx.connection.execute(_FREED, {"source": source, "since": since})
    return tuple(
        KnownFreedSlot(
            row.ref,
            row.start_at,
            row.end_at,
            row.specialty,
            row.service_type,
            row.practitioner_ref,
            row.location_ref,
        )
        for row in rows
    )


_CALLS = text(
    """
    SELECT c.answered, c.at, c.line FROM phone_call c
    WHERE NOT c.gone AND c.caller_digest IN (
        SELECT digest FROM contact_digest WHERE patient_id = :patient AND kind = :space AND NOT former
    ) ORDER BY c.at NULLS FIRST, c.ref
    """
)
_FREED = text(
    """
    SELECT ref, start_at, end_at, specialty, service_type, practitioner_ref, location_ref FROM slot_freed
    WHERE source = :source AND NOT gone AND mis_updated_at >= :since ORDER BY start_at, ref
    """
)


async def _of_source(tx: Tx, what: str, table: str, source: str) -> Sequence[Any]:
    query = f"SELECT {what} FROM {table} WHERE source = :source AND NOT gone ORDER BY ref"  # noqa: S608
    return (await tx.connection.execute(text(query), {"source": source})).all()


async def _of_patient(tx: Tx, what: str, table: str, patient: PatientId, *, by: str) -> Sequence[Any]:
    query = f"SELECT {what} FROM {table} WHERE patient_id = :id AND NOT gone ORDER BY {by}, ref"  # noqa: S608
    return (await tx.connection.execute(text(query), {"id": patient})).all()


def _name(tx: Tx, row: Any) -> str:
    if row.sealed_name is None:
        return ""
    return tx.vault.open_blob("practitioner", "sealed_name", row.id, row.sealed_name).decode()


def _codes(row: Any) -> tuple[Code, ...]:
    """Of `system|code`; a system may hold a bar, and a code may too: the last one parts them."""
    parts = (each.rpartition("|") for each in row.codes)
    return tuple(Code(code, system) for system, _, code in parts)
