"""What comes in: deliver_sm → the bytes that are stored, and what those bytes mean."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nextvisit.sdk.channels import ChannelEvent, InboundMessage
from nextvisit.sdk.errors import ProtocolError
from nextvisit_channel_sms_smpp.pdu import Address, ShortMessage, Tlv
from nextvisit_channel_sms_smpp.receipt import read_receipt
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.text import UDHI, decode

_INTERNATIONAL: Final = 1
# Message type bits of esm_class, section 5.2.12: a final or an intermediate receipt.
_RECEIPTS: Final = frozenset({0x04, 0x20})


@dataclass(frozen=True, slots=True)
class PartOf:
    """Which part of a long text this is."""

    reference: int
    total: int
    number: int


def is_receipt(message: ShortMessage) -> bool:
    """Whether it reports on something we sent."""
    return message.esm_class & 0x3C in _RECEIPTS


def octets_of(message: ShortMessage) -> bytes:
    """The short message, wherever the centre put it."""
    return message.octets or message.tlvs.get(Tlv.MESSAGE_PAYLOAD, b"")


def part_of(message: ShortMessage) -> PartOf | None:
    """The part that this is, by its user data header or by its SAR parameters."""
    found = _header_part(_header(message)[0])
    total = message.tlvs.get(Tlv.SAR_TOTAL, b"")
    if found is None and total:
        number = message.tlvs.get(Tlv.SAR_NUMBER, b"\0")
        reference = message.tlvs.get(Tlv.SAR_REFERENCE, b"\0\0")
        found = PartOf(int.from_bytes(reference, "big"), total[0], number[0] if number else 0)
    if found is None or found.total < 2 or not 1 <= found.number <= found.total:
        return None
    return found


def fingerprint(messages: Sequence[ShortMessage]) -> str:
    """Equal for a repetition of the same thing; the sequence number, which changes, is left out."""
    digest = hashlib.sha256()
    for one in messages:
        digest.update(json.dumps(_to_json(one), sort_keys=True).encode())
    return digest.hexdigest()


def body_of(messages: Sequence[ShortMessage]) -> bytes:
    """The bytes to store: every PDU of one thing, in the order of its parts."""
    return json.dumps({"pdus": [_to_json(one) for one in messages]}).encode()


def parse(body: bytes, settings: SmsSmppSettings) -> Sequence[ChannelEvent]:
    """Raises ProtocolError when these bytes are not from `body_of` or the receipt is unreadable."""
    try:
        messages = [_from_json(one) for one in json.loads(body)["pdus"]]
        first = messages[0]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise ProtocolError("smpp.stored", "not a stored deliver_sm", whose="ours") from None
    pieces = [_text(one, settings) for one in messages]
    if is_receipt(first):
        report = read_receipt("".join(pieces), first.tlvs, settings.receipt_id)
        if report is None:
            raise ProtocolError("smpp.receipt", "a receipt without a known id or state", whose="theirs")
        return (report,)
    return (InboundMessage(sender=_sender(first.source), text="".join(pieces)),)


def _text(message: ShortMessage, settings: SmsSmppSettings) -> str:
    return decode(_header(message)[1], message.data_coding, settings.default_alphabet)


def _sender(source: Address) -> str:
    return f"+{source.number.removeprefix('+')}" if source.ton == _INTERNATIONAL else source.number


def _header(message: ShortMessage) -> tuple[bytes, bytes]:
    """The user data header without its length, and the text's octets."""
    octets = octets_of(message)
    if not message.esm_class & UDHI or not octets or octets[0] >= len(octets):
        return b"", octets
    return octets[1 : 1 + octets[0]], octets[1 + octets[0] :]


def _header_part(header: bytes) -> PartOf | None:
    """3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if kind == 0x00 and len(value) == 3:
            return PartOf(value[0], value[1], value[2])
        if kind == 0x08 and len(value) == 4:
            return PartOf(int.from_bytes(value[:2], "big"), value[2], value[3])
        at += 2 + length
    return None


def _to_json(message: ShortMessage) -> dict[str, Any]:
    return {
        "source": [message.source.ton, message.source.npi, message.source.number],
        "destination": [message.destination.ton, message.destination.npi, message.destination.number],
        "esm_class": message.esm_class,
        "data_coding": message.data_coding,
        "short_message": message.octets.hex(),
        "tlvs": {f"{tag:04x}": value.hex() for tag, value in message.tlvs.items()},
    }


def _from_json(raw: dict[str, Any]) -> ShortMessage:
    return ShortMessage(
        source=Address(*raw["source"]),
        destination=Address(*raw["destination"]),
        octets=bytes.fromhex(raw["short_message"]),
        esm_class=raw["esm_class"],
        data_coding=raw["data_coding"],
        tlvs={int(tag, 16): bytes.fromhex(value) for tag, value in raw["tlvs"].items()},
    )
