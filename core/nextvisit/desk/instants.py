"""Instants as people read them: in the clinic's time, which is named."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def shown(at: datetime, zone: ZoneInfo) -> str:
    """`2026-05-04 10:00 (Europe/Warsaw)`."""
    return f"{minute(at, zone)} ({zone})"


def minute(at: datetime, zone: ZoneInfo) -> str:
    """`2026-05-04 10:00`, where the zone is named elsewhere."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
