"""Which time zone a patient lives by, and how we know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as phone_zones

from nextvisit.sdk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """A valid zone and where it came from. `invalid` is what was given and is no zone; report it."""

    zone: ZoneInfo
    source: Literal["patient", "phone", "clinic"]
    invalid: str | None = None


def choose_zone(*, patient: str | None, phone: str | None, clinic: str) -> ZoneChoice:
    """The patient's own zone, else his phone's where that leaves no doubt, else the clinic's.

    phone: E.164. Most numbers of a country with one zone settle it; a Russian mobile number does not.
    Raises ConfigError when the clinic's zone does not exist.
    """
    own = _zone(patient) if patient else None
    if own is not None:
        return ZoneChoice(own, "patient")
    invalid = patient or None
    by_phone = _zone_of_phone(phone) if phone else None
    if by_phone is not None:
        return ZoneChoice(by_phone, "phone", invalid)
    fallback = _zone(clinic)
    if fallback is None:
        raise ConfigError("zone.unknown", f"no such time zone: {clinic!r}", place="clinic time zone")
    return ZoneChoice(fallback, "clinic", invalid)


def _zone(key: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: names such as `Europe` are folders of the zone database.
        return None


def _zone_of_phone(e164: str) -> ZoneInfo | None:
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    keys = phone_zones.time_zones_for_number(number)
    return _zone(keys[0]) if len(keys) == 1 and keys[0] != "Etc/Unknown" else None
