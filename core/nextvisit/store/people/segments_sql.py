"""Predicates as SQL over patient and appointment, with exactly the meaning of `segments.evaluate`.

Python computes every instant and day (segments.cutoffs); SQL only compares. SQL knows a third value
and predicates do not: each leaf is true or false here, so that `not` means the same on both sides.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true

from nextvisit.sdk.records import AppointmentStatus
from nextvisit.segments.cutoffs import birth_window, start_window
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
from nextvisit.store.base.tables import AppointmentRow, PatientRow, TagRow, table_of

_patients = table_of(PatientRow)
_patient = _patients.c
_visit = table_of(AppointmentRow).c
_tag = table_of(TagRow).c


def to_sql(predicate: Predicate, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    """A condition on `patient`, true for whom `segments.evaluate.matches` is true."""
    standing = and_(_patient.active, not_(_patient.deceased), not_(_patient.test), not_(_patient.restricted))
    return and_(standing, _holds(predicate, now, zone))


def _holds(predicate: Predicate, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:  # noqa: C901  # one arm a kind
    match predicate:
        case AllOf(parts):
            return and_(true(), *(_holds(part, now, zone) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(_holds(part, now, zone) for part in parts))
        case Not(part):
            return not_(_holds(part, now, zone))
        case LastVisit():
            return _last_visit(predicate, now, zone)
        case Visited():
            return _visited(predicate, now, zone)
        case Age():
            return _age(predicate, now, zone)
        case Has():
            return _has(predicate, now)
        case Language(languages):
            # The collation is named: under a Turkish one, lower('I') is no i.
            first = func.split_part(func.replace(_patient.language, "_", "-"), "-", 1).collate("C")
            wanted = [_first_subtag(language) for language in languages]
            return and_(_patient.language.is_not(None), func.lower(first).in_(wanted))
        case SexIs(sexes):
            return _patient.sex.in_(sexes)
        case Tagged(label, campaign):
            where = _tag.campaign.is_(None) if campaign is None else _tag.campaign == campaign
            tagged = exists().where(_tag.patient_id == _patient.id, _tag.label == label, where)
            return tagged.correlate(_patients)
        case _:
            assert_never(predicate)


def _last_visit(predicate: LastVisit, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    window = start_window(predicate, now, zone)
    visits = [
        _visit.status == predicate.status.value,
        _visit.visit_at <= now,
        *([] if predicate.specialty is None else [_visit.visit_specialty == predicate.specialty]),
    ]
    if window.not_before is None and window.before is None:
        return _some_visit(*visits)
    # No range: PostgreSQL 17 and later read `unbounded range @> NULL` as true.
    latest = select(func.max(_visit.visit_at)).where(_visit.patient_id == _patient.id, *visits)
    last = latest.correlate(_patients).scalar_subquery()
    bounds = [
        *([] if window.not_before is None else [last >= window.not_before]),
        *([] if window.before is None else [last < window.before]),
    ]
    return func.coalesce(and_(*bounds), false())


def _visited(predicate: Visited, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    not_before = start_window(predicate, now, zone).not_before
    return _some_visit(
        _visit.status == AppointmentStatus.FULFILLED.value,
        _visit.visit_specialty == predicate.specialty,
        _visit.visit_at <= now,
        *([] if not_before is None else [_visit.visit_at >= not_before]),
    )


def _age(predicate: Age, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    days = birth_window(predicate, now, zone)
    return and_(
        _patient.birth_date.is_not(None),
        *([] if days.after is None else [_patient.birth_date > days.after]),
        *([] if days.not_after is None else [_patient.birth_date <= days.not_after]),
    )


def _has(predicate: Has, now: datetime) -> ColumnElement[bool]:
    match predicate.what:
        case "future_appointment":
            awaited = sorted(status.value for status in AWAITED)
            return _some_visit(_visit.status.in_(awaited), _visit.visit_at > now)
        case "email":
            return and_(_patient.has_email)
        case "phone":
            return and_(_patient.has_phone)
        case _:
            assert_never(predicate.what)


def _some_visit(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(_visit.patient_id == _patient.id, *conditions).correlate(_patients)


def _first_subtag(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
