"""Labels that campaigns put on patients and on journeys. A label is a word of the administrator's."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from nextvisit.segments.facts import Tag
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import TagRow, table_of
from nextvisit.store.people.identity import PatientId

_tags = table_of(TagRow)


async def put(tx: Tx, patient: PatientId, label: str) -> None:
    """The patient has the label. Put again, nothing changes."""
    await _put(tx, TagRow(id=uuid5(patient, label), patient_id=patient, label=label, put_at=tx.now))


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
