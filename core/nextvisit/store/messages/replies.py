"""What patients wrote to open journeys; the notes of the tasks that those journeys ask for."""

from __future__ import annotations

from uuid import uuid5

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from nextvisit.sdk.errors import Bug
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import PatientRow, ReplyRow, table_of
from nextvisit.store.people.patients import PatientId
from nextvisit.store.vault.seal import open_sealed, seal

_replies = table_of(ReplyRow)
_patients = table_of(PatientRow)


async def keep(tx: Tx, journey: JourneyId, patient: PatientId, *, ref: str, text: str) -> None:
    """Keep a reply, sealed. `ref` names it for good: kept twice, it is there once."""
    reply = uuid5(journey, f"reply:{ref}")
    wrapped = await tx.connection.scalar(select(_patients.c.dek).where(_patients.c.id == patient))
    if wrapped is None:
        raise Bug("replies.no_key", f"patient {patient} was erased; an open journey cannot be theirs")
    key = tx.vault.patient_key(patient, wrapped)
    await tx.connection.execute(
        insert(_replies)
        .values(
            id=reply,
            journey_id=journey,
            patient_id=patient,
            ref=ref,
            at=tx.now,
            sealed_text=seal(key, "reply", "sealed_text", reply, text.encode()),
        )
        .on_conflict_do_nothing()
    )


async def last_note(tx: Tx, journey: JourneyId, *, why: str) -> str | None:
    """What the patient wrote last to this journey; None for nothing, or when the patient was erased.

    Reading it is an audited access.
    """
    query = (
        select(_replies.c.id, _replies.c.patient_id, _replies.c.sealed_text, _patients.c.dek)
        .join(_patients, _patients.c.id == _replies.c.patient_id)
        .where(_replies.c.journey_id == journey)
        # Replies of one instant in the order in which they came in: `9:0` before `10:0`.
        .order_by(_replies.c.at.desc(), func.length(_replies.c.ref).desc(), _replies.c.ref.desc())
        .limit(1)
    )
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None or row.dek is None:
        return None
    tx.audit(Entry("reply.read", "journey", str(journey), body={"why": why}))
    key = tx.vault.patient_key(row.patient_id, row.dek)
    return open_sealed(key, "reply", "sealed_text", row.id, row.sealed_text).decode()
