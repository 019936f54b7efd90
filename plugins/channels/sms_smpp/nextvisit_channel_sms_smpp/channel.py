"""The channel: SMS through one message centre."""

from __future__ import annotations

from collections.abc import Sequence
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
from nextvisit_channel_sms_smpp.inbound import parse
from nextvisit_channel_sms_smpp.pdu import Command
from nextvisit_channel_sms_smpp.receiver import Receiver
from nextvisit_channel_sms_smpp.session import ConnectionLost
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.transmitter import Transmitter

CAPABILITIES: Final = ChannelCapabilities(
    kind=ChannelKind("sms"),
    addresses=MOBILE,
    forms=(MessageForm.SHORT_TEXT,),
    reports=frozenset(
        {DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED}
    ),
    receives=True,
)


class SmsSmppChannel:
    """Channel and Listens. Sending and receiving are two sessions, usually of two processes."""

    def __init__(self, settings: SmsSmppSettings) -> None:
        self._settings = settings
        self._transmitter = Transmitter(settings)

    async def send(self, message: OutgoingMessage) -> Accepted:
        """See `Channel`."""
        return await self._transmitter.send(message)

    async def check(self) -> str:
        """See `Channel`."""
        session = await self._transmitter.session()
        try:
            await session.request(Command.ENQUIRE_LINK)
        except (ConnectionLost, TimeoutError) as error:
            raise RetryLater("smpp.no_response", "to enquire_link") from error
        return f"SMPP {self._settings.host}:{self._settings.port}"

    async def serve(self, inbox: Inbox) -> None:
        """See `Listens`."""
        await Receiver(self._settings, inbox).run()

    def parse_inbound(self, body: bytes) -> Sequence[ChannelEvent]:
        """See `Listens`."""
        return parse(body, self._settings)

    async def close(self) -> None:
        """See `Channel`."""
        await self._transmitter.close()
