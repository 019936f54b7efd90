"""Four years of visits, and the ones to come."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.population.people import ADULT, RECALL_AGES, Fate, Person
from nextvisit_sandbox.population.slots import LENGTH
from nextvisit_sandbox.population.specialties import Specialty
from nextvisit_sandbox.population.systems import APPOINTMENT
from nextvisit_sandbox.resource import Resource, reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from random import Random
    from zoneinfo import ZoneInfo

    from nextvisit_sandbox.population.staff import Doctor, Staff

_HISTORY: Final = 4 * 365
_YEAR: Final = 366
_SUNDAY: Final = 6
# Days since the last visit: 12 to 18, 18 to 24 and over 24 months, days away from each edge.
_TIERS: Final = ((372, 542), (554, 724), (738, _HISTORY - 30))
_CHILD = (Specialty.GENERAL_PRACTICE, Specialty.DENTISTRY, Specialty.DERMATOLOGY, Specialty.OPHTHALMOLOGY)


class Visits:
    """Writes the clinic's book: what was, and what is booked."""

    def __init__(self, rng: Random, staff: Staff, *, today: date, zone: ZoneInfo) -> None:
        self._rng = rng
        self._today = today
        self._zone = zone
        self._doctors = {specialty: staff.of(specialty) for specialty in Specialty}
        self._location = {"actor": reference(staff.location), "status": "accepted"}
        self._number = 0

    def past(self, person: Person) -> Iterator[Resource]:
        """A patient's history, the last fulfilled visit first."""
        rng = self._rng
        kinds = self._specialties(person)
        since_last = self._days_since_last(person)
        if person.overdue:
            kinds = [Specialty.CARDIOLOGY, *kinds]
        elif since_last > _YEAR and RECALL_AGES[0] - 1 <= person.age_on(self._today) <= RECALL_AGES[1] + 1:
            # Keeps the share of people due for recall what it was asked to be.
            kinds = [kind for kind in kinds if kind is not Specialty.CARDIOLOGY]
        oldest = min(_HISTORY, (self._today - person.born).days)
        if since_last >= oldest:
            return
        yield self._visit(person, kinds[0], since_last, "fulfilled")
        for _ in range(rng.choices((0, 1, 2, 4, 6, 9, 14), (8, 14, 20, 22, 18, 12, 6))[0]):
            ago = rng.randrange(since_last, oldest)
            status = rng.choices(("fulfilled", "noshow", "cancelled"), (85, 8, 7))[0]
            yield self._visit(person, rng.choice(kinds), ago, status)
        if person.overdue and rng.random() < 0.1:
            # Missed since: counts as no visit.
            yield self._visit(person, kinds[0], rng.randrange(30, since_last), "noshow")

    def booked(self, person: Person, doctor: Doctor, slot: Resource) -> Resource:
        """An appointment to come; turns its slot busy."""
        slot["status"] = "busy"
        made = self._appointment(person, doctor, slot["start"], slot["end"], "booked")
        return {**made, "slot": [reference(slot)]}

    def may_have_future(self, person: Person) -> bool:
        """Whether something is booked for this patient already."""
        return not person.overdue and person.fate is Fate.CURRENT and self._rng.random() < 0.08 / 0.8

    def _specialties(self, person: Person) -> list[Specialty]:
        if person.age_on(self._today) < ADULT:
            return self._rng.sample(_CHILD, 2)
        open_to = [s for s in Specialty if s is not Specialty.GYNAECOLOGY or person.gender == "female"]
        chosen = self._rng.sample(open_to, 3)
        without = [kind for kind in chosen if kind is not Specialty.CARDIOLOGY]
        return [*without, *(kind for kind in chosen if kind is Specialty.CARDIOLOGY)]

    def _days_since_last(self, person: Person) -> int:
        rng = self._rng
        if person.overdue:
            low, high = rng.choices(_TIERS, (4, 3, 3))[0]
            return rng.randrange(low, high)
        return rng.randrange(1, 360) if rng.random() < 0.7 else rng.randrange(360, _HISTORY)

    def _visit(self, person: Person, specialty: Specialty, days_ago: int, status: str) -> Resource:
        rng = self._rng
        day = self._today - timedelta(days=days_ago)
        if day.weekday() == _SUNDAY:
            day -= timedelta(days=1)
        start = datetime.combine(day, time(rng.randrange(8, 18), rng.choice((0, 30))), self._zone)
        doctor = rng.choice(self._doctors[specialty])
        return self._appointment(person, doctor, start.isoformat(), (start + LENGTH).isoformat(), status)

    def _appointment(self, person: Person, doctor: Doctor, start: str, end: str, status: str) -> Resource:
        self._number += 1
        made: Resource = {
            "resourceType": "Appointment",
            "id": f"appointment-{self._number:06d}",
            "identifier": [{"system": APPOINTMENT, "value": f"A{self._number:06d}"}],
            "status": status,
            "specialty": doctor.schedule["specialty"],
            "start": start,
            "end": end,
            "minutesDuration": 30,
            "participant": [
                {"actor": reference(person.resource), "status": "accepted"},
                {"actor": reference(doctor.practitioner), "status": "accepted"},
                self._location,
            ],
        }
        if status == "cancelled":
            made["cancelationReason"] = {"text": "pacjent odwołał"}
        return made
