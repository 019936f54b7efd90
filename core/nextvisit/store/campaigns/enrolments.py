"""Who is in a campaign, exactly once.

A firing is worked off in batches without a cursor: whoever is enrolled is no longer fresh, so the next
batch goes on where the last one that was committed ended. The campaign's row is locked meanwhile;
batches that run at the same time queue up, which makes pace and order exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.domain.holdout import in_holdout
from nextvisit.domain.local_time import day_of
from nextvisit.domain.pace import allowance
from nextvisit.flow.engine.program import Program
from nextvisit.sdk.errors import Bug
from nextvisit.segments.model import Predicate
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry, Scalar
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import (
    ContactDigestRow,
    EnrolmentRow,
    FiringRow,
    JourneyRow,
    PatientRow,
    table_of,
)
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.audience import contactable, is_fresh, standing
from nextvisit.store.campaigns.terms import EnrolTerms
from nextvisit.store.journeys import journeys
from nextvisit.store.people.identity import IDENTIFIER
from nextvisit.store.people.patients import PatientId
from nextvisit.store.people.segments_sql import to_sql
from nextvisit.store.queues import outbox

Arm = Literal["contacted", "holdout"]

_ENROLMENTS_NAMESPACE = UUID("6f2c1c3e-5d0a-4b53-9a53-2b8a6c9f0e11")
_FLAGS_BY = "\n"

_patients = table_of(PatientRow)
_digests = table_of(ContactDigestRow)
_enrolments = table_of(EnrolmentRow)
_journeys = table_of(JourneyRow)
_firings = table_of(FiringRow)


@dataclass(frozen=True, slots=True)
class EnrolBatch:
    """What one batch enrolled. over_pace: fresh patients who wait, known with the last batch."""

    contacted: int
    held_out: int
    over_pace: int
    done: bool


@dataclass(frozen=True, slots=True)
class Firing:
    """What a firing came to. audience: how many the segment held; fresh: of them, not enrolled lately.

    standing: where the others of them stood at its end: enrolled, held out, or kept back by a reason.
    """

    campaign: str
    due_at: datetime
    version: str
    audience: int
    fresh: int
    contacted: int
    held_out: int
    over_pace: int
    standing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Chosen:
    journey: UUID
    patient: UUID
    occurrence: int
    arm: Arm
    flags: tuple[str, ...]


async def enrol_batch(
    tx: Tx, program: Program, terms: EnrolTerms, due_at: datetime, *, zone: ZoneInfo, limit: int
) -> EnrolBatch:
    """Enrol the next `limit` fresh patients of the segment, in the order of their keyed digests.

    Everything is judged as of `due_at`. The first patient to be contacted beyond the pace ends the
    firing, for the holdout too, so that both arms stay comparable. Of those who share a phone or a mailbox
    one is contacted at a time: nobody could say whose answer an answer is. Nobody is enrolled once the
    firing is finished, while the campaign does not run, or when another version of it is active.
    """
    if not await _may_enrol(tx, program, due_at):
        return EnrolBatch(0, 0, 0, done=True)
    room = await _room(tx, program.campaign, terms, due_at, zone)
    fresh = is_fresh(program.campaign, terms, due_at, zone)
    candidates = await _candidates(tx, program, fresh, due_at, zone=zone, limit=limit)
    addresses = await _addresses(tx, [candidate.patient for candidate, _ in candidates])
    chosen: list[_Chosen] = []
    spoken_to: set[bytes] = set()
    contacted, paced = 0, False
    for candidate, key in candidates:
        if in_holdout(key, program.campaign, terms.holdout):
            chosen.append(_held_out(candidate))
            continue
        if room is not None and contacted >= room:
            paced = True
            break
        if spoken_to.isdisjoint(addresses[candidate.patient]):
            spoken_to |= addresses[candidate.patient]
            chosen.append(candidate)
            contacted += 1
    await _insert(tx, program, chosen, due_at)
    return EnrolBatch(
        contacted=contacted,
        held_out=len(chosen) - contacted,
        over_pace=await _count(tx, fresh) if paced else 0,
        done=paced or len(candidates) < limit,
    )


async def finish_firing(
    tx: Tx, program: Program, terms: EnrolTerms, due_at: datetime, *, zone: ZoneInfo
) -> Firing:
    """Write what the firing came to; from now on it enrols nobody. Returns what is written already."""
    await campaigns.get(tx, program.campaign, lock=True)
    written = await _firing(tx, program.campaign, due_at)
    if written is not None:
        return written
    arms = await _arms(tx, program.campaign, _enrolments.c.due_at == due_at)
    waiting = await _count(tx, is_fresh(program.campaign, terms, due_at, zone))
    contacted, held_out = arms.get("contacted", 0), arms.get("holdout", 0)
    firing = Firing(
        campaign=program.campaign,
        due_at=due_at,
        version=program.version,
        audience=await count(tx, terms.segment, due_at, zone),
        fresh=contacted + held_out + waiting,
        contacted=contacted,
        held_out=held_out,
        over_pace=waiting,
        standing=await standing(tx, program.campaign, terms, due_at, zone),
    )
    await tx.connection.execute(
        insert(_firings).values(
            campaign=firing.campaign,
            due_at=due_at,
            version=firing.version,
            audience=firing.audience,
            fresh=firing.fresh,
            contacted=contacted,
            held_out=held_out,
            over_pace=waiting,
            standing=dict(firing.standing),
        )
    )
    counts: dict[str, Scalar] = {
        "version": program.version,
        "contacted": contacted,
        "held_out": held_out,
        "over_pace": waiting,
    }
    tx.audit(Entry("campaign.fired", "campaign", program.campaign, body=counts))
    return firing


async def mark_started(tx: Tx, started: Sequence[JourneyId]) -> None:
    """Temporal runs them."""
    await tx.connection.execute(
        update(_enrolments)
        .where(_enrolments.c.id.in_(started), _enrolments.c.state == "pending")
        .values(state="started")
    )


async def count(tx: Tx, segment: Predicate, now: datetime, zone: ZoneInfo) -> int:
    """How many the segment holds whom a campaign could ever contact."""
    return await _count(tx, contactable(segment, now, zone))


async def count_also(tx: Tx, segment: Predicate, condition: Predicate, now: datetime, zone: ZoneInfo) -> int:
    """Of those whom `count` counts, how many a condition holds for."""
    return await _count(tx, and_(contactable(segment, now, zone), to_sql(condition, now, zone)))


async def sample(
    tx: Tx, segment: Predicate, now: datetime, zone: ZoneInfo, limit: int
) -> Sequence[PatientId]:
    """The first patients of the segment, in the order in which they would be enrolled."""
    rows = await tx.connection.execute(
        select(_patients.c.id)
        .where(contactable(segment, now, zone))
        .order_by(_patients.c.ref_digest, _patients.c.id)
        .limit(limit)
    )
    return [PatientId(row.id) for row in rows]


async def _may_enrol(tx: Tx, program: Program, due_at: datetime) -> bool:
    campaign = await campaigns.get(tx, program.campaign, lock=True)
    if campaign is None:
        raise Bug("enrol.unknown_campaign", program.campaign)
    if campaign.state != "running" or campaign.active_version != program.version:
        return False
    return await _firing(tx, program.campaign, due_at) is None


async def _room(tx: Tx, campaign: str, terms: EnrolTerms, due_at: datetime, zone: ZoneInfo) -> int | None:
    """How many more may be contacted now; None is no bound."""
    today = 0
    if terms.pace.per_day is not None:
        midnight, next_midnight = day_of(due_at, zone)
        that_day = and_(_enrolments.c.due_at >= midnight, _enrolments.c.due_at < next_midnight)
        today = (await _arms(tx, campaign, that_day)).get("contacted", 0)
    paced_by_slots = terms.pace.invite_per_slot is not None
    return allowance(
        terms.pace,
        enrolled_today=today,
        open_slots=terms.open_slots,
        open_invitations=await journeys.count_open(tx, campaign) if paced_by_slots else 0,
    )


async def _addresses(tx: Tx, patients: Sequence[UUID]) -> Mapping[UUID, set[bytes]]:
    """The keyed digests of each one's addresses."""
    found: dict[UUID, set[bytes]] = {patient: set() for patient in patients}
    query = select(_digests.c.patient_id, _digests.c.digest).where(
        _digests.c.patient_id.in_(patients), _digests.c.kind != IDENTIFIER, ~_digests.c.former
    )
    for row in await tx.connection.execute(query):
        found[row.patient_id].add(row.digest)
    return found


