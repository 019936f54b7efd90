"""The channel: SMS through one message centre."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

from nextvisit.sdk.addresses import MOBILE
from nextvisit.sdk.channels import (
    Accepted,
    ChannelCapabilities,
    ChannelEvent,
    DeliveryStatus,
    MessageForm,
    OutgoingMessage,
)
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.ports import Inbox
from nextvisit.sdk.records import ChannelKind
from nextvisit_channel_sms_smpp.inbound import late_answer, parse
from nextvisit_channel_sms_smpp.pdu import Command
from nextvisit_channel_sms_smpp.receiver import Receiver
from nextvisit_channel_sms_smpp.session import ConnectionLost, Deliver, SmppSession
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.status import ALREADY_BOUND
from nextvisit_channel_sms_smpp.transmitter import Transmitter

_PAUSE: Final = timedelta(seconds=1)

CAPABILITIES: Final = ChannelCapabilities(
    kind=ChannelKind("sms"),
    addresses=MOBILE,
    forms=(MessageForm.SHORT_TEXT,),
    reports=frozenset(
        {DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED}
    ),
    receives=True,
)


def with_settings(settings: SmsSmppSettings) -> ChannelCapabilities:
    """What a text whose sender is a name and no number can do: nobody can answer it."""
    return replace(CAPABILITIES, receives=settings.sender_is_number)


class SmsSmppChannel:
    """Channel and ListensWhereItSends.

    With a pair of binds, sending and receiving are two sessions, usually of two processes; a transceiver is
    one, in the process that sends. Late answers come in where the text was sent.
    """

    def __init__(self, settings: SmsSmppSettings) -> None:
        self._settings = settings
        self._transmitter = Transmitter(settings)

    async def send(self, message: OutgoingMessage) -> Accepted:
        """See `Channel`."""
        return await self._transmitter.send(message)

    async def check(self) -> str:
        """See `Channel`. Where one bind is all there is, it is the worker's.

        Whether submits are answered only a submit tells: what became of those the core remembers.
        """
        centre = f"SMPP {self._settings.host}:{self._settings.port}"
        try:
            session = await self._transmitter.session()
        except RetryLater as error:
            if error.code == ALREADY_BOUND and self._settings.bind == "transceiver":
                return f"{centre}, bound already"
            raise
        try:
            await session.request(Command.ENQUIRE_LINK)
        except (ConnectionLost, TimeoutError) as error:
            raise RetryLater("smpp.no_response", "to enquire_link") from error
        return centre

    async def serve(self, inbox: Inbox) -> None:
        """See `Listens`. A transceiver receives where it sends, and has nothing to miss here."""
        if self._settings.bind == "transceiver":
            inbox.listening()
            await asyncio.Event().wait()
        await Receiver(self._settings, inbox, self._receiver).run()

    async def serve_sending(self, inbox: Inbox) -> None:
        """See `ListensWhereItSends`."""
        keeping = asyncio.create_task(self._keep_late_answers(inbox))
        try:
            if self._settings.bind == "transceiver":
                await Receiver(self._settings, inbox, self._transceiver).run()
            inbox.listening()  # late answers come by whatever session sends, and each send opens one
            await keeping
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    def parse_inbound(self, body: bytes) -> Sequence[ChannelEvent]:
        """See `Listens`."""
        return parse(body, self._settings)

    async def close(self) -> None:
        """See `Channel`."""
        await self._transmitter.close()

    async def _keep_late_answers(self, inbox: Inbox) -> None:
        while True:
            answer = late_answer(await self._transmitter.late.get())
            kept = False
            while not kept:
                try:
                    await inbox.put(answer)
                    kept = True
                except RetryLater as error:
                    await asyncio.sleep((error.after or _PAUSE).total_seconds())

    @asynccontextmanager
    async def _receiver(self, deliver: Deliver) -> AsyncIterator[SmppSession]:
        session = await SmppSession.open(self._settings, Command.BIND_RECEIVER, deliver)
        try:
            yield session
        finally:
            await session.close()

    @asynccontextmanager
    async def _transceiver(self, deliver: Deliver) -> AsyncIterator[SmppSession]:
        """The session that sends; it stays open for that when nobody receives any more."""
        self._transmitter.deliver = deliver
        try:
            yield await self._transmitter.session()
        finally:
            self._transmitter.deliver = None
