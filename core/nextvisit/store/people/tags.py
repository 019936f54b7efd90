"""Labels that campaigns put on patients and on journeys. A label is a word of the administrator's."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from nextvisit.segments.facts import Tag
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.tables import TagRow, table_of
from nextvisit.store.people.identity import PatientId

_tags = table_of(TagRow)


async def of_patient(tx: Tx, patient: PatientId) -> Sequence[Tag]:
    """All labels, those of journeys with their campaign."""
    query = select(_tags.c.label, _tags.c.campaign).where(_tags.c.patient_id == patient)
    return [Tag(row.label, row.campaign) for row in await tx.connection.execute(query)]
