"""The clinic as patients know it, and where and when it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from nextvisit.domain.reply_holds import UNREAD_FOR


@dataclass(frozen=True, slots=True)
class Site:
    """One site of the organisation.

    country: ISO 3166 alpha-2, the default region of phone numbers and the source of public holidays.
    languages: first is the fallback for a patient whose language we do not speak.
    public_url: where patients reach our pages, without a trailing slash.
    short_name: how the clinic signs texts; without letters outside GSM's alphabet a text costs half.
    holidays: local dates on which only service messages go out, with their names.
    unread_for: how long messages wait after a reply that nobody understood, if nobody reads it.
    confirm_stop: whether who writes STOP is told once that it was heard.
    """

    name: str
    phone: str
    zone: ZoneInfo
    country: str
    languages: tuple[str, ...]
    public_url: str
    short_name: str
    holidays: Mapping[date, str] = field(default_factory=dict)
    unread_for: timedelta = UNREAD_FOR
    confirm_stop: bool = False
