"""Delivery receipts, and the ids that tie them to what was sent.

A receipt's optional parameters are trusted before its text, whose format is custom, not standard
(SMPP 3.4, appendix B).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

from nextvisit.sdk import gsm
from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus
from nextvisit_channel_sms_smpp.pdu import Tlv
from nextvisit_channel_sms_smpp.settings import ReceiptId

_ID: Final = re.compile(r"\bid:\s*([^\s]{1,65})", re.IGNORECASE)
_STATE: Final = re.compile(
    r"\bstat:\s*([A-Za-z_]{4,16}|[0-9]{1,3})\b|\bdone date:\s*[0-9+-]+\s+([A-Za-z]{5,16})\b(?!:)",
    re.IGNORECASE,
)
_ERROR: Final = re.compile(r"\berr:\s*([0-9A-Za-z]{1,8})", re.IGNORECASE)
# Perhaps to the tenth of a second and with its quarters of an hour from UTC, as in section 7.1.1.
_DONE: Final = re.compile(
    r"\bdone date:\s*([0-9]{10}(?:[0-9]{2})?)(?:[0-9]([0-9]{2})([+-]))?(?![0-9+-])", re.IGNORECASE
)
# Nobody types all of this.
_WHOLE: Final = re.compile(
    r"\s*id:\s*\S{1,65}\s+(?:sub:\s*\S+\s+)?(?:dlvrd:\s*\S+\s+)?"
    r"submit date:\s*[0-9]{10,15}[+-]?\s+done date:\s*[0-9]{10,15}[+-]?\s+(?:stat:\s*\w|[A-Z]{5,16}\s+err:)",
    re.IGNORECASE,
)
_HEXADECIMAL: Final = re.compile(r"(?:0x)?[0-9a-f]{1,64}", re.IGNORECASE)
_BLANKS: Final = b"\t\n\r"
_FIRST_LETTER: Final = 0x20

# message_state, section 5.2.28.
_STATES: Final = {
    1: DeliveryStatus.SENT,
    2: DeliveryStatus.DELIVERED,
    3: DeliveryStatus.FAILED,
    4: DeliveryStatus.FAILED,
    5: DeliveryStatus.FAILED,
    6: DeliveryStatus.SENT,
    7: DeliveryStatus.UNKNOWN,
    8: DeliveryStatus.FAILED,
}
# Seven letters in appendix B; centres write them out, too.
_WORDS: Final = {
    "ENROUTE": 1,
    "DELIVRD": 2,
    "DELIVERD": 2,
    "DELIVERED": 2,
    "EXPIRED": 3,
    "DELETED": 4,
    "UNDELIV": 5,
    "UNDELIVRD": 5,
    "UNDELIVERED": 5,
    "UNDELIVERABLE": 5,
    "ACCEPTD": 6,
    "ACCEPTED": 6,
    "UNKNOWN": 7,
    "REJECTD": 8,
    "REJECTED": 8,
}


def receipt_text(octets: bytes) -> str:
    """A receipt's words: ASCII, whatever data_coding says (farhadi/node-smpp#68), unless it has octets that
    are no letters there."""
    octets = octets.rstrip(b"\0")
    if octets[:1] == b"\0":
        return octets.decode("utf-16-be", "replace")
    if any(octet < _FIRST_LETTER and octet not in _BLANKS for octet in octets):
        return gsm.decode(octets)
    return octets.decode("latin-1")


def reads_as_receipt(text: str, tlvs: Mapping[int, bytes]) -> bool:
    """Whether this can be nothing but a receipt, though it may not be flagged as one."""
    named = Tlv.RECEIPTED_MESSAGE_ID in tlvs and Tlv.MESSAGE_STATE in tlvs
    return named or _WHOLE.match(text) is not None


def normal_id(raw: str) -> str:
    """One spelling of a message id: lower case, without leading zeros."""
    return raw.strip().lower().removeprefix("0x").lstrip("0") or "0"


def read_receipt(text: str, tlvs: Mapping[int, bytes], receipt_id: ReceiptId) -> DeliveryReport | None:
    """What a receipt says; None when it says nothing that can be understood."""
    named = tlvs.get(Tlv.RECEIPTED_MESSAGE_ID, b"").split(b"\0", 1)[0].decode("latin-1").strip()
    found = _ID.search(text)
    status = _status(text, tlvs)
    if status is None or not (named or found):
        return None
    ref = _referred_id(named, found[1] if found else "", receipt_id)
    return DeliveryReport(status=status, provider_ref=ref, at=_done(text), code=_code(text, tlvs))


def _referred_id(named: str, told: str, receipt_id: ReceiptId) -> str:
    """The id as the response to the submit spelt it, from the parameter's and the text's."""
    # Some centres repeat the response in the parameter, others what they have in the text.
    if named and told and normal_id(named) == _as_responded(told, receipt_id):
        return normal_id(named)
    return _as_responded(named or told, receipt_id)


def _as_responded(raw: str, receipt_id: ReceiptId) -> str:
    if receipt_id == "decimal" and raw.isascii() and raw.isdigit():
        return f"{int(raw):x}"
    if receipt_id == "hexadecimal" and _HEXADECIMAL.fullmatch(raw):
        return str(int(raw, 16))
    return normal_id(raw)


def _status(text: str, tlvs: Mapping[int, bytes]) -> DeliveryStatus | None:
    state = tlvs.get(Tlv.MESSAGE_STATE, b"")
    # An integer, or its digit.
    number = int(state) if state.isdigit() else int.from_bytes(state, "big")
    if number in _STATES:
        return _STATES[number]
    told = _STATE.search(text)
    if told is None:
        return None
    word = told[1] or told[2]
    return _STATES.get(int(word) if word.isdigit() else _WORDS.get(word.upper(), 0))


def _code(text: str, tlvs: Mapping[int, bytes]) -> str | None:
    network = tlvs.get(Tlv.NETWORK_ERROR, b"")
    if len(network) == 3:
        return f"network {network[0]}:{int.from_bytes(network[1:], 'big')}"
    found = _ERROR.search(text)
    return found[1] if found and found[1].strip("0") else None


def _done(text: str) -> datetime | None:
    """The receipt's own time seldom has a zone; then it is taken as UTC, which most centres keep."""
    found = _DONE.search(text)
    if found is None:
        return None
    quarters, sign = int(found[2] or 0), -1 if found[3] == "-" else 1
    try:
        zone = timezone(sign * timedelta(minutes=15 * quarters))
        return datetime.strptime(found[1].ljust(12, "0"), "%y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None
