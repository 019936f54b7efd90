"""Instants as they are typed: in the clinic's time, unless they name an offset."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from nextvisit.sdk.errors import ConfigError


def typed_instant(text: str, zone: ZoneInfo, option: str) -> datetime:
    """The beginning of a day, or an instant. Raises ConfigError when it is neither."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        message = 'write a day as 2026-12-31, or an instant as "2026-12-31 14:30"'
        raise ConfigError("cli.instant", message, place=option) from error
    return at.replace(tzinfo=zone) if at.tzinfo is None else at
