"""The GSM 7-bit default alphabet with its extension table, one septet an octet.

Source: 3GPP TS 23.038, 6.2.1 and 6.2.1.1. Here because both sides need the same one: the core says what a
text will cost before a campaign is approved, a channel sends it so.
"""

from __future__ import annotations

from typing import Final

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
ESCAPE: Final = 0x1B
_CODES: Final = {
    **{char: bytes((code,)) for code, char in enumerate(_BASIC) if code != ESCAPE},
    **{char: bytes((ESCAPE, code)) for code, char in _EXTENDED.items()},
}


def encode(text: str) -> list[bytes] | None:
    """The octets of each character; None when one of them is not in the alphabet."""
    found = [_CODES.get(char) for char in text]
    return None if None in found else [octets for octets in found if octets is not None]


def decode(octets: bytes) -> str:
    """The text; an unknown extension shows as its basic character, as the standard says."""
    chars: list[str] = []
    escaped = False
    for octet in octets:
        code = octet & 0x7F
        if code == ESCAPE and not escaped:
            escaped = True
            continue
        chars.append(_EXTENDED.get(code, _BASIC[code]) if escaped else _BASIC[code])
        escaped = False
    return "".join(chars)
