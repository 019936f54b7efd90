"""When a schedule fires next, in local time, as Debian's cron does it.

A time that the clocks jump over fires at the first valid instant; a time that happens twice fires
once. Schedules by the minute or hour (`*/15 * * * *`) follow the elapsed time instead.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5


def next_firing(cron: str, after: datetime, zone: ZoneInfo, holidays: Collection[date] = ()) -> datetime:
    """The first firing strictly after `after`, in UTC, leaving out local dates in `holidays`.

    Raises ValueError for what is no five-field schedule, or one that never fires.
    """
    if len(cron.split()) != _FIELDS:
        message = f"a schedule has {_FIELDS} fields (minute hour day month weekday), not {cron!r}"
        raise ValueError(message)
    try:
        firings = CronSim(cron, after.astimezone(zone))
    except CronSimError as error:
        message = f"no schedule: {cron!r} ({error})"
        raise ValueError(message) from error
    for firing in firings:
        # From inside the second half of an overlap the library may answer with the first half.
        if firing > after.astimezone(UTC) and firing.date() not in holidays:
            return firing.astimezone(UTC)
    message = f"the schedule never fires: {cron!r}"
    raise ValueError(message)
