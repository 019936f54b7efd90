"""A predicate's value for one patient, in memory."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from nextvisit.sdk.records import AppointmentStatus
from nextvisit.segments.cutoffs import birth_window, start_window
from nextvisit.segments.facts import PatientFacts, Tag
from nextvisit.segments.model import (
    AWAITED,
    Age,
    AllOf,
    AnyOf,
    Has,
    Language,
    LastVisit,
    Not,
    Predicate,
    SexIs,
    Tagged,
    Visited,
)


def matches(predicate: Predicate, facts: PatientFacts, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the patient is in the segment. Never for one who is inactive, nobody, very restricted, or has
    died.

    `zone` is the site's: it decides which day it is and where days and months begin.
    """
    if not facts.active or facts.deceased or facts.test or facts.restricted:
        return False
    return _holds(predicate, facts, now, zone)


def _holds(predicate: Predicate, facts: PatientFacts, now: datetime, zone: ZoneInfo) -> bool:  # noqa: C901  # one arm a kind
    match predicate:
        case AllOf(parts):
            return all(_holds(part, facts, now, zone) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, facts, now, zone) for part in parts)
        case Not(part):
            return not _holds(part, facts, now, zone)
        case LastVisit():
            return _last_visit(predicate, facts, now, zone)
        case Visited():
            window = start_window(predicate, now, zone)
            return any(
                visit.start <= now and window.holds(visit.start)
                for visit in facts.visits
                if visit.status is AppointmentStatus.FULFILLED and visit.specialty == predicate.specialty
            )
        case Age():
            return facts.birth_date is not None and birth_window(predicate, now, zone).holds(facts.birth_date)
        case Has():
            return _has(predicate, facts, now)
        case Language(languages):
            return facts.language is not None and _subtag(facts.language) in map(_subtag, languages)
        case SexIs(sexes):
            return facts.sex in sexes
        case Tagged(label, campaign):
            return Tag(label, campaign) in facts.tags
        case _:
            assert_never(predicate)


def _last_visit(predicate: LastVisit, facts: PatientFacts, now: datetime, zone: ZoneInfo) -> bool:
    starts = [
        visit.start
        for visit in facts.visits
        if visit.start <= now
        and visit.status is predicate.status
        and predicate.specialty in {None, visit.specialty}
    ]
    return bool(starts) and start_window(predicate, now, zone).holds(max(starts))


def _has(predicate: Has, facts: PatientFacts, now: datetime) -> bool:
    match predicate.what:
        case "future_appointment":
            return any(visit.start > now and visit.status in AWAITED for visit in facts.visits)
        case "email" | "phone":
            return predicate.what in facts.contacts
        case _:
            assert_never(predicate.what)


def _subtag(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
