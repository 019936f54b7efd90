"""Predicates over a patient's facts. `evaluate` and `store.segments_sql` give them one meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nextvisit.sdk.records import AppointmentStatus, Specialty
from nextvisit.segments.spans import Span

Sex = Literal["female", "male", "other", "unknown"]
HasWhat = Literal["future_appointment", "email", "phone"]


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is; true when there is none."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when a part is; false when there is none."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is not. There is no third value: what is unknown does not match."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class LastVisit:
    """The latest visit up to now with this status (and specialty) lies in a window.

    over: it began before `now - over`. within: it began at `now - within` or later. Both may be given.
    False when there is no such visit.
    """

    over: Span | None = None
    within: Span | None = None
    status: AppointmentStatus = AppointmentStatus.FULFILLED
    specialty: Specialty | None = None


@dataclass(frozen=True, slots=True)
class Age:
    """Completed years on today's local date, both ends included. False when the birth date is unknown."""

    from_: int | None = None
    to: int | None = None


@dataclass(frozen=True, slots=True)
class Visited:
    """Some fulfilled visit to the specialty began up to now, and at `now - within` or later."""

    specialty: Specialty
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """future_appointment: one that is proposed, pending or booked begins after now.

    email, phone: a contact point of the kind is known; whether it may be used is the gate's question.
    """

    what: HasWhat


@dataclass(frozen=True, slots=True)
class Language:
    """The patient's language is one of these, compared by its first subtag (`pl-PL` is `pl`)."""

    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SexIs:
    """The administrative sex is one of these; `unknown` matches only when it is named."""

    sexes: tuple[Sex, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """The patient has the label; with a campaign: one of the patient's journeys through it has."""

    label: str
    campaign: str | None = None


Predicate = AllOf | AnyOf | Not | LastVisit | Age | Visited | Has | Language | SexIs | Tagged

AWAITED = frozenset({AppointmentStatus.PROPOSED, AppointmentStatus.PENDING, AppointmentStatus.BOOKED})
"""Statuses of an appointment that is still to come."""
