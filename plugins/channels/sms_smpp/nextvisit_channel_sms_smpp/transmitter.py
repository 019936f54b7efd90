"""The sending side: a session that is kept, and made again with growing pauses.

The hard thing is what is known of a text whose parts fare differently: taken, refused for now, not answered.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from functools import partial
from typing import Final

import structlog

from nextvisit.sdk.channels import Accepted, OutgoingMessage, ShortText
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit_channel_sms_smpp import text as texts
from nextvisit_channel_sms_smpp.inbound import LateAnswer
from nextvisit_channel_sms_smpp.pace import Pace
from nextvisit_channel_sms_smpp.pdu import Address, Command, Pdu, ShortMessage, Tlv, message_id
from nextvisit_channel_sms_smpp.progress import Progress, Unfinished
from nextvisit_channel_sms_smpp.receipt import normal_id
from nextvisit_channel_sms_smpp.session import ConnectionLost, Deliver, SmppSession
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.standing import Standing
from nextvisit_channel_sms_smpp.status import OK, THROTTLED, TRY_AGAIN, submit_code

_BINDS: Final = {"pair": Command.BIND_TRANSMITTER, "transceiver": Command.BIND_TRANSCEIVER}
_MOST_OCTETS: Final = 34_000
"""255 parts of UCS-2; also well below what message_payload may hold."""
_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(minutes=1)


class Transmitter:
    """Sends texts over one session; many at a time, as far as the window goes.

    late: what the centre answered after nobody waited any more.
    deliver: what to do with what the centre delivers on this session; None: it is asked to keep it.
    """

    def __init__(self, settings: SmsSmppSettings) -> None:
        self.late: asyncio.Queue[LateAnswer] = asyncio.Queue()
        self.deliver: Deliver | None = None
        self._settings = settings
        self._session: SmppSession | None = None
        self._opening = asyncio.Lock()
        self._window = asyncio.Semaphore(settings.window)
        self._pace = Pace()
        self._standing = Standing(settings.timeout.total_seconds())
        self._log = structlog.get_logger("nextvisit_channel_sms_smpp")
        self._unfinished = Unfinished()
        self._pause = _FIRST_PAUSE
        self._not_before = 0.0
        self._refused: NextVisitError | None = None

    async def send(self, message: OutgoingMessage) -> Accepted:
        """Raises RetryLater, Rejected, OutcomeUnknown, ProtocolError, ConfigError.

        A text in parts asks for the receipt of its last part only and is known by that part's id. Sent again
        after a RetryLater, it goes on with the first part that was not taken.
        """
        units, on_air = _units(message, self._settings)
        loop = asyncio.get_running_loop()
        digest = hashlib.sha256(b"".join(unit.encode() for unit in units)).digest()
        progress = self._unfinished.take(message.id, digest, len(units), loop.time())
        until = loop.time() + self._settings.patience.total_seconds()
        waits = False
        try:
            for number, unit in enumerate(units):
                if number not in progress.taken and number not in progress.asked:
                    await self._submit(progress, number, unit, until)
            self._raise_unless_taken(progress)
        except RetryLater:
            if not progress.asked:
                waits = True
                raise
            progress.is_unknown = True
            raise OutcomeUnknown("smpp.no_response", "of one part") from None
        except (OutcomeUnknown, ProtocolError, asyncio.CancelledError):
            progress.is_unknown = True
            raise
        finally:
            self._unfinished.keep(progress, loop.time(), waits=waits)
        return Accepted(provider_ref=normal_id(progress.ref) if progress.ref else None, parts=on_air)

    async def session(self) -> SmppSession:
        """The open session. Raises RetryLater, Rejected, ConfigError."""
        async with self._opening:
            if self._session is not None and self._session.is_open:
                return self._session
            now = asyncio.get_running_loop().time()
            if now < self._not_before:
                if self._refused is not None:
                    raise self._refused.with_traceback(None)
                wait = timedelta(seconds=self._not_before - now)
                raise RetryLater("smpp.waiting_to_reconnect", after=wait)
            if self._session is not None:
                await self._session.close()
                self._session = None
            try:
                self._session = await SmppSession.open(
                    self._settings, _BINDS[self._settings.bind], self._delivered
                )
            except NextVisitError as error:
                # To whoever asks in the pause, what an operator must change is still the reason.
                self._refused = None if isinstance(error, RetryLater) else error
                self._not_before = asyncio.get_running_loop().time() + self._pause.total_seconds()
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
                raise
            self._pause, self._refused = _FIRST_PAUSE, None
            return self._session

    async def close(self) -> None:
        """Unbind."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _submit(self, progress: Progress, number: int, unit: ShortMessage, until: float) -> None:
        """One part, again while the centre throttles. Without an answer it stays `asked`, and the next parts
        go out all the same: once the answer comes, the text is whole.
        """
        now = asyncio.get_running_loop().time
        while True:
            slowed = await self._pace.turn(since=progress.since, until=until)
            async with self._room(until):
                if self._pace.has_slowed(slowed):
                    continue  # it waited for room meanwhile
                session = await self.session()
                progress.asked.add(number)
                late = partial(self._answered_late, progress, number)
                self._standing.submitted(now())
                try:
                    answer = await session.request(Command.SUBMIT_SM, unit.encode(), late)
                except TimeoutError:
                    if self._standing.timed_out(now()):
                        await self._leave(session)
                    return
                except ConnectionLost as error:
                    raise OutcomeUnknown("smpp.no_response", "disconnected") from error
                self._standing.heard()
                if _is_nonsense(answer):
                    raise ProtocolError("smpp.nack", "a refusal that says it is none", whose="theirs")
                progress.asked.discard(number)
                if answer.status == OK:
                    progress.taken[number] = message_id(answer.body)
                    self._pace.taken()
                    self._standing.taken()
                    return
                if answer.status not in THROTTLED:
                    raise self._standing.refusal(answer.status)
                self._pace.throttled(slowed)

    async def _leave(self, session: SmppSession) -> None:
        """A session that answers enquire_link and no submit lasts for ever; another one may answer
        (jookies/jasmin#247).
        """
        async with self._opening:
            if self._session is not session:
                return
            self._log.warning("transmitter.unanswered", count=self._standing.unanswered)
            self._session = None
            await session.close()
            self._standing.heard()

    @asynccontextmanager
    async def _room(self, until: float) -> AsyncIterator[None]:
        """Room in the window. Raises RetryLater when there is none in time."""
        try:
            async with asyncio.timeout_at(until):
                await self._window.acquire()
        except TimeoutError:
            raise RetryLater("smpp.window_full", scope=self._pace.scope) from None
        try:
            yield
        finally:
            self._window.release()

    def _answered_late(self, progress: Progress, number: int, answer: Pdu) -> None:
        self._standing.heard()
        if _is_nonsense(answer):
            return
        progress.asked.discard(number)
        if answer.status == OK:
            progress.taken[number] = message_id(answer.body)
        else:
            progress.refused = answer.status
        if not progress.is_unknown:
            return  # whoever sends the other parts hears of it, or nobody asks any more
        if progress.refused is not None:
            self.late.put_nowait(LateAnswer(progress.message, "", submit_code(progress.refused)))
        elif progress.is_complete:
            self.late.put_nowait(
                LateAnswer(progress.message, normal_id(progress.ref) if progress.ref else "")
            )

    async def _delivered(self, pdu: Pdu) -> int:
        return TRY_AGAIN if self.deliver is None else await self.deliver(pdu)

    def _raise_unless_taken(self, progress: Progress) -> None:
        """Raises RetryLater, Rejected, OutcomeUnknown for what came late or not at all."""
        if progress.refused is not None:
            status, progress.refused = progress.refused, None
            raise self._standing.refusal(status)
        if progress.asked:
            raise OutcomeUnknown("smpp.no_response", "timed out")


