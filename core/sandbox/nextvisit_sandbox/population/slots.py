"""When the doctors have time."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.resource import Resource, reference

if TYPE_CHECKING:
    from datetime import date
    from random import Random
    from zoneinfo import ZoneInfo

    from nextvisit_sandbox.population.staff import Doctor, Staff

LENGTH: Final = timedelta(minutes=30)
_OPENS: Final = 8
_CLOSES: Final = 18
_WEEKS: Final = 10
_SATURDAY: Final = 5


def slots(
    rng: Random, staff: Staff, *, today: date, zone: ZoneInfo, busy_share: float
) -> list[tuple[Doctor, Resource]]:
    """Every half hour of every doctor's weekdays for ten weeks from `today`; some already busy."""
    made = []
    days = [today + timedelta(days=n) for n in range(_WEEKS * 7)]
    for day in (day for day in days if day.weekday() < _SATURDAY):
        for hour in range(_OPENS, _CLOSES):
            for minute in (0, 30):
                start = datetime.combine(day, time(hour, minute), zone)
                begins, ends = start.isoformat(), (start + LENGTH).isoformat()
                for doctor in staff.doctors:
                    status = "busy-unavailable" if rng.random() < busy_share else "free"
                    made.append((doctor, _slot(doctor, start, begins, ends, status)))
    return made


def _slot(doctor: Doctor, start: datetime, begins: str, ends: str, status: str) -> Resource:
    return {
        "resourceType": "Slot",
        "id": f"slot-{doctor.schedule['id'].removeprefix('schedule-')}-{start:%Y%m%d-%H%M}",
        "specialty": doctor.schedule["specialty"],
        "schedule": reference(doctor.schedule),
        "status": status,
        "start": begins,
        "end": ends,
    }
