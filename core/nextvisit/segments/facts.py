"""What a predicate may ask of a patient. No identity in here."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from nextvisit.sdk.records import AppointmentStatus, Specialty
from nextvisit.segments.model import Sex


@dataclass(frozen=True, slots=True)
class VisitFact:
    """A visit, past or to come; no stay in hospital, and what an encounter made of an appointment once."""

    status: AppointmentStatus
    start: datetime
    specialty: Specialty | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A label on the patient, or on the patient's journeys through one campaign."""

    label: str
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """One patient. `birth_date` comes from `latest_birth_date`; `language` is the preferred one.

    test, restricted: as in `sdk.records.Patient`.
    """

    birth_date: date | None = None
    sex: Sex = "unknown"
    active: bool = True
    deceased: bool = False
    test: bool = False
    restricted: bool = False
    language: str | None = None
    contacts: frozenset[Literal["email", "phone"]] = frozenset()
    visits: tuple[VisitFact, ...] = ()
    tags: frozenset[Tag] = frozenset()


def latest_birth_date(text: str | None) -> date | None:
    """The latest day that YYYY, YYYY-MM or YYYY-MM-DD allows; None when there is no such day.

    The youngest reading errs to the careful side: a person who may still be a minor counts as one.
    """
    try:
        parts = [int(part) for part in (text or "").split("-")]
        match parts:
            case [year]:
                return date(year, 12, 31)
            case [year, month]:
                return date(year, month, calendar.monthrange(year, month)[1])
            case [year, month, day]:
                return date(year, month, day)
            case _:
                return None
    except ValueError:
        return None  # what a MIS calls a birth date may be no date; unknown is the honest reading
