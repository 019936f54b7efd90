"""Delivery receipts, and the ids that tie them to what was sent.

A receipt's optional parameters are trusted before its text, whose format is custom, not standard
(SMPP 3.4, appendix B).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus
from nextvisit_channel_sms_smpp.pdu import Tlv

_ID: Final = re.compile(r"\bid:\s*([^\s]{1,65})", re.IGNORECASE)
_STATE: Final = re.compile(r"\bstat:\s*([A-Za-z]{4,9})", re.IGNORECASE)
_ERROR: Final = re.compile(r"\berr:\s*([0-9A-Za-z]{1,8})", re.IGNORECASE)
_DONE: Final = re.compile(r"\bdone date:\s*([0-9]{10}(?:[0-9]{2})?)\b", re.IGNORECASE)

# message_state, section 5.2.28.
_STATES: Final = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_STATUSES: Final = {
    "ENROUTE": DeliveryStatus.SENT,
    "ACCEPTD": DeliveryStatus.SENT,
    "DELIVRD": DeliveryStatus.DELIVERED,
    "EXPIRED": DeliveryStatus.FAILED,
    "DELETED": DeliveryStatus.FAILED,
    "UNDELIV": DeliveryStatus.FAILED,
    "REJECTD": DeliveryStatus.FAILED,
    "UNKNOWN": DeliveryStatus.UNKNOWN,
}


def normal_id(raw: str) -> str:
    """One spelling of a message id: lower case, without leading zeros."""
    return raw.strip().lower().lstrip("0") or "0"


def referred_id(raw: str, receipt_id: Literal["same", "decimal"]) -> str:
    """The id of a receipt's text, spelt as the response to the submit spelt it."""
    if receipt_id == "decimal" and raw.isascii() and raw.isdigit():
        return f"{int(raw):x}"
    return normal_id(raw)


def read_receipt(
    text: str, tlvs: Mapping[int, bytes], receipt_id: Literal["same", "decimal"]
) -> DeliveryReport | None:
    """What a receipt says; None when it says nothing that can be understood."""
    named = tlvs.get(Tlv.RECEIPTED_MESSAGE_ID, b"").split(b"\0", 1)[0].decode("latin-1")
    found = _ID.search(text)
    if named:
        ref = normal_id(named)
    elif found:
        ref = referred_id(found[1], receipt_id)
    else:
        return None
    state = tlvs.get(Tlv.MESSAGE_STATE, b"")
    word = _STATES.get(state[0], "") if state else ""
    told = _STATE.search(text)
    word = word or (told[1].upper()[:7] if told else "")
    status = _STATUSES.get(word)
    if status is None:
        return None
    return DeliveryReport(status=status, provider_ref=ref, at=_done(text), code=_code(text, tlvs))


def _code(text: str, tlvs: Mapping[int, bytes]) -> str | None:
    network = tlvs.get(Tlv.NETWORK_ERROR, b"")
    if len(network) == 3:
        return f"network {network[0]}:{int.from_bytes(network[1:], 'big')}"
    found = _ERROR.search(text)
    return found[1] if found and found[1].strip("0") else None


def _done(text: str) -> datetime | None:
    """The receipt's own time has no zone; it is taken as UTC, which most centres keep."""
    found = _DONE.search(text)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].ljust(12, "0"), "%y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
