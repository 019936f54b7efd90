"""Values that a settings file may have, each refused with what it has to be."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator

from nextvisit.files.part import LanguageTag
from nextvisit.install import possible


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = "must be an IANA time zone such as Europe/Warsaw"
        raise ValueError(message) from error
    return name


def _is_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        message = "must be one line of characters that show"
        raise ValueError(message)
    return text


Line = Annotated[str, AfterValidator(_is_line)]
"""It stands in mails' headers, in texts and on the terminal."""


def _is_public(url: str) -> str:
    """Whoever is on the way of a link in the clear can read and change what a patient does with it."""
    if not _PUBLIC.fullmatch(url):
        message = "must be an address such as https://visits.clinic.example; http is for this machine alone"
        raise ValueError(message)
    return url


_PUBLIC = re.compile(r"(https://[^/\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/[^/\s]+)*")
PublicUrl = Annotated[str, AfterValidator(_is_public)]


def _bytes(text: object) -> int:
    number = _MEMORY.fullmatch(text) if isinstance(text, str) else None
    size = int(number[1]) * (MIB if number[2] == "MiB" else 1024 * MIB) if number else 0
    if not LEAST_MEMORY <= size <= _MOST_MEMORY:
        message = f"must be a size such as 512MiB or 2GiB, at least {LEAST_MEMORY // MIB}MiB"
        raise ValueError(message)
    return size


MIB = 1024 * 1024
LEAST_MEMORY = 128 * MIB
"""Python and the SDK alone take a third of it."""
_MOST_MEMORY = 1024 * 1024 * MIB
_MEMORY = re.compile(r"(\d{1,7}) ?(MiB|GiB)")
Memory = Annotated[int, BeforeValidator(_bytes)]
Country = Annotated[str, AfterValidator(possible.country)]
Phone = Annotated[Line, AfterValidator(possible.phone)]
"""Beside a `country`, which stands before it."""
Language = Annotated[LanguageTag, AfterValidator(possible.language)]
HostName = Annotated[str, AfterValidator(possible.host)]
"""Without a port; an IPv6 address without brackets."""
ZoneName = Annotated[str, AfterValidator(_is_zone)]
