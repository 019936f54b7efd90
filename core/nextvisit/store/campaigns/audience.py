"""Where each patient of a campaign's audience stands: in it, to be enrolled, or kept back for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from nextvisit.domain.reply_holds import UNTIL_READ
from nextvisit.segments.model import Predicate
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.tables import (
    ContactDigestRow,
    EnrolmentRow,
    HoldRow,
    JourneyRow,
    PatientRow,
    ReplyHoldRow,
    table_of,
)
from nextvisit.store.campaigns.terms import EnrolTerms
from nextvisit.store.people.holds import RECORD_UNREADABLE
from nextvisit.store.people.identity import IDENTIFIER
from nextvisit.store.people.segments_sql import to_sql

ENROLLED: Final = "enrolled"
HELD_OUT: Final = "held_out"
"""Where somebody of an audience stands who is in the campaign already. Anything else is a reason to wait."""
HELD_BY_REPLY: Final = "held_by_reply"
"""What the patient wrote has to be read first; the first message would only wait."""

_patients = table_of(PatientRow)
_digests = table_of(ContactDigestRow)
_holds = table_of(HoldRow)
_reply_holds = table_of(ReplyHoldRow)
_enrolments = table_of(EnrolmentRow)
_journeys = table_of(JourneyRow)


def contactable(segment: Predicate, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    """Of the segment, whom a campaign could ever contact."""
    standing = and_(_patients.c.merged_into_digest.is_(None), _patients.c.erased_at.is_(None))
    return and_(standing, to_sql(segment, now, zone))


def is_fresh(campaign: str, terms: EnrolTerms, due_at: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    """Of those, whom nothing keeps from being enrolled now."""
    obstacles = _obstacles(campaign, terms, due_at, zone).values()
    return and_(contactable(terms.segment, due_at, zone), *(~each for each in obstacles))


def _obstacles(
    campaign: str, terms: EnrolTerms, due_at: datetime, zone: ZoneInfo
) -> Mapping[str, ColumnElement[bool]]:
    """Why somebody of the audience is not enrolled now, each for itself; the first that holds is told."""
    lately: list[ColumnElement[bool]] = [
        _enrolments.c.campaign == campaign,
        _enrolments.c.patient_id == _patients.c.id,
    ]
    if terms.again_after is not None:
        since = terms.again_after.before(due_at, zone)
        lately.append(or_(_enrolments.c.due_at > since, _enrolments.c.due_at == due_at))
    held_out, contacted = _enrolments.c.arm == "holdout", _enrolments.c.arm == "contacted"
    under_way = exists().where(
        _journeys.c.campaign == campaign,
        _journeys.c.patient_id == _patients.c.id,
        # Not `IS NULL`: the index over open journeys would tempt the planner to read all of them for
        # every patient while a campaign grows and its statistics are still those of an empty table.
        func.coalesce(_journeys.c.outcome, "") == "",
    )
    mine, theirs = _digests.alias("mine"), _digests.alias("theirs")
    shared = (
        exists()
        .select_from(mine)
        .where(
            mine.c.patient_id == _patients.c.id,
            mine.c.kind != IDENTIFIER,
            ~mine.c.former,
            ~theirs.c.former,
            theirs.c.kind == mine.c.kind,
            theirs.c.digest == mine.c.digest,
            theirs.c.patient_id != mine.c.patient_id,
            _journeys.c.patient_id == theirs.c.patient_id,
            _journeys.c.outcome.is_(None),
        )
    )
    held = exists().where(
        _holds.c.source == _patients.c.source, _holds.c.patient_digest == _patients.c.ref_digest
    )
    silent = exists().where(
        _reply_holds.c.patient_id == _patients.c.id,
        _reply_holds.c.released_at.is_(None),
        _reply_holds.c.intent.in_([each.value for each in UNTIL_READ]),
    )
    return {
        ENROLLED: or_(
            exists().where(*lately, contacted).correlate(_patients), under_way.correlate(_patients)
        ),
        HELD_OUT: exists().where(*lately, held_out).correlate(_patients),
        RECORD_UNREADABLE: held.correlate(_patients),
        HELD_BY_REPLY: silent.correlate(_patients),
        "shared_address": shared.correlate(_patients),
    }


async def standing(
    tx: Tx, campaign: str, terms: EnrolTerms, due_at: datetime, zone: ZoneInfo
) -> Mapping[str, int]:
    """How many of the audience each obstacle keeps from being enrolled; they are not fresh."""
    first = case(
        *((holds, reason) for reason, holds in _obstacles(campaign, terms, due_at, zone).items())
    ).label("reason")
    kept = select(first).where(contactable(terms.segment, due_at, zone)).subquery()
    number = func.count().label("number")
    query = select(kept.c.reason, number).where(kept.c.reason.is_not(None)).group_by(kept.c.reason)
    return {row.reason: row.number for row in await tx.connection.execute(query)}
