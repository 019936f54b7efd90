"""Whom a campaign's segment holds, before anybody is contacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from nextvisit.flow.language.load import load_files
from nextvisit.sdk.records import AppointmentStatus
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.campaigns import enrolments
from nextvisit.store.people import patients
from nextvisit.store.people.identity import PatientId


async def count(database: Database, files: Mapping[str, str], zone: ZoneInfo) -> int:
    """How many patients are in the segment of the campaign in `files`, exactly and as of now."""
    segment = load_files(files).model.enrol.segment.to_predicate()
    async with database.transaction() as tx:
        return await enrolments.count(tx, segment, tx.now, zone)


@dataclass(frozen=True, slots=True)
class Member:
    """Facts, no name. last_visit: the last one that took place."""

    patient: PatientId
    birth_year: int | None
    language: str | None
    last_visit: datetime | None


async def listing(
    database: Database, files: Mapping[str, str], zone: ZoneInfo, by: str, *, limit: int
) -> list[Member]:
    """The first patients, in the order in which they would be enrolled. The look is audited."""
    model = load_files(files).model
    async with database.transaction(actor=by) as tx:
        segment = model.enrol.segment.to_predicate()
        chosen = await enrolments.sample(tx, segment, tx.now, zone, limit)
        found = [await _member(tx, patient) for patient in chosen]
        tx.audit(Entry("segment.listed", "campaign", model.campaign, body={"count": len(found)}))
    return found


async def _member(tx: Tx, patient: PatientId) -> Member:
    facts = await patients.facts(tx, patient)
    # A visit that was missed or cancelled is none: the segment does not count it either.
    been = [visit.start for visit in facts.visits if visit.status is AppointmentStatus.FULFILLED]
    last = max((start for start in been if start <= tx.now), default=None)
    born = None if facts.birth_date is None else facts.birth_date.year
    return Member(patient, born, facts.language, last)
