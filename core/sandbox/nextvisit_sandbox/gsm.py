"""The GSM 7-bit default alphabet (3GPP TS 23.038), one septet per octet as SMPP carries it."""

from __future__ import annotations

from typing import Final

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE: Final = 0x1B
_EXTENSION: Final = {
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


def decode(octets: bytes) -> str:
    """Text of unpacked septets; an unknown escape shows the plain character, as phones do."""
    text = []
    escaped = False
    for octet in octets:
        if escaped:
            text.append(_EXTENSION.get(octet, _BASIC[octet & 0x7F]))
            escaped = False
        elif octet == _ESCAPE:
            escaped = True
        else:
            text.append(_BASIC[octet & 0x7F])
    return "".join(text)


def encode(text: str) -> bytes | None:
    """Unpacked septets, or None when the alphabet lacks a character."""
    extended = {char: code for code, char in _EXTENSION.items()}
    octets = bytearray()
    for char in text:
        if char in extended:
            octets += bytes((_ESCAPE, extended[char]))
        elif char in _BASIC and char != "\x1b":
            octets.append(_BASIC.index(char))
        else:
            return None
    return bytes(octets)
