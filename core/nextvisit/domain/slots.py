"""Which free times to offer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nextvisit.sdk.records import MisRef, Slot

# What variety is worth: somebody who works mornings is better served by an afternoon a day later, and
# three times on one day are one choice rather than three.
_SAME_DAY = timedelta(days=3)
_SAME_PART = timedelta(days=1)
_NOON, _EVENING = 12, 17


def choose(
    slots: Iterable[Slot],
    *,
    wanted: datetime | None,
    count: int,
    avoid: Collection[MisRef],
    taken: Collection[MisRef],
    now: datetime,
    zone: ZoneInfo,
) -> tuple[Slot, ...]:
    """Up to `count` slots to offer, in order of time, no two at the same time.

    Near `wanted` when the patient named a time; else early, but spread over days and parts of the day.
    `taken` is never offered. `avoid` (in others' open offers) is used only when nothing else is left.
    """
    future = sorted(
        (slot for slot in slots if slot.start > now and slot.ref not in taken),
        key=lambda slot: (slot.start, slot.ref),
    )
    free = [slot for slot in future if slot.ref not in avoid]
    held = [slot for slot in future if slot.ref in avoid]
    chosen: list[Slot] = []
    for pool in (free, held):
        while len(chosen) < count:
            starts = {slot.start for slot in chosen}
            candidates = [slot for slot in pool if slot.start not in starts]
            if not candidates:
                break
            chosen.append(
                _nearest(candidates, wanted)
                if wanted is not None
                else _earliest_but_different(candidates, chosen, now, zone)
            )
    return tuple(sorted(chosen, key=lambda slot: slot.start))


def _nearest(candidates: list[Slot], wanted: datetime) -> Slot:
    return min(candidates, key=lambda slot: (abs(slot.start - wanted), slot.start, slot.ref))


def _earliest_but_different(
    candidates: list[Slot], chosen: list[Slot], now: datetime, zone: ZoneInfo
) -> Slot:
    days = [_day(slot, zone) for slot in chosen]
    parts = [_part(slot, zone) for slot in chosen]

    def cost(slot: Slot) -> tuple[timedelta, datetime, MisRef]:
        wait = slot.start - now
        wait += _SAME_DAY * days.count(_day(slot, zone)) + _SAME_PART * parts.count(_part(slot, zone))
        return wait, slot.start, slot.ref

    return min(candidates, key=cost)


def _day(slot: Slot, zone: ZoneInfo) -> date:
    return slot.start.astimezone(zone).date()


def _part(slot: Slot, zone: ZoneInfo) -> int:
    hour = slot.start.astimezone(zone).hour
    return (hour >= _NOON) + (hour >= _EVENING)
