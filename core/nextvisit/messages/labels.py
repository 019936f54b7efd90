"""How a time is written to a patient: `wt. 01.12 15:00`, in the clinic's zone.

The words are ours and not a locale library's, so that an upgrade never changes what patients read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

_WEEKDAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
        "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "pl": ("pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."),
        "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
        "uk": ("пн", "вт", "ср", "чт", "пт", "сб", "нд"),
    }
)


def slot_label(start: datetime, zone: ZoneInfo, language: str) -> str:
    """Weekday, day.month and 24-hour time in `zone`; English words for a language without its own."""
    local = start.astimezone(zone)
    names = _WEEKDAYS.get(language.partition("-")[0].lower(), _WEEKDAYS["en"])
    return f"{names[local.weekday()]} {local:%d.%m %H:%M}"
