"""Which letters octets are, where `data_coding` does not say so, or says it wrongly.

Centres hand on UCS-2, Latin-1, UTF-8 or seven bits packed into eight under the coding of their default
alphabet, and anything at all under that of UCS-2. What can be told for certain is read; what can be read in
two ways is shown with a replacement character, so that it permits nothing and a person looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from nextvisit.sdk import gsm

UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"

Reading = Callable[[bytes], str | None]
"""The text that these octets are; None where they are none in this alphabet."""

_HIGH_BIT: Final = 0x80
_SEPTETS_OF_OCTETS: Final = 7
_ONE_UNIT: Final = 2
_SEVERAL: Final = 3
_SURE: Final = 8
# What people of our languages type: Latin, Cyrillic, punctuation, signs.
_WRITTEN: Final = re.compile(
    "[\n\r -~\u00a0-\u017f\u0400-\u045f\u0490\u0491\u200b\u200d\u2010-\u203a\u20ac\u2116"
    "\u2600-\u27bf\ufe0f\U0001f300-\U0001faff]+"
)
# Of these, the ones whose first octet nobody types before every other letter.
_TELLING: Final = re.compile("[\n\r -~\u00a0-\u017f\u0400-\u045f\u0490\u0491\U0001f300-\U0001faff]")
_ASCII: Final = re.compile("[\n\r -~]+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9 \n\r.,!?:;/()'\"+*#@%&=£€äöüßàèéìòùÄÖÜÉñÑåæø-]+")
_CONTROLS: Final = re.compile(rb"[\x00-\x09\x0b\x0c\x0e-\x1f]")
_WESTERN: Final = re.compile("[\n\r\t -~§°«»\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]+")
_FOREIGN_WORD: Final = re.compile("[\u00c0-\u00ff]{2,}")


def in_gsm(octets: bytes) -> str | None:
    """The default alphabet of the air, one septet an octet."""
    return None if any(octet & _HIGH_BIT for octet in octets) else gsm.decode(octets)


def in_latin1(octets: bytes) -> str | None:
    """Latin-1, perhaps padded with NUL."""
    text = octets.rstrip(b"\0").decode("latin-1").replace("\0", "")
    return text if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable() else None


def in_ascii(octets: bytes) -> str | None:
    """ASCII, perhaps padded with NUL."""
    return None if any(octet & _HIGH_BIT for octet in octets) else in_latin1(octets)


def read_letters(octets: bytes, own: Reading) -> str:
    """Octets that are said to be one letter each. own: the alphabet that they are said to be in."""
    told = own(octets)
    wide = _wide(octets, "utf-16-be") or _wide(octets, "utf-16-le")
    if wide is not None and (told is None or len(octets) > _ONE_UNIT):
        return wide  # in two octets, "@1" is as likely, and means the same
    encoded = _utf8(octets)
    if told is not None and encoded is None:
        return told
    packed = _packed(octets)
    found = [each for each in (encoded or _western(octets) or in_gsm(octets), packed) if each]
    if len(found) == 1:
        return found[0]
    # Both, or neither: what stops us is looked for in all of it.
    letters = octets.decode("latin-1")
    shown = "".join(char if char.isprintable() or char == "\n" else UNREADABLE for char in letters)
    return "\n".join([*([] if packed is None else [packed]), shown]) + UNREADABLE


def read_ucs2(octets: bytes) -> str:
    """Octets that are said to be UCS-2: in either order of its octets, or ASCII all the same."""
    if octets[:2] == b"\xff\xfe":
        return octets.decode("utf-16-le", "replace")
    straight = octets.decode("utf-16-be", "replace")
    if _wide(octets, "utf-16-be") is not None:
        return straight
    swapped = _wide(octets, "utf-16-le")
    if swapped is not None:
        return swapped
    plain = octets.rstrip(b"\0").decode("latin-1")
    if not _ASCII.fullmatch(plain):
        return straight
    # Few octets may be a word of Chinese.
    return plain if len(plain) >= _SURE or len(octets) % 2 else plain + UNREADABLE


def _wide(octets: bytes, codec: str) -> str | None:
    """UTF-16, when hardly anything but that looks so."""
    if not octets or len(octets) % 2:
        return None
    try:
        text = octets.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    # Padding at the end; elsewhere a character of no text.
    if not _WRITTEN.fullmatch(text.replace("\0", "")):
        return None
    return text if 2 * len(_TELLING.findall(text)) >= len(text) else None


def _utf8(octets: bytes) -> str | None:
    """UTF-8 with letters beyond ASCII."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    return text if not text.isascii() and _WRITTEN.fullmatch(text) else None


def _western(octets: bytes) -> str | None:
    """Latin-1 with a letter beyond ASCII here and there; more of them, or signs, are another alphabet's."""
    text = in_latin1(octets)
    if text is None or text.isascii() or not _WESTERN.fullmatch(text):
        return None
    return text if re.search("[A-Za-z]", text) and not _FOREIGN_WORD.search(text) else None


def _packed(octets: bytes) -> str | None:
    """Seven bits packed into eight (3GPP TS 23.038, 6.1.2.1), when they spell plain words."""
    if not _CONTROLS.search(octets) or not any(octet & _HIGH_BIT for octet in octets):
        return None
    bits = int.from_bytes(octets, "little")
    count = len(octets) * 8 // _SEPTETS_OF_OCTETS
    text = gsm.decode(bytes(bits >> 7 * at & 0x7F for at in range(count)))
    # An eighth septet of nothing but padding.
    text = text.removesuffix("@") if count % 8 == 0 else text
    return text if len(text) >= _SEVERAL and _PLAIN.fullmatch(text) else None
