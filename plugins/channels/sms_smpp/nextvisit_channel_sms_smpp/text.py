"""A text → the short messages that carry it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nextvisit.sdk import gsm
from nextvisit.sdk.errors import Rejected
from nextvisit_channel_sms_smpp.alphabets import (
    UNREADABLE,
    in_ascii,
    in_gsm,
    in_latin1,
    read_letters,
    read_ucs2,
)
from nextvisit_channel_sms_smpp.settings import Alphabet

UCS2: Final = 0x08
UDHI: Final = 0x40
_SEPTETS: Final = 160
_SHORT: Final = 140
MAX_PARTS: Final = 255

# SMPP 3.4, 5.2.19. ASCII, Latin-1, UCS-2 and the centre's own alphabet are read below; what is missing is no
# text.
_CODECS: Final = {
    0x05: "iso2022_jp_1",
    0x06: "iso8859-5",
    0x07: "iso8859-8",
    0x0A: "iso2022_jp_1",
    0x0D: "iso2022_jp_1",
    0x0E: "euc_kr",
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as octets, one item a character that must not be cut.

    costs: what each character takes on the air, in septets, or in octets of UCS-2.
    """

    data_coding: int
    characters: Sequence[bytes]
    costs: Sequence[int]
    is_septets: bool

    @property
    def octets(self) -> bytes:
        """All of it."""
        return b"".join(self.characters)

    @property
    def is_short(self) -> bool:
        """Whether one part carries it."""
        return sum(self.costs) <= (_SEPTETS if self.is_septets else _SHORT)


@dataclass(frozen=True, slots=True)
class Part:
    """The short_message of one submit_sm."""

    octets: bytes
    esm_class: int


def encode(text: str, alphabet: Alphabet) -> Encoded:
    """In the centre's default alphabet when the text fits it, else in UCS-2."""
    septets = gsm.encode(text)
    characters = None if septets is None else _in_default(text, septets, alphabet)
    if septets is not None and characters is not None:
        # However the centre wants it spelt, on the air it has GSM's alphabet, where € and [ take two.
        return Encoded(0, characters, [len(one) for one in septets], is_septets=True)
    # A character outside the basic plane is two units that stay together.
    wide = [char.encode("utf-16-be", "replace") for char in text]
    return Encoded(UCS2, wide, [len(one) for one in wide], is_septets=False)


def _in_default(text: str, septets: Sequence[bytes], alphabet: Alphabet) -> Sequence[bytes] | None:
    """The characters by the centre's default alphabet; None when it lacks one."""
    if alphabet == "gsm":
        return septets
    codec = "latin-1" if alphabet == "latin1" else "ascii"
    try:
        return [char.encode(codec) for char in text]
    except UnicodeEncodeError:
        return None


def split(encoded: Encoded, reference: int, header: Literal["udh8", "udh16"]) -> list[Part]:
    """One part when it fits, else parts with a user data header (3GPP TS 23.040, 9.2.3.24).

    Raises Rejected when there would be more than 255.
    """
    if encoded.is_short:
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
    if encoded.is_short:
        return 1
    return len(_chunks(encoded, 153 if encoded.is_septets else 134))


def _chunks(encoded: Encoded, room: int) -> list[bytes]:
    chunks: list[bytes] = []
    current, used = bytearray(), 0
    for character, cost in zip(encoded.characters, encoded.costs, strict=True):
        if used + cost > room:
            chunks.append(bytes(current))
            current, used = bytearray(), 0
        current += character
        used += cost
    return [*chunks, bytes(current)]


def decode(octets: bytes, data_coding: int, alphabet: Alphabet) -> str:
    """What a phone wrote. Octets that make no text show as replacement characters, U+0000 not at all."""
    match _letters(data_coding):
        case "default":
            text = read_letters(octets, in_gsm if alphabet == "gsm" else in_latin1)
        case "ascii":
            text = read_letters(octets, in_ascii)
        case "latin1":
            text = read_letters(octets, in_latin1)
        case "ucs2":
            text = read_ucs2(octets)
        case "binary":
            text = _perhaps_text(octets)
        case codec:
            text = octets.decode(codec, "replace")
    # Padding, and a byte order mark: nobody typed them.
    return text.replace("\0", "").removeprefix("\ufeff")


def _letters(data_coding: int) -> str:
    """How octets are letters: `default`, `ascii`, `latin1`, `ucs2`, `binary`, or a codec's name.

    Beyond SMPP's own codings, centres hand on those of the air (3GPP TS 23.038, 4).
    """
    if data_coding in _CODECS:
        return _CODECS[data_coding]
    high, low = data_coding >> 4, data_coding & 0x0F
    by_bits = {0: "default", 1: "binary", 2: "ucs2"}.get(low >> 2, "binary")
    match high:
        case 0x0:
            return {0: "default", 1: "ascii", 3: "latin1", UCS2: "ucs2"}.get(data_coding, "binary")
        case 0x1:
            return by_bits
        case 0xC | 0xD:
            return "default"
        case 0xE:
            return "ucs2"
        case 0xF:
            return "binary" if low & 0x04 else "default"
        case _:
            return "binary"


def _perhaps_text(octets: bytes) -> str:
    """Text that somebody called octets; else one mark, so that a person looks at it."""
    try:
        text = octets.decode().strip("\0")
    except UnicodeDecodeError:
        return UNREADABLE
    return text if text.replace("\n", "").replace("\r", "").isprintable() else UNREADABLE
