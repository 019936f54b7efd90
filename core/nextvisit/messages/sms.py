"""What an SMS costs: its alphabet, its length and its parts.

Source: 3GPP TS 23.040 (concatenation with an 8-bit reference); the alphabet is `sdk.gsm`. One character
outside the GSM alphabet, such as a Polish ó or any Cyrillic letter, more than halves the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nextvisit.sdk import gsm

_BEYOND_BMP = 0x10000

Encoding = Literal["gsm7", "ucs2"]


@dataclass(frozen=True, slots=True)
class _Room:
    single: int
    each_of_many: int


_ROOM: dict[Encoding, _Room] = {"gsm7": _Room(160, 153), "ucs2": _Room(70, 67)}


@dataclass(frozen=True, slots=True)
class SmsSize:
    """`units` are septets (gsm7) or UTF-16 code units (ucs2). `parts` are what the operator bills."""

    encoding: Encoding
    units: int
    parts: int


def measure(text: str) -> SmsSize:
    """The size of `text` as it would be sent. An empty text is one part."""
    encoding = _encoding(text)
    return SmsSize(encoding, sum(_units(char, encoding) for char in text), len(segments(text)))


def segments(text: str) -> tuple[str, ...]:
    """The text cut into its parts; neither an escape pair nor a surrogate pair is ever torn apart."""
    encoding = _encoding(text)
    room = _ROOM[encoding]
    if sum(_units(char, encoding) for char in text) <= room.single:
        return (text,)
    parts: list[str] = []
    start = used = 0
    for position, char in enumerate(text):
        units = _units(char, encoding)
        if used + units > room.each_of_many:
            parts.append(text[start:position])
            start, used = position, 0
        used += units
    parts.append(text[start:])
    return tuple(parts)


def _encoding(text: str) -> Encoding:
    return "ucs2" if gsm.encode(text) is None else "gsm7"


def _units(char: str, encoding: Encoding) -> int:
    if encoding == "gsm7":
        # Some are sent as an escape and a second septet.
        return sum(map(len, gsm.encode(char) or ()))
    return 2 if ord(char) >= _BEYOND_BMP else 1
