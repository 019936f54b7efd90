"""Visits, planned and past, a page at a time: a few statements per page, whatever its size.

A visit of several patients is a row for each of them. An encounter that stands for an appointment counts in
its
place, whichever of the two comes first, while it is not cancelled or entered in error; `visit_at` says when
a row counts as a visit, and that it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from nextvisit.sdk.records import Appointment, AppointmentStatus, MisRef, Specialty
from nextvisit.store.base.engine import Tx
from nextvisit.store.people.identity import PatientId
from nextvisit.store.people.versions import Version, earlier, place, version_of
from nextvisit.store.reading.mis import lock_source

AppointmentId = NewType("AppointmentId", UUID)

# FOR UPDATE is not needed: one writer of a source at a time.
_KNOWN = text(
    """
    SELECT id, ref, patient_digest, status, appointment_ref, mis_version, mis_updated_at, mis_ahead
    FROM appointment WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))
    """
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
    "service_ref": "text",
    "service_type": "text",
    "location_ref": "text",
    "booking": "text",
    "stay": "boolean",
    "appointment_ref": "text",
    "visit_at": "timestamptz",
    "visit_specialty": "text",
    "mis_version": "text",
    "mis_updated_at": "timestamptz",
    "mis_ahead": "boolean",
}
_KEPT = frozenset({"id", "ref", "patient_digest"})
_UPSERT = text(
    f"""
    INSERT INTO appointment (source, patient_id, {", ".join(_COLUMNS)})
    SELECT :source, p.id, {", ".join(f"a.{name}" for name in _COLUMNS)}
    FROM unnest({", ".join(f"CAST(:{n} AS {t}[])" for n, t in _COLUMNS.items())})
        AS a({", ".join(_COLUMNS)})
    LEFT JOIN patient p ON p.source = :source AND p.ref_digest = a.patient_digest
    WHERE p.erased_at IS NULL
    ON CONFLICT (source, ref, patient_digest) DO UPDATE SET
        patient_id = excluded.patient_id,
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEPT)}
    """  # noqa: S608  constant names
)
# Who is out of a visit of several: the version is that of those who are still in it.
_OUT = text(
    """
    UPDATE appointment a SET status = 'cancelled', mis_version = v.version, mis_updated_at = v.at,
        mis_ahead = v.ahead
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS text[]), CAST(:ats AS timestamptz[]),
        CAST(:aheads AS boolean[])) AS v(id, version, at, ahead)
    WHERE a.id = v.id
    """
)
_COUNT = text(
    """
    UPDATE appointment a SET visit_at = says.at, visit_specialty = says.specialty
    FROM (
        SELECT v.id, coalesce(v.specialty, planned.specialty) AS specialty,
            CASE WHEN v.stay OR EXISTS (
                SELECT FROM appointment e
                WHERE e.source = v.source AND e.appointment_ref = v.ref AND e.patient_digest =
                v.patient_digest
                    AND e.id <> v.id AND e.status NOT IN ('cancelled', 'entered-in-error')
            ) THEN NULL ELSE coalesce(v.start_at, planned.start_at) END AS at
        FROM appointment v LEFT JOIN appointment planned
            ON planned.source = v.source AND planned.ref = v.appointment_ref
            AND planned.patient_digest = v.patient_digest
        WHERE v.source = :source
            AND (v.ref = ANY(CAST(:refs AS text[])) OR v.appointment_ref = ANY(CAST(:refs AS text[])))
    ) AS says
    WHERE a.id = says.id
        AND (a.visit_at, a.visit_specialty) IS DISTINCT FROM (says.at, says.specialty)
    """
)
_WRITTEN = text(
    """
    SELECT id, patient_id, visit_at, visit_specialty FROM appointment WHERE id = ANY(CAST(:ids AS uuid[]))
    """
)
_IN_HOSPITAL = text(
    """
    SELECT EXISTS (
        SELECT FROM appointment WHERE patient_id = :patient AND stay
            AND (status IN ('arrived', 'checked-in') OR (status = 'fulfilled' AND end_at IS NOT NULL))
            AND (start_at IS NULL OR start_at <= :now) AND (end_at IS NULL OR end_at > :now)
    )
    """
)

_FORGOTTEN = text(
    """
    SELECT count(*) FROM appointment WHERE source = :source AND stay AND patient_id IS NOT NULL
        AND status IN ('arrived', 'checked-in') AND end_at IS NULL
        AND coalesce(start_at, mis_updated_at) < :before AND mis_updated_at < :before
    """
)


@dataclass(frozen=True, slots=True)
class UpsertedAppointment:
    """One patient's part in a visit that was new or changed.

    patient_id: None while the patient has not arrived. visit_at, specialty: as what it counts; visit_at is
    None when it counts as no visit. previous_status: None for a new one; of an encounter that is new, its
    appointment's.
    """

    id: AppointmentId
    ref: MisRef
    patient_id: PatientId | None
    status: AppointmentStatus
    previous_status: AppointmentStatus | None
    visit_at: datetime | None
    specialty: Specialty | None
    booking: str | None


def _version(appointment: Appointment, now: datetime) -> Version:
    return version_of(appointment.version, appointment.updated_at, now)


def _known_version(known: Any) -> Version:
    return Version(known.mis_version, known.mis_updated_at, ahead=known.mis_ahead)


def _newest(appointments: Iterable[Appointment], now: datetime) -> dict[str, list[Appointment]]:
    """All parts of the newest version of each."""
    newest: dict[str, list[Appointment]] = {}
    for each in appointments:
        parts = newest.setdefault(each.ref, [])
        if parts and earlier(_version(each, now), _version(parts[0], now)):
            continue
        if parts and (each.version, each.updated_at) != (parts[0].version, parts[0].updated_at):
            parts.clear()
        parts[:] = [part for part in parts if part.patient != each.patient] + [each]
    return newest


async def upsert_many(
    tx: Tx, source: str, appointments: Sequence[Appointment], *, has_now: bool = False
) -> Sequence[UpsertedAppointment]:
    """Take in a page; results for what was new or changed. Outdated and repeated records give none.

    has_now: as in `versions.place`.

    Whoever was in the earlier version of a visit and is not in this one counts as cancelled. An appointment
    whose patient has not arrived is kept and adopted when the patient comes.
    """
    if not appointments:
        return ()
    newest = _newest(appointments, tx.now)
    await lock_source(tx, source)
    named = {part.appointment for parts in newest.values() for part in parts if part.appointment is not None}
    rows = await tx.connection.execute(_KNOWN, {"source": source, "refs": [*newest, *named]})
    known: dict[str, dict[bytes, Any]] = {}
    for row in rows:
        known.setdefault(row.ref, {})[row.patient_digest] = row
    fresh = [
        part
        for ref, parts in newest.items()
        if _is_news(parts[0], known.get(ref), tx.now, has_now=has_now)
        for part in parts
    ]
    if not fresh:
        return ()
    digests = [tx.vault.mis_ref_digest(source, part.patient) for part in fresh]
    before = [known.get(part.ref, {}).get(digest) for part, digest in zip(fresh, digests, strict=True)]
    ids = [uuid7() if row is None else row.id for row in before]
    await tx.connection.execute(_UPSERT, {"source": source, **_columns(fresh, digests, ids, tx.now)})
    await _leave_out(tx, fresh, known, set(ids))
    await _count(tx, source, fresh, known)
    written = {row.id: row for row in await tx.connection.execute(_WRITTEN, {"ids": ids})}
    planned = [
        known.get(part.appointment or "", {}).get(digest) for part, digest in zip(fresh, digests, strict=True)
    ]
    return [
        _result(part, written[row_id], was or plan)
        for part, row_id, was, plan in zip(fresh, ids, before, planned, strict=True)
        if row_id in written  # of somebody who was erased nothing is
    ]


async def forgotten_stays(tx: Tx, source: str, before: datetime) -> int:
    """How many stays in hospital began before, were not touched since, and nobody ended."""
    found = await tx.connection.execute(_FORGOTTEN, {"source": source, "before": before})
    return int(found.scalar_one())


async def in_hospital(tx: Tx, patient: PatientId, now: datetime) -> bool:
    """Whether the patient is in a stay that has begun and, as far as the MIS says, not ended."""
    return bool((await tx.connection.execute(_IN_HOSPITAL, {"patient": patient, "now": now})).scalar_one())


async def recount(tx: Tx, source: str, refs: Iterable[str]) -> None:
    """Say anew as what these, and those that stand for them, count."""
    await tx.connection.execute(_COUNT, {"source": source, "refs": list(refs)})


def _is_news(part: Appointment, known: dict[bytes, Any] | None, now: datetime, *, has_now: bool) -> bool:
    if known is None:
        return True
    # All rows of a visit are of one version.
    before = _known_version(next(iter(known.values())))
    return place(_version(part, now), before, has_now=has_now) in {"unsure", "later"}


def _columns(
    fresh: Sequence[Appointment], digests: Sequence[bytes], ids: Sequence[UUID], now: datetime
) -> dict[str, list[Any]]:
    versions = [_version(each, now) for each in fresh]
    return {
        "id": list(ids),
        "ref": [each.ref for each in fresh],
        "patient_digest": list(digests),
        "status": [each.status.value for each in fresh],
        "start_at": [each.start for each in fresh],
        "end_at": [each.end for each in fresh],
        "specialty": [each.specialty for each in fresh],
        "practitioner_ref": [each.practitioner for each in fresh],
        "service_ref": [each.service for each in fresh],
        "service_type": [each.service_type for each in fresh],
        "location_ref": [each.location for each in fresh],
        "booking": [each.booking for each in fresh],
        "stay": [each.stay for each in fresh],
        "appointment_ref": [each.appointment for each in fresh],
        "visit_at": [None if each.stay else each.start for each in fresh],
        "visit_specialty": [each.specialty for each in fresh],
        "mis_version": [version.number for version in versions],
        "mis_updated_at": [version.at for version in versions],
        "mis_ahead": [version.ahead for version in versions],
    }


async def _leave_out(
    tx: Tx, fresh: Sequence[Appointment], known: dict[str, dict[bytes, Any]], written: set[UUID]
) -> None:
    newest = {part.ref: _version(part, tx.now) for part in fresh}
    out = [
        (row.id, version.number, version.at, version.ahead)
        for ref, version in newest.items()
        for row in known.get(ref, {}).values()
        if row.id not in written
    ]
    if out:
        ids, numbers, ats, aheads = map(list, zip(*out, strict=True))
        values = {"ids": ids, "versions": numbers, "ats": ats, "aheads": aheads}
        await tx.connection.execute(_OUT, values)


async def _count(
    tx: Tx, source: str, fresh: Sequence[Appointment], known: dict[str, dict[bytes, Any]]
) -> None:
    refs: set[str] = {part.ref for part in fresh}
    refs |= {part.appointment for part in fresh if part.appointment is not None}
    # What an encounter stood for before counts for itself again.
    refs |= {
        row.appointment_ref
        for part in fresh
        for row in known.get(part.ref, {}).values()
        if row.appointment_ref is not None
    }
    await recount(tx, source, refs)


def _result(part: Appointment, row: Any, before: Any) -> UpsertedAppointment:
    return UpsertedAppointment(
        id=AppointmentId(row.id),
        ref=part.ref,
        patient_id=None if row.patient_id is None else PatientId(row.patient_id),
        status=part.status,
        previous_status=None if before is None else AppointmentStatus(before.status),
        visit_at=row.visit_at,
        specialty=None if row.visit_specialty is None else Specialty(row.visit_specialty),
        booking=part.booking,
    )
