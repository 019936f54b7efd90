"""One SMPP session over one TCP or TLS connection.

Written here because neither library on the index acknowledges a deliver_sm only after a callback
has stored it, and both hide the raw short message. Requests are answered in the order in which
their work is done; responses find their request by sequence number.

While so much waits to be stored that more would fill the memory, the centre is asked to keep what comes.
Reading goes on: behind it come enquire_link, for which it drops us if nobody answers, and the responses to
what we send.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from nextvisit.sdk.certificates import certificate_fault
from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.sdk.settings import reveal
from nextvisit.sdk.tls import NO_TLS, speaks_no_tls
from nextvisit_channel_sms_smpp.pdu import (
    HEADER,
    MAX_LENGTH,
    Command,
    Malformed,
    Pdu,
    bind_body,
    response,
)
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.status import INVALID_COMMAND, OK, SYSTEM_ERROR, TRY_AGAIN, bind_refusal

Deliver = Callable[[Pdu], Awaitable[int]]
"""Gets a deliver_sm or data_sm and returns the status to answer with."""

Late = Callable[[Pdu], None]
"""Gets the response to a request that nobody waits for any more."""

_LAST_SEQUENCE: Final = 0x7FFFFFFF
_MOST_OVERDUE: Final = 10_000
_FAREWELL: Final = 2.0
MOST_UNDER_WAY: Final = 1_000
"""Requests that are being stored: more than a centre leaves without a response, be it generous."""
MOST_OCTETS_UNDER_WAY: Final = 4 * 1024 * 1024
"""Of their bodies. Each is held several times over on its way."""


class ConnectionLost(Exception):
    """The session ended while somebody waited for a response."""


class SmppSession:
    """A bound session. `open` makes one; it is over when `closed` is set, `failure` says why if we know."""

    def __init__(
        self,
        settings: SmsSmppSettings,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        deliver: Deliver,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._writer = writer
        self._deliver = deliver
        self._sequence = 0
        self._is_bound = False
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._overdue: OrderedDict[int, Late] = OrderedDict()
        self._work: dict[asyncio.Task[None], Pdu] = {}
        self._octets_under_way = 0
        self._heard = asyncio.get_running_loop().time()
        self._tasks: list[asyncio.Task[None]] = []
        self.closed = asyncio.Event()
        self.failure: BaseException | None = None

    @classmethod
    async def open(cls, settings: SmsSmppSettings, bind: Command, deliver: Deliver) -> SmppSession:
        """Connect and bind. Raises RetryLater, Rejected, ConfigError."""
        place = f"{settings.host}:{settings.port}"
        password = reveal(settings.password)
        reader, writer = await _connect(settings, place)
        session = cls(settings, reader, writer, deliver)
        session._tasks.append(asyncio.create_task(session._read()))
        try:
            body = bind_body(settings.system_id, password, settings.system_type)
            answer = await session.request(bind, body)
        except Malformed as error:
            await session.close()
            raise ConfigError(
                "smpp.login_too_long", "system_id or password is too long", place=place
            ) from error
        except (ConnectionLost, TimeoutError) as error:
            await session.close()
            where = f"{settings.host}:{settings.port}"
            raise RetryLater("smpp.no_bind_answer", f"{where} does not answer the bind") from error
        except BaseException:
            await session.close()
            raise
        if answer.status != OK:
            await session.close()
            raise bind_refusal(answer.status, place)
        session._is_bound = True
        session._tasks.append(asyncio.create_task(session._keep_alive()))
        return session

    @property
    def is_open(self) -> bool:
        """Whether a request can be written."""
        return not self.closed.is_set() and not self._writer.is_closing()

    async def request(self, command: Command, body: bytes = b"", late: Late | None = None) -> Pdu:
        """Send and wait for the response. Raises ConnectionLost or TimeoutError; either may mean
        that the request was carried out. A response that comes when nobody waits any more is for `late`.
        """
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        sequence = self._sequence
        waiter: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = waiter
        try:
            # Writing waits too, for a centre that reads nothing.
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                await self._write(Pdu(command, OK, sequence, body))
                return await waiter
        finally:
            self._waiting.pop(sequence, None)
            if late is not None and not (waiter.done() and not waiter.cancelled()):
                self._overdue[sequence] = late
                if len(self._overdue) > _MOST_OVERDUE:
                    self._overdue.popitem(last=False)
            waiter.cancel()

    async def close(self) -> None:
        """Unbind as far as the other side listens, then close."""
        if self.is_open:
            with contextlib.suppress(ConnectionLost, TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self.request(Command.UNBIND)
        self._end()
        current = asyncio.current_task()
        tasks = [task for task in (*self._tasks, *self._work) if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self._writer.wait_closed()
        self._writer.transport.abort()  # what a centre did not read until now it never will

    async def _write(self, pdu: Pdu) -> None:
        if not self.is_open:
            raise ConnectionLost
        try:
            self._writer.write(pdu.encode())
            await self._writer.drain()
        except OSError as error:
            self._end()
            raise ConnectionLost from error

    def _end(self) -> None:
        self._writer.close()
        self.closed.set()
        for waiter in self._waiting.values():
            if not waiter.done():
                waiter.set_exception(ConnectionLost())

    async def _read(self) -> None:
        try:
            while True:
                length, command, status, sequence = HEADER.unpack(await self._reader.readexactly(HEADER.size))
                if not HEADER.size <= length <= MAX_LENGTH:
                    return
                body = await self._reader.readexactly(length - HEADER.size)
                self._heard = asyncio.get_running_loop().time()
                await self._take(Pdu(command, status, sequence, body))
        except (OSError, asyncio.IncompleteReadError, ConnectionLost):
            return
        finally:
            self._end()

    async def _take(self, pdu: Pdu) -> None:
        if pdu.is_response:
            self._take_response(pdu)
            return
        match pdu.command:
            case Command.DELIVER_SM | Command.DATA_SM:
                if not self._has_room_for(pdu):
                    await self._write(response(pdu, TRY_AGAIN, b"\0"))
                    return
                task = asyncio.create_task(self._answer(pdu, self._deliver))
                self._work[task] = pdu
                self._octets_under_way += len(pdu.body)
                task.add_done_callback(self._done)
            case Command.ENQUIRE_LINK:
                await self._write(response(pdu))
            case Command.UNBIND:
                await self._write(response(pdu))
                self._end()
            case Command.ALERT_NOTIFICATION:
                pass  # it has no response (4.12), and we ask for none
            case _:
                await self._write(Pdu(Command.GENERIC_NACK, INVALID_COMMAND, pdu.sequence))

    def _has_room_for(self, pdu: Pdu) -> bool:
        octets = self._octets_under_way + len(pdu.body)
        return len(self._work) < MOST_UNDER_WAY and octets <= MOST_OCTETS_UNDER_WAY

    def _take_response(self, pdu: Pdu) -> None:
        waiter = self._waiting.get(pdu.sequence)
        if waiter is None and pdu.command == Command.GENERIC_NACK and not self._is_bound:
            # Some centres cannot say what they refuse, and there is only the bind.
            waiter = next(iter(self._waiting.values()), None)
        if waiter is not None and not waiter.done():
            waiter.set_result(pdu)
            return
        late = self._overdue.pop(pdu.sequence, None)
        if late is not None:
            late(pdu)

    async def _answer(self, pdu: Pdu, deliver: Deliver) -> None:
        status = SYSTEM_ERROR
        try:
            status = await deliver(pdu)
        finally:
            # Whatever went wrong, the centre is told to keep the message; the error goes on its way.
            with contextlib.suppress(ConnectionLost):
                await self._write(response(pdu, status, b"\0"))

    def _done(self, task: asyncio.Task[None]) -> None:
        """What `deliver` did not expect ends the session; whoever serves it raises it."""
        self._octets_under_way -= len(self._work.pop(task).body)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failure = failure
            self._end()

    async def _keep_alive(self) -> None:
        pause = self._settings.enquire_link.total_seconds()
        while self.is_open:
            quiet = asyncio.get_running_loop().time() - self._heard
            if quiet < pause:
                await asyncio.sleep(pause - quiet)
                continue
            try:
                await self.request(Command.ENQUIRE_LINK)
            except (ConnectionLost, TimeoutError):
                self._end()


async def _connect(
    settings: SmsSmppSettings, place: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file) if settings.tls == "implicit" else None
    except (OSError, ssl.SSLError) as error:
        where = str(settings.ca_file)
        raise ConfigError("smpp.ca_file", "cannot be read as certificates", place=where) from error
    try:
        async with asyncio.timeout(settings.timeout.total_seconds()):
            return await asyncio.open_connection(settings.host, settings.port, ssl=context)
    except (OSError, TimeoutError) as error:
        if (why := certificate_fault(error)) is not None:
            raise ConfigError("smpp.untrusted", why, place=place) from error
        if speaks_no_tls(error):
            raise ConfigError("smpp.no_tls", NO_TLS, place=place) from error
        where = f"{settings.host}:{settings.port}"
        raise RetryLater("smpp.unreachable", f"{where} does not answer") from error