def _is_nonsense(answer: Pdu) -> bool:
    """A refusal whose status says that all is well."""
    return answer.command == Command.GENERIC_NACK and answer.status == OK


def _units(message: OutgoingMessage, settings: SmsSmppSettings) -> tuple[list[ShortMessage], int]:
    """The submit_sm of a text, and how many parts the phone will get."""
    number = message.to.removeprefix("+")
    if not (number.isascii() and number.isdigit() and 5 <= len(number) <= 15):
        raise Rejected("smpp.bad_number", "not an international number")
    if not isinstance(message.content, ShortText):
        raise Rejected("smpp.not_a_short_text", scope="message")
    if message.content.media is not None:
        raise Rejected("smpp.media", "carries no media", scope="message")
    if not message.content.text:
        raise Rejected("smpp.no_text", scope="message")
    source, destination = source_address(settings), Address(1, 1, number)
    encoded = texts.encode(message.content.text, settings.default_alphabet)
    if len(encoded.octets) > _MOST_OCTETS:
        raise Rejected("smpp.too_long", f"{len(encoded.octets)} octets", scope="message")
    validity = ""
    if settings.validity and message.expires_at is not None:
        # Absolute time format, section 7.1.1: tenths, quarter hours from UTC, direction.
        validity = f"{message.expires_at.astimezone(UTC):%y%m%d%H%M%S}000+"
    if settings.long_texts == "payload":
        parts, on_air = [texts.Part(encoded.octets, 0)], texts.parts_on_air(encoded)
    else:
        digest = hashlib.sha256(message.id.encode()).digest()
        parts = texts.split(encoded, int.from_bytes(digest[:2], "big"), settings.long_texts)
        on_air = len(parts)
    units = []
    for place, part in enumerate(parts, start=1):
        in_payload = settings.long_texts == "payload" and len(part.octets) > 140
        units.append(
            ShortMessage(
                source=source,
                destination=destination,
                octets=b"" if in_payload else part.octets,
                esm_class=part.esm_class,
                data_coding=encoded.data_coding,
                registered_delivery=1 if place == len(parts) else 0,
                validity_period=validity,
                tlvs={int(Tlv.MESSAGE_PAYLOAD): part.octets} if in_payload else {},
            )
        )
    return units, on_air


def source_address(settings: SmsSmppSettings) -> Address:
    """Letters are alphanumeric (5, 0), a + makes a number international, few digits a short code."""
    sender = settings.sender
    if not settings.sender_is_number:
        return Address(5, 0, sender)
    if sender.startswith("+") or len(sender) > 8:
        return Address(1, 1, sender.removeprefix("+"))
    return Address(3, 0, sender)