async def _candidates(
    tx: Tx, program: Program, fresh: ColumnElement[bool], due_at: datetime, *, zone: ZoneInfo, limit: int
) -> list[tuple[_Chosen, bytes]]:
    conditions = list(program.conditions)
    holds = [
        to_sql(program.conditions[condition], due_at, zone).label(f"condition_{number}")
        for number, condition in enumerate(conditions)
    ]
    earlier = (
        select(func.coalesce(func.max(_enrolments.c.occurrence), 0))
        .where(_enrolments.c.campaign == program.campaign, _enrolments.c.patient_id == _patients.c.id)
        .correlate(_patients)
        .scalar_subquery()
    )
    rows = await tx.connection.execute(
        select(_patients.c.id, _patients.c.ref_digest, (earlier + 1).label("occurrence"), *holds)
        .where(fresh)
        .order_by(_patients.c.ref_digest, _patients.c.id)
        .limit(limit)
    )
    return [
        (
            _Chosen(
                journey=uuid5(_ENROLMENTS_NAMESPACE, f"{program.campaign}:{patient}:{occurrence}"),
                patient=patient,
                occurrence=occurrence,
                arm="contacted",
                flags=tuple(name for name, held in zip(conditions, flags, strict=True) if held),
            ),
            digest,
        )
        for patient, digest, occurrence, *flags in rows
    ]


