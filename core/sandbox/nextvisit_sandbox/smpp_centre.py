"""A message centre: takes texts, sends receipts and the patients' own texts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from nextvisit.clock import SystemClock
from nextvisit_sandbox.received import Address, ReceivedSms, Throttled
from nextvisit_sandbox.smpp_pdu import Malformed, ShortMessage, Status, Tlv, c_string
from nextvisit_sandbox.smpp_session import SmppSession
from nextvisit_sandbox.smpp_text import Parts, UnknownCoding, encode, read_part
from nextvisit_sandbox.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from nextvisit_sandbox.turnable_clock import TurnableClock


_RECEIPT: Final = 0x04
_DELIVERED: Final = 2
_UNDELIVERABLE: Final = 5
_ENROUTE: Final = 1
_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(seconds=30)
_ANSWER_TIMEOUT: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SmppOptions:
    """How this message centre differs from others."""

    rate: int | None = None
    """submit_sm a second and connection; more are throttled."""
    receipt_after: timedelta = timedelta(seconds=5)
    """In the sandbox's time."""
    receipt_ids_decimal: bool = False
    """Responses give hexadecimal ids; some centres write decimal ones into receipts."""
    receipt_tlvs: bool = True


@dataclass(slots=True)
class _Accepted:
    number: int
    message: ShortMessage
    at: datetime
    reachable: bool
    final: datetime | None = None


class SmppCentre:
    """Listens on one port; what is to be delivered outlives its connections, not the process."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        system_id: str,
        password: str,
        clock: TurnableClock,
        received: Callable[[ReceivedSms], None],
        reachable: Callable[[str], bool],
        throttled: Callable[[Throttled], None],
        options: SmppOptions,
    ) -> None:
        self.port = port
        self.system_id = system_id
        self.password = password
        self._host = host
        self._clock = clock
        self._received = received
        self._reachable = reachable
        self._throttled = throttled
        self._options = options
        self._server: asyncio.Server | None = None
        self._sessions: list[SmppSession] = []
        self._sessions_changed = asyncio.Event()
        self._tasks = Tasks()
        self._accepted: dict[str, _Accepted] = {}
        self._parts = Parts()
        # Ids of a restarted centre must not repeat those of the one before.
        self._last_number = int(SystemClock().now().timestamp()) * 1000

    async def up(self) -> None:
        """Listens; a port of 0 is chosen once and kept."""
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, self._host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Closes the listener and every connection; undelivered messages wait for the next `up`."""
        if self._server is None:
            return
        self._server.close()
        for session in list(self._sessions):
            session.abort()
        await self._server.wait_closed()
        self._server = None

    async def stop(self) -> None:
        """For good."""
        await self.down()
        await self._tasks.stop()

    def write_in(self, *, sender: Address, to: Address, text: str) -> None:
        """A text from a phone to the clinic; delivered until it is acknowledged."""
        coding, octets = encode(text)
        self._tasks.start(self._deliver(ShortMessage(sender, to, 0, coding, octets)))

    def submit(self, message: ShortMessage) -> tuple[Status, str]:
        """What submit_sm does; the status, and the message id when it is OK."""
        number = message.destination.number.removeprefix("+")
        if not number.isdecimal():
            return Status.INVALID_DESTINATION, ""
        try:
            part = read_part(message)
        except UnknownCoding:
            return Status.INVALID_DATA_CODING, ""
        except Malformed:
            return Status.INVALID_LENGTH, ""
        self._last_number += 1
        accepted = _Accepted(self._last_number, message, self._clock.now(), self._reachable(number))
        message_id = f"{accepted.number:X}"
        self._accepted[message_id] = accepted
        self._tasks.start(self._finish(message_id, accepted))
        text = self._parts.add(message, part)
        if text is not None:
            reachable, at = accepted.reachable, accepted.at
            self._received(ReceivedSms(message.source, number, text, part.total, reachable, at))
        return Status.OK, message_id

    def throttle(self, message: ShortMessage) -> Status:
        """What submit_sm does when they come too fast."""
        self._throttled(Throttled(message.destination.number.removeprefix("+"), self._clock.now()))
        return Status.THROTTLED

    def query(self, message_id: str) -> bytes | None:
        """Body of a query_sm_resp."""
        accepted = self._accepted.get(message_id)
        if accepted is None:
            return None
        if accepted.final is None:
            return c_string(message_id) + c_string("") + bytes((_ENROUTE, 0))
        final = f"{accepted.final.astimezone(UTC):%y%m%d%H%M%S}000+"
        return c_string(message_id) + c_string(final) + bytes((_state(accepted), 0))

    def changed(self) -> None:
        """Wakes the deliveries that wait for somebody to be bound."""
        self._sessions_changed.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = SmppSession(self, reader, writer, rate=self._options.rate)
        self._sessions.append(session)
        try:
            await session.run()
        finally:
            self._sessions.remove(session)

    async def _finish(self, message_id: str, accepted: _Accepted) -> None:
        """The phone got it, or never will; the sender is told if it asked."""
        await self._clock.until(accepted.at + self._options.receipt_after)
        accepted.final = self._clock.now()
        wanted = accepted.message.registered_delivery & 0x03
        if wanted == 1 or (wanted == 2 and not accepted.reachable):
            await self._deliver(self._receipt(message_id, accepted, accepted.final))

    def _receipt(self, message_id: str, accepted: _Accepted, final: datetime) -> ShortMessage:
        good = accepted.reachable
        shown = f"{accepted.number:010d}" if self._options.receipt_ids_decimal else message_id
        text = (
            f"id:{shown} sub:001 dlvrd:{int(good):03d} submit date:{accepted.at:%y%m%d%H%M} "
            f"done date:{final:%y%m%d%H%M} stat:{'DELIVRD' if good else 'UNDELIV'} "
            f"err:{'000' if good else '001'} text:"
        )
        tlvs = {
            int(Tlv.RECEIPTED_MESSAGE_ID): c_string(message_id),
            int(Tlv.MESSAGE_STATE): bytes((_state(accepted),)),
        }
        submitted = accepted.message
        return ShortMessage(
            source=submitted.destination,
            destination=submitted.source,
            esm_class=_RECEIPT,
            data_coding=0,
            message=text.encode("ascii"),
            tlvs=tlvs if self._options.receipt_tlvs else {},
        )

    async def _deliver(self, message: ShortMessage) -> None:
        """Again and again until a client takes it."""
        pause = _FIRST_PAUSE
        while True:
            session = await self._a_receiver()
            if await session.deliver(message, timeout=_ANSWER_TIMEOUT):
                return
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _a_receiver(self) -> SmppSession:
        """The receiver that was served longest ago, as soon as there is one."""
        while True:
            for session in self._sessions:
                if session.receives:
                    self._sessions.remove(session)
                    self._sessions.append(session)
                    return session
            self._sessions_changed.clear()
            await self._sessions_changed.wait()


def _state(accepted: _Accepted) -> int:
    return _DELIVERED if accepted.reachable else _UNDELIVERABLE
