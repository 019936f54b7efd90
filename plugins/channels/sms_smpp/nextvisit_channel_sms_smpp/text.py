"""A text → the short messages that carry it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nextvisit.sdk import gsm
from nextvisit.sdk.errors import Rejected
from nextvisit_channel_sms_smpp.settings import Alphabet

UCS2: Final = 0x08
UDHI: Final = 0x40
_SEPTETS: Final = 160
_SHORT: Final = 140
MAX_PARTS: Final = 255


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as octets, one item a character that must not be cut."""

    data_coding: int
    characters: Sequence[bytes]
    is_septets: bool

    @property
    def octets(self) -> bytes:
        """All of it."""
        return b"".join(self.characters)


@dataclass(frozen=True, slots=True)
class Part:
    """The short_message of one submit_sm."""

    octets: bytes
    esm_class: int


def encode(text: str, alphabet: Alphabet) -> Encoded:
    """In the centre's default alphabet when the text fits it, else in UCS-2."""
    match alphabet:
        case "gsm":
            septets = gsm.encode(text)
            if septets is not None:
                return Encoded(0, septets, is_septets=True)
        case "latin1":
            # The air has GSM's alphabet: what it lacks, the centre would have to replace.
            if gsm.encode(text) is not None and all(ord(char) < 256 for char in text):
                return Encoded(0, [char.encode("latin-1") for char in text], is_septets=True)
        case "ascii":
            if gsm.encode(text) is not None and text.isascii():
                return Encoded(0, [char.encode("ascii") for char in text], is_septets=True)
    # A character outside the basic plane is two units that stay together.
    return Encoded(UCS2, [char.encode("utf-16-be", "replace") for char in text], is_septets=False)


def split(encoded: Encoded, reference: int, header: Literal["udh8", "udh16"]) -> list[Part]:
    """One part when it fits, else parts with a user data header (3GPP TS 23.040, 9.2.3.24).

    Raises Rejected when there would be more than 255.
    """
    if _air_length(encoded) <= (_SEPTETS if encoded.is_septets else _SHORT):
        return [Part(encoded.octets, 0)]
    lead = b"\x05\x00\x03" if header == "udh8" else b"\x06\x08\x04"
    ref = bytes((reference & 0xFF,)) if header == "udh8" else (reference & 0xFFFF).to_bytes(2, "big")
    room = _SHORT - len(lead) - len(ref) - 2
    chunks = _chunks(encoded, room * 8 // 7 if encoded.is_septets else room)
    if len(chunks) > MAX_PARTS:
        raise Rejected("smpp.too_long", f"{len(chunks)} parts", scope="message")
    total = len(chunks)
    return [
        Part(lead + ref + bytes((total, number)) + chunk, UDHI)
        for number, chunk in enumerate(chunks, start=1)
    ]


def parts_on_air(encoded: Encoded) -> int:
    """Into how many parts a centre will cut it."""
    if _air_length(encoded) <= (_SEPTETS if encoded.is_septets else _SHORT):
        return 1
    return len(_chunks(encoded, 153 if encoded.is_septets else 134))


def _cost(character: bytes, *, is_septets: bool) -> int:
    if is_septets and len(character) == 1 and character[0] > 0x7F:
        return 1
    return len(character)


def _air_length(encoded: Encoded) -> int:
    return sum(_cost(one, is_septets=encoded.is_septets) for one in encoded.characters)


def _chunks(encoded: Encoded, room: int) -> list[bytes]:
    chunks: list[bytes] = []
    current, used = bytearray(), 0
    for character in encoded.characters:
        cost = _cost(character, is_septets=encoded.is_septets)
        if used + cost > room:
            chunks.append(bytes(current))
            current, used = bytearray(), 0
        current += character
        used += cost
    return [*chunks, bytes(current)]


def decode(octets: bytes, data_coding: int, alphabet: Alphabet) -> str:
    """What a phone wrote. Octets that make no text show as replacement characters."""
    match data_coding:
        case 0x08:
            return octets.decode("utf-16-be", "replace")
        case 0x01:
            return octets.decode("ascii", "replace")
        case 0x03:
            return octets.decode("latin-1")
        case 0x06:
            return octets.decode("iso8859-5", "replace")
        case 0x07:
            return octets.decode("iso8859-8", "replace")
        case 0x00 | 0xF0 | 0xF1 if alphabet == "gsm":
            return gsm.decode(octets)
        case _:
            return octets.decode("latin-1")