def _held_out(candidate: _Chosen) -> _Chosen:
    return _Chosen(candidate.journey, candidate.patient, candidate.occurrence, "holdout", candidate.flags)


_INSERT = text(
    """
    WITH chosen AS (
        SELECT * FROM unnest(
            CAST(:journeys AS uuid[]), CAST(:patients AS uuid[]), CAST(:occurrences AS int[]),
            CAST(:arms AS text[]), CAST(:flags AS text[])
        ) WITH ORDINALITY AS t (id, patient_id, occurrence, arm, flags, number)
    ), enrolled AS (
        INSERT INTO enrolment
            (id, campaign, version, patient_id, occurrence, arm, state, flags, due_at, enrolled_at)
        SELECT id, :campaign, :version, patient_id, occurrence, arm,
            CASE arm WHEN 'contacted' THEN 'pending' ELSE 'held' END,
            string_to_array(flags, :flags_by), :due_at, :now
        FROM chosen ORDER BY number
        RETURNING id, patient_id, arm, seq
    )
    INSERT INTO journey
        (id, campaign, version, patient_id, event_count, actions, channels, started_at, updated_at)
    SELECT id, :campaign, :version, patient_id, 0, 0, CAST(:channels AS text[]), :now, :now FROM enrolled
    WHERE arm = 'contacted' ORDER BY seq
    """
)


async def _insert(tx: Tx, program: Program, chosen: Sequence[_Chosen], due_at: datetime) -> None:
    if not chosen:
        return
    await tx.connection.execute(
        _INSERT,
        {
            "journeys": [row.journey for row in chosen],
            "patients": [row.patient for row in chosen],
            "occurrences": [row.occurrence for row in chosen],
            "arms": [row.arm for row in chosen],
            "flags": [_FLAGS_BY.join(row.flags) for row in chosen],
            "flags_by": _FLAGS_BY,
            "campaign": program.campaign,
            "version": program.version,
            "channels": sorted({kind for rung in program.ladder for kind in rung.channels}),
            "due_at": due_at,
            "now": tx.now,
        },
    )
    starts = [row.journey for row in chosen if row.arm == "contacted"]
    await outbox.put_many(tx, "start_journey", [(str(journey), {}) for journey in starts])


async def _count(tx: Tx, condition: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(_patients).where(condition)
    return (await tx.connection.execute(query)).scalar_one()


async def _arms(tx: Tx, campaign: str, condition: ColumnElement[bool]) -> Mapping[str, int]:
    query = (
        select(_enrolments.c.arm, func.count().label("number"))
        .where(_enrolments.c.campaign == campaign, condition)
        .group_by(_enrolments.c.arm)
    )
    return {row.arm: row.number for row in await tx.connection.execute(query)}


async def _firing(tx: Tx, campaign: str, due_at: datetime) -> Firing | None:
    query = select(_firings).where(_firings.c.campaign == campaign, _firings.c.due_at == due_at)
    row = (await tx.connection.execute(query)).mappings().one_or_none()
    return None if row is None else Firing(**row)
