"""A message centre that does what it is told, however odd."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from nextvisit.sdk.channels import MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import NextVisitError
from nextvisit_channel_sms_smpp import SmsSmppChannel, SmsSmppSettings
from nextvisit_channel_sms_smpp.pdu import ShortMessage

HANGS_UP: Final = None
HOLDS: Final = -1
"""No answer to a submit until `release`."""

_RESPONSE: Final = 0x80000000
RECEIVER, TRANSMITTER, TRANSCEIVER = 1, 2, 9
_BINDS: Final = (RECEIVER, TRANSMITTER, TRANSCEIVER)
_SUBMIT, _DELIVER = 4, 5
_WRONG_BIND, _ALREADY_BOUND = 0x04, 0x05


class Centre:
    """Answers binds and submits with the given statuses.

    script: the answers to the first submits; then `submit`. kinds: binds that it knows, by command.
    most: how many sessions may be bound at once. nack: refusals come as generic_nack; nameless: without the
    sequence of what they refuse.
    """

    def __init__(
        self,
        bind: int = 0,
        submit: int | None = 0,
        *,
        script: Sequence[int | None] = (),
        kinds: Sequence[int] = _BINDS,
        most: int = 9,
        nack: bool = False,
        nameless: bool = False,
    ) -> None:
        self.bind, self.submit, self.kinds, self.most, self.nack = bind, submit, kinds, most, nack
        self.nameless = nameless
        self.script = list(script)
        self.responses: list[tuple[int, int, int]] = []
        self.submitted: list[bytes] = []
        self.bound: list[int] = []
        self.binds = 0
        self.writer: asyncio.StreamWriter | None = None
        self.port = 0
        self._held: list[Callable[[int], None]] = []
        self._nonsense: list[Callable[[], None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Centre]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            if self.writer is not None:
                self.writer.close()

    def release(self, status: int = 0) -> None:
        """Answer the oldest submit that is held."""
        self._held.pop(0)(status)

    def nonsense(self) -> None:
        """Answer the oldest submit that is held by a generic_nack whose status is OK."""
        self._nonsense.pop(0)()

    def deliver(self, message: ShortMessage, sequence: int) -> None:
        """Send a deliver_sm."""
        self.say(_DELIVER, message.encode(), sequence)

    def say(self, command: int, body: bytes, sequence: int) -> None:
        """Send whatever it is to who receives."""
        assert self.writer is not None
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bound = 0
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, command, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                if command & _RESPONSE:
                    self.responses.append((command, status, sequence))
                elif command in _BINDS:
                    refusal = self._bind(command)
                    self._answer(writer, command, refusal, sequence)
                    if not refusal:
                        bound = command
                        self.bound.append(command)
                        self.binds += 1
                        self.writer = self.writer if command == TRANSMITTER else writer
                elif command == _SUBMIT:
                    answer = self._submit(body)
                    if answer is HANGS_UP:
                        break
                    if answer == HOLDS:
                        self._hold(writer, len(self.submitted), sequence)
                    else:
                        self._answer(writer, command, answer, sequence, len(self.submitted))
                else:
                    self._answer(writer, command, 0, sequence)
        if bound:
            self.bound.remove(bound)
        writer.close()

    def _bind(self, command: int) -> int:
        """The status of the answer."""
        if self.bind:
            return self.bind
        if command not in self.kinds:
            return _WRONG_BIND
        return 0 if len(self.bound) < self.most else _ALREADY_BOUND

    def _submit(self, body: bytes) -> int | None:
        message = ShortMessage.decode(body)
        self.submitted.append(message.octets)
        return self.script.pop(0) if self.script else self.submit

    def _hold(self, writer: asyncio.StreamWriter, number: int, sequence: int) -> None:
        self._held.append(lambda status: self._answer(writer, _SUBMIT, status, sequence, number))
        self._nonsense.append(lambda: writer.write(struct.pack(">IIII", 16, _RESPONSE, 0, sequence)))

    def _answer(
        self, writer: asyncio.StreamWriter, command: int, status: int, sequence: int, number: int = 0
    ) -> None:
        # A refusing centre may leave the body out.
        body = f"{0xAA + number:04X}\0".encode() if command == _SUBMIT and not status else b""
        told = _RESPONSE if status and self.nack else command | _RESPONSE
        sequence = 0 if status and self.nameless else sequence
        writer.write(struct.pack(">IIII", 16 + len(body), told, status, sequence) + body)


class Inbox:
    """Becomes durable when the test says so; at once if it says nothing. heard: what a listener said of itself."""

    def __init__(self, *, gated: bool = False) -> None:
        self.raw: list[RawInbound] = []
        self.heard: list[str] = []
        self.open = asyncio.Event()
        if not gated:
            self.open.set()

    async def put(self, raw: RawInbound) -> None:
        self.raw.append(raw)
        await self.open.wait()

    def listening(self) -> None:
        self.heard.append("listening")

    def deaf(self, why: NextVisitError) -> None:
        self.heard.append(why.code)


def channel(port: int, **more: Any) -> SmsSmppChannel:
    """A channel to a centre on this machine. Its password is in SMPP_PASSWORD."""
    raw: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "system_id": "us",
        "password": "env:SMPP_PASSWORD",
        "tls": "none",
        "sender": "Klinika",
        "timeout": 3,
    }
    return SmsSmppChannel(SmsSmppSettings(**raw | more))


def sms(text: str = "raz", name: str = "m", to: str = "+48500100200") -> OutgoingMessage:
    """One text."""
    return OutgoingMessage(id=MessageId(name), to=to, content=ShortText(text), language="pl")


async def until(done: Callable[[], object]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(240):
        while not done():
            await asyncio.sleep(0.01)
