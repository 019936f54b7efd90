"""The protocol data units of SMPP 3.4 that a client needs; bytes in, bytes out.

Section numbers are those of "SMPP Protocol Specification v3.4, Issue 1.2". Nothing is shortened
silently, unknown TLVs are kept, and a short message stays the bytes that it was.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

HEADER = struct.Struct(">IIII")
MAX_LENGTH = 70_000
"""More than message_payload and everything else of one PDU may have."""
_RESPONSE = 0x80000000


class Command(IntEnum):
    """command_id, section 5.1.2.1."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x102
    DATA_SM = 0x103


class Tlv(IntEnum):
    """Optional parameters, section 5.3.2."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    NETWORK_ERROR = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Malformed(ValueError):
    """These bytes are no PDU."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One unit. `body` holds no header."""

    command: int
    status: int
    sequence: int
    body: bytes = field(default=b"", repr=False)

    @property
    def is_response(self) -> bool:
        """Whether it answers one of ours."""
        return bool(self.command & _RESPONSE)

    def encode(self) -> bytes:
        """With its header."""
        return HEADER.pack(HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body


def response(request: Pdu, status: int = 0, body: bytes = b"") -> Pdu:
    """The answer to a request of the other side."""
    return Pdu(request.command | _RESPONSE, status, request.sequence, body)


@dataclass(frozen=True, slots=True)
class Address:
    """A party with its type of number and numbering plan, sections 5.2.5 and 5.2.6."""

    ton: int
    npi: int
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """The fields of submit_sm, deliver_sm and data_sm that matter, sections 4.4.1, 4.6.1 and 4.7.1."""

    source: Address
    destination: Address
    octets: bytes = field(repr=False)
    esm_class: int = 0
    data_coding: int = 0
    registered_delivery: int = 0
    validity_period: str = ""
    tlvs: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """The body of a submit_sm. Raises Malformed when a field does not fit."""
        if len(self.octets) > 254:
            message = "more than 254 octets belong into message_payload"
            raise Malformed(message)
        return b"".join(
            (
                b"\0",
                _address(self.source),
                _address(self.destination),
                bytes((self.esm_class, 0, 0)),
                b"\0",
                c_string(self.validity_period, 17),
                bytes((self.registered_delivery, 0, self.data_coding, 0, len(self.octets))),
                self.octets,
                *(struct.pack(">HH", tag, len(value)) + value for tag, value in self.tlvs.items()),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> ShortMessage:
        """The body of a deliver_sm. Raises Malformed."""
        cursor = _Cursor(body)
        cursor.c_string()
        source, destination = cursor.address(), cursor.address()
        esm_class, _, _ = cursor.take(3)
        cursor.c_string()
        validity = cursor.c_string()
        registered, _, coding, _, length = cursor.take(5)
        octets = cursor.take(length)
        return cls(source, destination, octets, esm_class, coding, registered, validity, cursor.tlvs())

    @classmethod
    def decode_data(cls, body: bytes) -> ShortMessage:
        """The body of a data_sm (4.7.1), in which some centres deliver receipts. Raises Malformed."""
        cursor = _Cursor(body)
        cursor.c_string()
        source, destination = cursor.address(), cursor.address()
        esm_class, registered, coding = cursor.take(3)
        return cls(source, destination, b"", esm_class, coding, registered, tlvs=cursor.tlvs())


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """Body of the three binds, sections 4.1.1, 4.1.3 and 4.1.5.

    The password may be longer than the eight octets of the specification: centres take that.
    """
    return (
        c_string(system_id, 16)
        + c_string(password, 65)
        + c_string(system_type, 13)
        + bytes((0x34, 0, 0))
        + b"\0"
    )


def message_id(body: bytes) -> str:
    """The id in a submit_sm_resp; centres may leave the body out."""
    return body.split(b"\0", 1)[0].decode("latin-1")


def c_string(value: str, size: int) -> bytes:
    """A C-octet string of at most `size` octets with its NUL. Raises Malformed."""
    raw = value.encode("latin-1", "replace")
    if len(raw) >= size or 0 in raw:
        message = "a string does not fit its field"
        raise Malformed(message)
    return raw + b"\0"


def _address(address: Address) -> bytes:
    return bytes((address.ton, address.npi)) + c_string(address.number, 21)


class _Cursor:
    """Reads fields one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            message = "a field is cut off"
            raise Malformed(message)
        self._at += count
        return taken

    def c_string(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            message = "a string has no end"
            raise Malformed(message)
        value = self._data[self._at : end]
        self._at = end + 1
        return value.decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.take(2)
        return Address(ton, npi, self.c_string())

    def tlvs(self) -> dict[int, bytes]:
        """What follows the fields; a parameter that is cut off costs itself, not the text before it."""
        found: dict[int, bytes] = {}
        while self._at + 4 <= len(self._data):
            tag, length = struct.unpack(">HH", self.take(4))
            if self._at + length > len(self._data):
                break
            found[tag] = self.take(length)
        return found
