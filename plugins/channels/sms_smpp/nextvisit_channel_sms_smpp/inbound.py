"""What comes in, deliveries and late answers: the bytes that are stored, and what they mean."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, DeliveryStatus, InboundMessage, MessageId
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import ProtocolError
from nextvisit_channel_sms_smpp.alphabets import UNREADABLE
from nextvisit_channel_sms_smpp.pdu import Address, ShortMessage, Tlv
from nextvisit_channel_sms_smpp.receipt import read_receipt, reads_as_receipt, receipt_text
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.text import UDHI, decode

_INTERNATIONAL: Final = 1
_CONCATENATED: Final = 0x00
_CONCATENATED_16: Final = 0x08
_NATIONAL: Final = frozenset({0x24, 0x25})
# The header of a part, and of nothing else. In no alphabet does a text begin so.
_PART: Final = re.compile(rb"(?:\x05\x00\x03.|\x06\x08\x04..)[\x02-\xff][\x01-\xff]", re.DOTALL)
# Message type bits of esm_class, section 5.2.12: a final or an intermediate receipt.
_RECEIPTS: Final = frozenset({0x04, 0x20})


@dataclass(frozen=True, slots=True)
class PartOf:
    """Which part of a long text this is."""

    reference: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """What the centre said of a whole text after nobody waited for it any more.

    ref: the id of a text that was taken, perhaps empty. refused: why it was not, else None.
    """

    message: MessageId
    ref: str
    refused: str | None = None


def is_receipt(message: ShortMessage) -> bool:
    """Whether it reports on something we sent. Some centres leave the flag out."""
    flagged = message.esm_class & 0x3C in _RECEIPTS
    return flagged or reads_as_receipt(receipt_text(_header(message)[1]), message.tlvs)


def octets_of(message: ShortMessage) -> bytes:
    """The short message, wherever the centre put it."""
    return message.octets or message.tlvs.get(Tlv.MESSAGE_PAYLOAD, b"")


def part_of(message: ShortMessage) -> PartOf | None:
    """The part that this is, by its user data header or by its SAR parameters; None for all of a text, and
    for a part that cannot be one of so many.
    """
    found = _told_part(message)
    if found is None or found.total < 2 or not 1 <= found.number <= found.total:
        return None
    return found


def _told_part(message: ShortMessage) -> PartOf | None:
    """What it says of itself."""
    found = _header_part(_header(message)[0])
    total = message.tlvs.get(Tlv.SAR_TOTAL, b"")
    if found is None and total:
        number = message.tlvs.get(Tlv.SAR_NUMBER, b"\0")
        reference = message.tlvs.get(Tlv.SAR_REFERENCE, b"\0\0")
        found = PartOf(int.from_bytes(reference, "big"), total[0], number[0] if number else 0)
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


def late_answer(answer: LateAnswer) -> RawInbound:
    """A late answer as it is stored."""
    said = {"message": answer.message, "ref": answer.ref, "refused": answer.refused}
    body = json.dumps({"answer": said}).encode()
    return RawInbound(body=body, dedupe=hashlib.sha256(body).hexdigest())


def unreadable(body: bytes) -> RawInbound:
    """A deliver_sm that is none, as it is stored: somebody may have written STOP in it."""
    return RawInbound(
        body=json.dumps({"unreadable": body.hex()}).encode(), dedupe=hashlib.sha256(body).hexdigest()
    )


def parse(body: bytes, settings: SmsSmppSettings) -> Sequence[ChannelEvent]:
    """Raises ProtocolError when these bytes are not from here, or when nobody can read what is stored."""
    try:
        stored = json.loads(body)
        if "unreadable" in stored:
            raise ProtocolError("smpp.malformed", "a deliver_sm whose fields do not add up", whose="theirs")
        if "answer" in stored:
            return (_late_report(**stored["answer"]),)
        messages = [_from_json(one) for one in stored["pdus"]]
        first = messages[0]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise ProtocolError("smpp.stored", "not a stored deliver_sm", whose="ours") from None
    if is_receipt(first):
        words = "".join(receipt_text(_header(one)[1]) for one in messages)
        report = read_receipt(words, first.tlvs, settings.receipt_id)
        if report is None:
            raise ProtocolError("smpp.receipt", "a receipt without a known id or state", whose="theirs")
        return (replace(report, to=_went_to(first, settings)),)
    return (InboundMessage(sender=_sender(first.source), text=_text(messages, settings)),)


def _late_report(message: str, ref: str, refused: str | None) -> DeliveryReport:
    status = DeliveryStatus.ACCEPTED if refused is None else DeliveryStatus.FAILED
    return DeliveryReport(status, provider_ref=ref or None, message=MessageId(message), code=refused)


def _text(messages: Sequence[ShortMessage], settings: SmsSmppSettings) -> str:
    """What was written, with a replacement character for what did not come, or is in letters that we lack."""
    shown = ""
    for run, is_gap in _runs(messages):
        octets = b"".join(_header(one)[1] for one in run)
        shown += UNREADABLE if is_gap else ""
        shown += decode(octets, run[0].data_coding, settings.default_alphabet) if run else ""
    return shown + UNREADABLE if any(_is_shifted(_header(one)[0]) for one in messages) else shown


def _runs(messages: Sequence[ShortMessage]) -> Iterator[tuple[list[ShortMessage], bool]]:
    """Neighbours of one coding, which are decoded together: phones cut a text between any two octets of a
    character. With each, whether something is missing before it; at the end, perhaps, a run of nothing."""
    run: list[ShortMessage] = []
    is_gap = False
    expected, total = 1, 1
    for one in messages:
        part = _told_part(one)
        number, of = (part.number, part.total) if part is not None and part.total > 1 else (1, 1)
        total = max(total, of)
        misses = number != expected
        if run and (misses or run[-1].data_coding != one.data_coding):
            yield run, is_gap
            run = []
        if not run:
            is_gap = misses
        run.append(one)
        expected = number + 1
    yield run, is_gap
    if expected <= total:
        yield [], True


def _went_to(receipt: ShortMessage, settings: SmsSmppSettings) -> tuple[str, ...]:
    """The phone: the receipt's source, where the centre does not leave the two as they were sent. There may
    be another sender, which the centre has put in place of ours."""
    ours = {"", settings.sender.removeprefix("+")}
    parties = (receipt.source, receipt.destination)
    return tuple(_sender(each) for each in parties if each.number.removeprefix("+") not in ours)


def _sender(source: Address) -> str:
    return f"+{source.number.removeprefix('+')}" if source.ton == _INTERNATIONAL else source.number


def _header(message: ShortMessage) -> tuple[bytes, bytes]:
    """The user data header without its length, and the text's octets.

    Some centres leave the flag out, and some set it where there is no header.
    """
    octets = octets_of(message)
    flagged = message.esm_class & UDHI and octets and _elements(octets[1 : 1 + octets[0]]) is not None
    if octets and octets[0] < len(octets) and (flagged or _PART.match(octets)):
        return octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
    return b"", octets


def _elements(header: bytes) -> list[tuple[int, bytes]] | None:
    """The information elements of 3GPP TS 23.040, 9.2.3.24; None when they do not add up."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        found.append((kind, header[at + 2 : at + 2 + length]))
        at += 2 + length
    return found if at == len(header) else None


def _header_part(header: bytes) -> PartOf | None:
    """3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8."""
    for kind, value in _elements(header) or ():
        if kind == _CONCATENATED and len(value) == 3:
            return PartOf(value[0], value[1], value[2])
        if kind == _CONCATENATED_16 and len(value) == 4:
            return PartOf(int.from_bytes(value[:2], "big"), value[2], value[3])
    return None


def _is_shifted(header: bytes) -> bool:
    """Whether the letters are those of a national table (9.2.3.24.15 and 16), which we do not have."""
    return any(kind in _NATIONAL and value != b"\0" for kind, value in _elements(header) or ())


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
