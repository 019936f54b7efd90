"""Labels that campaigns put on patients and on journeys. A label is a word of the administrator's."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid5

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from nextvisit.segments.facts import Tag
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import TagRow, table_of
from nextvisit.store.people.identity import PatientId

_tags = table_of(TagRow)
# From the patients of `ids`, and those whom one of them replaced, along the chain of merges.
_INHERITED = text(
    """
    WITH RECURSIVE chain AS (
        SELECT id AS origin, id, source, merged_into_digest FROM patient
        WHERE id = ANY(CAST(:ids AS uuid[])) AND merged_into_digest IS NOT NULL
        UNION
        SELECT o.id, o.id, o.source, o.merged_into_digest FROM patient n
        JOIN patient o ON o.source = n.source AND o.merged_into_digest = n.ref_digest
        WHERE n.id = ANY(CAST(:ids AS uuid[]))
        UNION
        SELECT c.origin, p.id, p.source, p.merged_into_digest FROM chain c
        JOIN patient p ON p.source = c.source AND p.ref_digest = c.merged_into_digest
    )
    SELECT DISTINCT c.id, t.label FROM chain c JOIN tag t ON t.patient_id = c.origin
    WHERE t.journey_id IS NULL AND c.id <> c.origin
    ORDER BY c.id, t.label
    """
)


async def put(tx: Tx, patient: PatientId, label: str) -> None:
    """The patient has the label, and whoever replaced the record. Put again, nothing changes."""
    await _put(tx, _own(tx, patient, label))
    await pass_on(tx, [patient])


async def pass_on(tx: Tx, patients: Sequence[PatientId]) -> None:
    """What was put on a record that the MIS replaced is on the survivor too: an exclusion must still hold.

    patients: who may have been replaced, or may have replaced others. A survivor who has not arrived gets
    the labels on arrival. Those of journeys stay: the survivor did not go through that journey.
    """
    for heir in (await tx.connection.execute(_INHERITED, {"ids": list(patients)})).all():
        await _put(tx, _own(tx, PatientId(heir.id), heir.label))


def _own(tx: Tx, patient: PatientId, label: str) -> TagRow:
    return TagRow(id=uuid5(patient, label), patient_id=patient, label=label, put_at=tx.now)


async def put_on_journey(tx: Tx, patient: PatientId, journey: JourneyId, campaign: str, label: str) -> None:
    """The patient's journey through the campaign has the label. Put again, nothing changes."""
    row = TagRow(
        id=uuid5(journey, label),
        patient_id=patient,
        journey_id=journey,
        campaign=campaign,
        label=label,
        put_at=tx.now,
    )
    await _put(tx, row)


async def of_patient(tx: Tx, patient: PatientId) -> Sequence[Tag]:
    """All labels, those of journeys with their campaign."""
    query = select(_tags.c.label, _tags.c.campaign).where(_tags.c.patient_id == patient)
    return [Tag(row.label, row.campaign) for row in await tx.connection.execute(query)]


async def _put(tx: Tx, row: TagRow) -> None:
    statement = insert(_tags).values(row.model_dump()).on_conflict_do_nothing().returning(_tags.c.id)
    if (await tx.connection.execute(statement)).one_or_none() is not None:
        about = ("patient", row.patient_id) if row.journey_id is None else ("journey", row.journey_id)
        tx.audit(Entry("tag.put", about[0], str(about[1]), body={"label": row.label}))
