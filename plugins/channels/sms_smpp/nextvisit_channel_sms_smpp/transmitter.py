"""The sending side: a transmitter bind that is kept, and made again with growing pauses."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, timedelta
from typing import Final

from nextvisit.sdk.channels import Accepted, OutgoingMessage, ShortText
from nextvisit.sdk.errors import NextVisitError, Rejected, RetryLater
from nextvisit_channel_sms_smpp import text as texts
from nextvisit_channel_sms_smpp.pdu import Address, Command, ShortMessage, Tlv, message_id
from nextvisit_channel_sms_smpp.receipt import normal_id
from nextvisit_channel_sms_smpp.session import ConnectionLost, SmppSession, lost
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.status import OK, submit_refusal

_MOST_OCTETS: Final = 34_000
"""255 parts of UCS-2; also well below what message_payload may hold."""
_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(minutes=1)


class Transmitter:
    """Sends texts over one session; many at a time, as far as the window goes."""

    def __init__(self, settings: SmsSmppSettings) -> None:
        self._settings = settings
        self._session: SmppSession | None = None
        self._opening = asyncio.Lock()
        self._window = asyncio.Semaphore(settings.window)
        self._pause = _FIRST_PAUSE
        self._not_before = 0.0

    async def send(self, message: OutgoingMessage) -> Accepted:
        """Raises RetryLater, Rejected, OutcomeUnknown, ConfigError.

        A text in parts asks for the receipt of its last part only and is known by that part's id.
        When the centre refuses a later part for now, the whole text may be sent again: the parts
        carry the same reference, so a phone that has the first ones shows the text once.
        """
        units = _units(message, self._settings)
        accepted = ""
        for unit in units[0]:
            accepted = await self._submit(unit)
        ref = normal_id(accepted) if accepted else None
        return Accepted(provider_ref=ref, parts=units[1])

    async def session(self) -> SmppSession:
        """The open session. Raises RetryLater, Rejected, ConfigError."""
        async with self._opening:
            if self._session is not None and self._session.is_open:
                return self._session
            now = asyncio.get_running_loop().time()
            if now < self._not_before:
                wait = timedelta(seconds=self._not_before - now)
                raise RetryLater("smpp.waiting_to_reconnect", after=wait)
            if self._session is not None:
                await self._session.close()
                self._session = None
            try:
                self._session = await SmppSession.open(self._settings, Command.BIND_TRANSMITTER)
            except NextVisitError:
                self._not_before = asyncio.get_running_loop().time() + self._pause.total_seconds()
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
                raise
            self._pause = _FIRST_PAUSE
            return self._session

    async def close(self) -> None:
        """Unbind."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _submit(self, unit: ShortMessage) -> str:
        async with self._window:
            session = await self.session()
            try:
                answer = await session.request(Command.SUBMIT_SM, unit.encode())
            except (ConnectionLost, TimeoutError) as error:
                raise lost(error) from error
        if answer.status != OK:
            raise submit_refusal(answer.status)
        return message_id(answer.body)


def _units(message: OutgoingMessage, settings: SmsSmppSettings) -> tuple[list[ShortMessage], int]:
    """The submit_sm of a text, and how many parts the phone will get."""
    number = message.to.removeprefix("+")
    if not (number.isascii() and number.isdigit() and 5 <= len(number) <= 15):
        raise Rejected("smpp.bad_number", "not an international number")
    if not isinstance(message.content, ShortText):
        raise Rejected("smpp.not_a_short_text", scope="message")
    if not message.content.text:
        raise Rejected("smpp.no_text", scope="message")
    source, destination = source_address(settings.sender), Address(1, 1, number)
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


def source_address(sender: str) -> Address:
    """Letters are alphanumeric (5, 0), a + makes a number international, few digits a short code."""
    if not sender.removeprefix("+").isdigit():
        return Address(5, 0, sender)
    if sender.startswith("+") or len(sender) > 8:
        return Address(1, 1, sender.removeprefix("+"))
    return Address(3, 0, sender)
