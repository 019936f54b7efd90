"""One connection to the message centre."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from hmac import compare_digest
from typing import TYPE_CHECKING, Final, Protocol

from nextvisit_sandbox.smpp_pdu import (
    GENERIC_NACK,
    HEADER,
    MAX_LENGTH,
    RESPONSE,
    Command,
    Malformed,
    Pdu,
    ShortMessage,
    Status,
    Tlv,
    c_string,
    read_bind,
    read_message,
    read_query,
    tlv,
)

if TYPE_CHECKING:
    from datetime import timedelta


class Bound(Enum):
    """What a session may do."""

    NOT = auto()
    TRANSMITTER = auto()
    RECEIVER = auto()
    TRANSCEIVER = auto()


_BINDS: Final = {
    Command.BIND_TRANSMITTER: Bound.TRANSMITTER,
    Command.BIND_RECEIVER: Bound.RECEIVER,
    Command.BIND_TRANSCEIVER: Bound.TRANSCEIVER,
}


class Centre(Protocol):
    """What a session asks of the message centre."""

    system_id: str
    password: str

    def submit(self, message: ShortMessage) -> tuple[Status, str]:
        """Status and message id."""
        ...

    def throttle(self, message: ShortMessage) -> Status:
        """Status of what came too fast."""
        ...

    def query(self, message_id: str) -> bytes | None:
        """Body of a query_sm_resp, or None for an unknown id."""
        ...

    def changed(self) -> None:
        """A session was bound or ended."""
        ...


class SmppSession:
    """Answers requests in the order they come; its own requests wait for answers side by side."""

    def __init__(
        self, centre: Centre, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, rate: int | None
    ) -> None:
        self.bound = Bound.NOT
        self._centre = centre
        self._reader = reader
        self._writer = writer
        self._rate = rate
        self._credit = float(rate or 0)
        self._credit_at = asyncio.get_running_loop().time()
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[int]] = {}

    @property
    def receives(self) -> bool:
        """Whether messages can be delivered to this client."""
        return self.bound in {Bound.RECEIVER, Bound.TRANSCEIVER}

    async def run(self) -> None:
        """Until the client unbinds, goes away or talks nonsense."""
        try:
            while (pdu := await self._read()) is not None:
                if not await self._take(pdu):
                    break
        except ConnectionError:
            pass  # The client is gone; there is nobody to tell.
        finally:
            self._end()
            self._writer.close()

    def abort(self) -> None:
        """Drops the connection; deliveries under way fail."""
        self._end()
        self._writer.transport.abort()

    def _end(self) -> None:
        self.bound = Bound.NOT
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the session ended"))
        self._waiting.clear()
        self._centre.changed()

    async def deliver(self, message: ShortMessage, *, timeout: timedelta) -> bool:  # noqa: ASYNC109 - in the protocol's words
        """Whether the client took a deliver_sm with status 0 in time."""
        self._sequence += 1
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[self._sequence] = answer
        number = self._sequence
        try:
            await self._send(Pdu(Command.DELIVER_SM, 0, number, message.to_bytes()))
            return await asyncio.wait_for(answer, timeout.total_seconds()) == Status.OK
        except (TimeoutError, ConnectionError):
            return False
        finally:
            self._waiting.pop(number, None)

    async def _read(self) -> Pdu | None:
        try:
            length, command, status, sequence = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            if not HEADER.size <= length <= MAX_LENGTH:
                # After a wrong length nothing that follows can be trusted.
                await self._send(Pdu(GENERIC_NACK, Status.INVALID_LENGTH, sequence))
                return None
            body = await self._reader.readexactly(length - HEADER.size)
        except asyncio.IncompleteReadError:
            return None
        return Pdu(command, status, sequence, body)

    async def _send(self, pdu: Pdu) -> None:
        self._writer.write(pdu.to_bytes())
        await self._writer.drain()

    async def _take(self, pdu: Pdu) -> bool:
        """Whether the session goes on."""
        if pdu.command & RESPONSE:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu.status)
            return True
        try:
            command = Command(pdu.command)
        except ValueError:
            await self._send(Pdu(GENERIC_NACK, Status.INVALID_COMMAND, pdu.sequence))
            return True
        try:
            answer = self._answer(command, pdu)
        except Malformed:
            answer = pdu.answer(Status.INVALID_LENGTH)
        await self._send(answer)
        if answer.status == Status.OK and command in _BINDS:
            self._centre.changed()
        return command is not Command.UNBIND

    def _answer(self, command: Command, pdu: Pdu) -> Pdu:
        match command:
            case Command.BIND_RECEIVER | Command.BIND_TRANSMITTER | Command.BIND_TRANSCEIVER:
                return self._bind(command, pdu)
            case Command.ENQUIRE_LINK | Command.UNBIND:
                return pdu.answer()
            case Command.SUBMIT_SM:
                return self._submit(pdu)
            case Command.QUERY_SM:
                if self.bound not in {Bound.TRANSMITTER, Bound.TRANSCEIVER}:
                    return pdu.answer(Status.WRONG_BIND_STATE)
                state = self._centre.query(read_query(pdu.body))
                return pdu.answer(Status.QUERY_FAILED) if state is None else pdu.answer(body=state)
            case Command.DELIVER_SM:
                return Pdu(GENERIC_NACK, Status.INVALID_COMMAND, pdu.sequence)

    def _bind(self, command: Command, pdu: Pdu) -> Pdu:
        if self.bound is not Bound.NOT:
            return pdu.answer(Status.ALREADY_BOUND)
        bind = read_bind(pdu.body)
        # A refusal has no body (section 4.1.2); clients have stumbled over that.
        if bind.system_id != self._centre.system_id:
            return pdu.answer(Status.INVALID_SYSTEM_ID)
        if not compare_digest(bind.password.encode(), self._centre.password.encode()):
            return pdu.answer(Status.INVALID_PASSWORD)
        self.bound = _BINDS[command]
        return pdu.answer(body=c_string("SANDBOX") + tlv(Tlv.INTERFACE_VERSION, b"\x34"))

    def _submit(self, pdu: Pdu) -> Pdu:
        if self.bound not in {Bound.TRANSMITTER, Bound.TRANSCEIVER}:
            return pdu.answer(Status.WRONG_BIND_STATE)
        message = read_message(pdu.body)
        if not self._within_rate():
            return pdu.answer(self._centre.throttle(message))
        status, message_id = self._centre.submit(message)
        return pdu.answer(body=c_string(message_id)) if status == Status.OK else pdu.answer(status)

    def _within_rate(self) -> bool:
        """A bucket that holds one second's worth."""
        if self._rate is None:
            return True
        now = asyncio.get_running_loop().time()
        self._credit = min(self._rate, self._credit + (now - self._credit_at) * self._rate)
        self._credit_at = now
        if self._credit < 1:
            return False
        self._credit -= 1
        return True
