"""Things that the MIS has no more.

What is left of them stops us and permits nothing: a patient is out of use, a visit was entered in error, a
consent
is not in force, somebody who belonged to a patient does not. The same version, seen again, is news: a thing
that was missed by mistake comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from uuid_utils.compat import uuid7

from nextvisit.sdk.records import Consent, Deleted, MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.people import appointments, details, related
from nextvisit.store.people.consents import vouched
from nextvisit.store.people.identity import PatientId
from nextvisit.store.people.versions import AT_ONCE, HAIR
from nextvisit.store.reading.mis import lock_source

_PATIENTS = text(
    """
    UPDATE patient p SET active = false, mis_version = ''
    FROM (SELECT id, active FROM patient WHERE source = :source AND ref_digest = ANY(CAST(:digests AS
    bytea[])))
        AS was
    WHERE p.id = was.id RETURNING p.id, was.active
    """
)
_APPOINTMENTS = text(
    """
    UPDATE appointment SET status = 'entered-in-error', mis_version = ''
    WHERE source = :source AND ref = ANY(CAST(:refs AS text[])) RETURNING ref, appointment_ref
    """
)
_CONSENTS = text(
    """
    SELECT DISTINCT ON (origin_ref) id, origin_ref, decision, active FROM consent_event
    WHERE origin = :origin AND origin_ref = ANY(CAST(:refs AS text[]))
    ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC
    """
)
_WITHIN = text(
    """
    SELECT DISTINCT ON (origin_ref) id, origin_ref, decision, active FROM consent_event
    WHERE origin = :origin AND origin_ref LIKE ANY(CAST(:within AS text[]))
    ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC
    """
)
# The newest version again, not in force, and by a hair newer than that one.
_END_CONSENT = text(
    """
    INSERT INTO consent_event (id, patient_digest, patient_id, decision, purposes, channels, spaces,
        at, dated, starts_at, expires_at, active, origin, origin_ref, origin_version,
        origin_updated_at, recorded_at)
    SELECT :new, patient_digest, patient_id, decision, purposes, channels, spaces,
        at, dated, starts_at, expires_at, false, origin, origin_ref, :version,
        origin_updated_at + :hair, :now
    FROM consent_event WHERE id = :id
    RETURNING *
    """
)


_DELETED = text(
    """
    SELECT origin_ref, origin_updated_at FROM (
        SELECT DISTINCT ON (origin_ref) * FROM consent_event
        WHERE origin = :origin AND origin_ref = ANY(CAST(:refs AS text[]))
        ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC
    ) AS newest WHERE origin_version LIKE 'deleted %'
    """
)


@dataclass(frozen=True, slots=True)
class Gone:
    """inactive: patients whose record was in use. consents: patients one of whose consents was in force."""

    inactive: tuple[PatientId, ...]
    consents: tuple[PatientId, ...]


async def delete(tx: Tx, source: str, things: Sequence[Deleted]) -> Gone:
    """Of whatever kind they are; what is not known here changes nothing."""
    if not things:
        return Gone((), ())
    refs, unseen = [each.ref for each in things], {each.ref for each in things if each.unseen}
    await lock_source(tx, source)
    digests = [tx.vault.mis_ref_digest(source, ref) for ref in refs]
    people = (await tx.connection.execute(_PATIENTS, {"source": source, "digests": digests})).all()
    for row in people:
        tx.audit(Entry("patient.deleted", "patient", str(row.id), body={"source": source}))
    visits = (await tx.connection.execute(_APPOINTMENTS, {"source": source, "refs": list(refs)})).all()
    if visits:
        touched = {row.ref for row in visits} | {row.appointment_ref for row in visits if row.appointment_ref}
        await appointments.recount(tx, source, touched)
    await related.remove(tx, source, refs)
    await details.remove(tx, source, refs)
    return Gone(
        inactive=tuple(PatientId(row.id) for row in people if row.active),
        consents=await _end_consents(tx, f"mis:{source}", refs, unseen),
    )


async def returned(tx: Tx, source: str, consents: Sequence[Consent]) -> Sequence[Consent]:
    """These, and what of them was deleted and is there again, unchanged, as a version of its own.

    A refusal that the MIS missed by mistake holds again.
    """
    values = {"origin": f"mis:{source}", "refs": [each.ref for each in consents]}
    rows = (await tx.connection.execute(_DELETED, values)).all() if consents else ()
    gone = {row.origin_ref: row.origin_updated_at for row in rows}
    return [_again(each, gone.get(each.ref)) for each in consents]


def _again(consent: Consent, deleted_at: datetime | None) -> Consent:
    if deleted_at is None or consent.updated_at is None:
        return consent
    if not HAIR <= deleted_at - consent.updated_at < AT_ONCE:
        return consent
    return replace(consent, version=f"{consent.version} again {uuid7()}", updated_at=deleted_at + HAIR)


async def _end_consents(
    tx: Tx, origin: str, refs: Sequence[MisRef], unseen: Collection[MisRef]
) -> tuple[PatientId, ...]:
    """A refusal that may only be kept from us stands."""
    rows = (await tx.connection.execute(_CONSENTS, {"origin": origin, "refs": list(refs)})).all()
    if rows:
        # Refusals within them, as `Consent/1#deny-1`.
        within = {"origin": origin, "within": [f"{row.origin_ref}#%" for row in rows]}
        rows = [*rows, *(await tx.connection.execute(_WITHIN, within))]
    found: list[PatientId] = []
    for row in rows:
        stands = row.decision == "deny" and row.origin_ref.partition("#")[0] in unseen
        if not row.active or stands:
            continue
        new = uuid7()
        values = {"id": row.id, "new": new, "version": f"deleted {new}", "hair": HAIR, "now": tx.now}
        ended = (await tx.connection.execute(_END_CONSENT, values)).mappings().one()
        tx.audit(Entry("consent.deleted", "consent", str(new), body={"origin": origin, **vouched(ended)}))
        if ended["patient_id"] is not None:
            found.append(PatientId(ended["patient_id"]))
    return tuple(found)
