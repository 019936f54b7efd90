"""The whole clinic from one seed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nextvisit_sandbox.population.care import care, roles
from nextvisit_sandbox.population.consents import consents
from nextvisit_sandbox.population.people import People
from nextvisit_sandbox.population.slots import slots
from nextvisit_sandbox.population.specialties import Specialty
from nextvisit_sandbox.population.staff import Doctor, Staff, the_staff
from nextvisit_sandbox.population.systems import ZONE
from nextvisit_sandbox.population.visits import Visits

if TYPE_CHECKING:
    from datetime import date

    from nextvisit_sandbox.resource import Resource


def generate(
    *, seed: int, patients: int, today: date, recall_share: float = 0.12, busy_share: float = 0.35
) -> list[Resource]:
    """Every resource of the synthetic clinic; the same arguments give the same list."""
    zone = ZoneInfo(ZONE)
    rng = Random(seed)
    staff = the_staff(rng)
    times = slots(rng, staff, today=today, zone=zone, busy_share=busy_share)
    people = People(rng, today=today, recall_share=recall_share).many(patients)
    visits = Visits(rng, staff, today=today, zone=zone)
    made = [*staff.resources(), *(person.resource for person in people)]
    for person in people:
        made.extend(visits.past(person))
        made.extend(consents(rng, person.resource, today=today, zone=zone))
    open_times = [time for time in times if time[1]["status"] == "free"]
    rng.shuffle(open_times)
    for person in people:
        if visits.may_have_future(person) and open_times:
            doctor, slot = _fitting(open_times, gender=person.gender)
            made.append(visits.booked(person, doctor, slot))
    made.extend(slot for _, slot in times)
    made.extend(roles(staff))
    made.extend(care(seed, people, today=today, zone=zone))
    return made


def hours_only(
    *, seed: int, today: date, busy_share: float = 0.35
) -> tuple[Staff, list[tuple[Doctor, Resource]]]:
    """Staff, schedules and slots without a population; for a clinic whose patients come from files."""
    rng = Random(seed)
    staff = the_staff(rng)
    return staff, slots(rng, staff, today=today, zone=ZoneInfo(ZONE), busy_share=busy_share)


def _fitting(open_times: list[tuple[Doctor, Resource]], *, gender: str) -> tuple[Doctor, Resource]:
    """Takes a free time that this patient could have booked."""
    for index in range(len(open_times) - 1, -1, -1):
        if open_times[index][0].specialty is not Specialty.GYNAECOLOGY or gender == "female":
            return open_times.pop(index)
    return open_times.pop()
