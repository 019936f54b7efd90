"""Visits, planned and past, a page at a time: three statements per page, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from nextvisit.sdk.records import Appointment, AppointmentStatus, MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.people.identity import PatientId
from nextvisit.store.reading.mis import lock_source

AppointmentId = NewType("AppointmentId", UUID)

_KNOWN = text(
    "SELECT id, ref, status, start_at, mis_version, mis_updated_at FROM appointment"
    " WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))"
)
_COLUMNS = {
    "id": "uuid",
    "ref": "text",
    "patient_digest": "bytea",
    "status": "text",
    "start_at": "timestamptz",
    "end_at": "timestamptz",
    "specialty": "text",
    "practitioner_ref": "text",
    "booking": "text",
    "mis_version": "text",
    "mis_updated_at": "timestamptz",
}
_KEPT = frozenset({"id", "ref"})
_UPSERT = text(
    f"""
    INSERT INTO appointment (source, patient_id, {", ".join(_COLUMNS)})
    SELECT :source, p.id, {", ".join(f"a.{name}" for name in _COLUMNS)}
    FROM unnest({", ".join(f"CAST(:{n} AS {t}[])" for n, t in _COLUMNS.items())})
        AS a({", ".join(_COLUMNS)})
    LEFT JOIN patient p ON p.source = :source AND p.ref_digest = a.patient_digest
    ON CONFLICT (source, ref) DO UPDATE SET
        patient_id = excluded.patient_id,
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEPT)}
    RETURNING id, patient_id
    """  # noqa: S608  constant names
)


@dataclass(frozen=True, slots=True)
class UpsertedAppointment:
    """patient: None while the patient has not arrived. previous_*: None for a new appointment."""

    id: AppointmentId
    ref: MisRef
    patient_id: PatientId | None
    status: AppointmentStatus
    previous_status: AppointmentStatus | None
    start: datetime | None
    previous_start: datetime | None
    booking: str | None


def _newest(appointments: Iterable[Appointment]) -> dict[str, Appointment]:
    newest: dict[str, Appointment] = {}
    for appointment in appointments:
        other = newest.get(appointment.ref)
        if other is None or appointment.updated_at >= other.updated_at:
            newest[appointment.ref] = appointment
    return newest


def _outdated(known: Any, appointment: Appointment) -> bool:
    if appointment.updated_at < known.mis_updated_at:
        return True
    return bool(appointment.updated_at == known.mis_updated_at and appointment.version == known.mis_version)


async def upsert_many(
    tx: Tx, source: str, appointments: Sequence[Appointment]
) -> Sequence[UpsertedAppointment]:
    """Take in a page; results for what was new or changed. Outdated and repeated records give none.

    An appointment whose patient has not arrived is kept and adopted when the patient comes.
    """
    if not appointments:
        return ()
    newest = _newest(appointments)
    await lock_source(tx, source)
    rows = await tx.connection.execute(_KNOWN, {"source": source, "refs": list(newest)})
    known = {row.ref: row for row in rows}
    fresh = [a for ref, a in newest.items() if ref not in known or not _outdated(known[ref], a)]
    if not fresh:
        return ()
    ids = [known[a.ref].id if a.ref in known else uuid7() for a in fresh]
    columns: dict[str, list[Any]] = {
        "id": ids,
        "ref": [a.ref for a in fresh],
        "patient_digest": [tx.vault.mis_ref_digest(source, a.patient) for a in fresh],
        "status": [a.status.value for a in fresh],
        "start_at": [a.start for a in fresh],
        "end_at": [a.end for a in fresh],
        "specialty": [a.specialty for a in fresh],
        "practitioner_ref": [a.practitioner for a in fresh],
        "booking": [a.booking for a in fresh],
        "mis_version": [a.version for a in fresh],
        "mis_updated_at": [a.updated_at for a in fresh],
    }
    written = await tx.connection.execute(_UPSERT, {"source": source, **columns})
    owners = {row.id: row.patient_id for row in written}
    return [
        _result(appointment_id, appointment, owners[appointment_id], known.get(appointment.ref))
        for appointment_id, appointment in zip(ids, fresh, strict=True)
    ]


def _result(row_id: UUID, appointment: Appointment, owner: UUID | None, before: Any) -> UpsertedAppointment:
    return UpsertedAppointment(
        id=AppointmentId(row_id),
        ref=appointment.ref,
        patient_id=None if owner is None else PatientId(owner),
        status=appointment.status,
        previous_status=None if before is None else AppointmentStatus(before.status),
        start=appointment.start,
        previous_start=None if before is None else before.start_at,
        booking=appointment.booking,
    )
