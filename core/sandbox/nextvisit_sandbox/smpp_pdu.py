"""SMPP 3.4 protocol data units: bytes to values and back (Issue 1.2, sections 3 to 5)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.received import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER: Final = struct.Struct(">IIII")
MAX_LENGTH: Final = 70_000
RESPONSE: Final = 0x8000_0000
_MAX_SHORT: Final = 254


class Command(IntEnum):
    """command_id of the requests that are spoken here."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    QUERY_SM = 0x03
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15


GENERIC_NACK: Final = 0x8000_0000


class Status(IntEnum):
    """command_status."""

    OK = 0x00
    INVALID_LENGTH = 0x02
    INVALID_COMMAND = 0x03
    WRONG_BIND_STATE = 0x04
    ALREADY_BOUND = 0x05
    INVALID_DESTINATION = 0x0B
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    THROTTLED = 0x58
    QUERY_FAILED = 0x67
    INVALID_DATA_CODING = 0x104


class Tlv(IntEnum):
    """Tags of optional parameters."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    INTERFACE_VERSION = 0x0210
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Malformed(ValueError):
    """The body of a unit ends early or lies about its lengths."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """A unit as it is on the wire."""

    command: int
    status: int
    sequence: int
    body: bytes = b""

    def to_bytes(self) -> bytes:
        """With its header."""
        return HEADER.pack(HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body

    def answer(self, status: Status = Status.OK, body: bytes = b"") -> Pdu:
        """The response to this request."""
        return Pdu(self.command | RESPONSE, status, self.sequence, body)


@dataclass(frozen=True, slots=True)
class Bind:
    """Body of the three bind requests, as far as it matters."""

    system_id: str
    password: str


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """Body of submit_sm and deliver_sm, as far as it matters."""

    source: Address
    destination: Address
    esm_class: int
    data_coding: int
    message: bytes
    registered_delivery: int = 0
    tlvs: Mapping[int, bytes] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """A body whose message goes into the payload parameter when it is too long."""
        short, tlvs = self.message, dict(self.tlvs)
        if len(short) > _MAX_SHORT:
            short, tlvs[Tlv.MESSAGE_PAYLOAD] = b"", short
        return b"".join(
            (
                b"\0",
                _address(self.source),
                _address(self.destination),
                bytes((self.esm_class, 0, 0)),
                b"\0\0",
                bytes((self.registered_delivery, 0, self.data_coding, 0, len(short))),
                short,
                *(tlv(tag, value) for tag, value in tlvs.items()),
            )
        )


class _Reader:
    """Takes fields off a body one after another."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def octet(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        if len(taken) != count:
            message = "the body ends early"
            raise Malformed(message)
        self._at += count
        return taken

    def text(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            message = "a string does not end"
            raise Malformed(message)
        taken = self.take(end - self._at)
        self._at += 1
        return taken.decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.octet(), self.octet()
        return Address(self.text(), ton, npi)

    def tlvs(self) -> dict[int, bytes]:
        found = {}
        while self._at < len(self._body):
            tag, length = struct.unpack(">HH", self.take(4))
            found[tag] = self.take(length)
        return found


def read_bind(body: bytes) -> Bind:
    """Raises Malformed."""
    reader = _Reader(body)
    return Bind(reader.text(), reader.text())


def read_message(body: bytes) -> ShortMessage:
    """Raises Malformed."""
    reader = _Reader(body)
    reader.text()
    source, destination = reader.address(), reader.address()
    esm_class = reader.octet()
    reader.take(2)
    reader.text()
    reader.text()
    registered = reader.octet()
    reader.octet()
    data_coding = reader.octet()
    reader.octet()
    short = reader.take(reader.octet())
    tlvs = reader.tlvs()
    message = tlvs.pop(Tlv.MESSAGE_PAYLOAD, b"") or short
    return ShortMessage(source, destination, esm_class, data_coding, message, registered, tlvs)


def read_query(body: bytes) -> str:
    """The message id that is asked about. Raises Malformed."""
    return _Reader(body).text()


def c_string(text: str) -> bytes:
    """A string with its end mark."""
    return text.encode("latin-1", "replace") + b"\0"


def tlv(tag: int, value: bytes) -> bytes:
    """An optional parameter."""
    return struct.pack(">HH", tag, len(value)) + value


def _address(address: Address) -> bytes:
    return bytes((address.ton, address.npi)) + c_string(address.number)
