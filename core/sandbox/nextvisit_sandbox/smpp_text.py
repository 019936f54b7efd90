"""Texts inside short messages: alphabets, and long texts that come in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox import gsm
from nextvisit_sandbox.smpp_pdu import Malformed, ShortMessage, Tlv

if TYPE_CHECKING:
    from collections.abc import Mapping

UCS2: Final = 8
_USER_DATA_HEADER: Final = 0x40
_CONCAT_8: Final = 0x00
_CONCAT_16: Final = 0x08


class UnknownCoding(ValueError):
    """A data_coding that this message centre does not know."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a text; `total` is 1 for a text that came whole."""

    text: str
    reference: int = 0
    total: int = 1
    number: int = 1


def read_part(message: ShortMessage) -> Part:
    """Raises UnknownCoding, or Malformed for a header that does not add up."""
    octets = message.message
    header: Mapping[int, bytes] = {}
    if message.esm_class & _USER_DATA_HEADER:
        header, octets = _split_header(octets)
    text = _decode(octets, message.data_coding)
    if _CONCAT_8 in header:
        reference, total, number = header[_CONCAT_8]
    elif _CONCAT_16 in header:
        high, low, total, number = header[_CONCAT_16]
        reference = high << 8 | low
    elif Tlv.SAR_TOTAL in message.tlvs:
        total, number = message.tlvs[Tlv.SAR_TOTAL][0], message.tlvs.get(Tlv.SAR_NUMBER, b"\0")[0]
        reference = int.from_bytes(message.tlvs.get(Tlv.SAR_REFERENCE, b"\0"), "big")
    else:
        return Part(text)
    if not 1 <= number <= total:
        message_ = f"part {number} of {total}"
        raise Malformed(message_)
    return Part(text, reference, total, number)


def encode(text: str) -> tuple[int, bytes]:
    """data_coding and octets for a text; UCS-2 only when the default alphabet lacks a character."""
    octets = gsm.encode(text)
    return (UCS2, text.encode("utf-16-be")) if octets is None else (0, octets)


class Parts:
    """Puts long texts together, whatever order their parts come in."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str, int, int], dict[int, str]] = {}

    def add(self, message: ShortMessage, part: Part) -> str | None:
        """The whole text once its last part is there."""
        if part.total == 1:
            return part.text
        key = (message.source.number, message.destination.number, part.reference, part.total)
        parts = self._waiting.setdefault(key, {})
        parts[part.number] = part.text
        if len(parts) < part.total:
            return None
        del self._waiting[key]
        return "".join(parts[number] for number in sorted(parts))


def _decode(octets: bytes, coding: int) -> str:
    match coding:
        case 0:
            return gsm.decode(octets)
        case 1:
            return octets.decode("ascii", "replace")
        case 3:
            return octets.decode("latin-1")
        case 6:
            return octets.decode("iso8859-5")
        case 8:
            return octets.decode("utf-16-be", "replace")
        case _:
            message = f"data_coding {coding}"
            raise UnknownCoding(message)


def _split_header(octets: bytes) -> tuple[Mapping[int, bytes], bytes]:
    length = octets[0] if octets else 0
    header, rest = octets[1 : 1 + length], octets[1 + length :]
    elements: dict[int, bytes] = {}
    while header:
        size = header[1] if len(header) > 1 else 0
        elements[header[0]] = header[2 : 2 + size]
        if len(elements[header[0]]) != size:
            message = "the user data header ends early"
            raise Malformed(message)
        header = header[2 + size :]
    for kind, size in ((_CONCAT_8, 3), (_CONCAT_16, 4)):
        if kind in elements and len(elements[kind]) != size:
            message = "a concatenation element of the wrong length"
            raise Malformed(message)
    return elements, rest
