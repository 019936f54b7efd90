"""The channel: e-mail through one relay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from nextvisit.sdk.addresses import EMAIL
from nextvisit.sdk.channels import (
    Accepted,
    ChannelCapabilities,
    DeliveryStatus,
    Mail,
    MessageForm,
    OutgoingMessage,
)
from nextvisit.sdk.errors import ConfigError, Rejected, RetryLater
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.tls import speaks_tls
from nextvisit_channel_email_smtp.address import is_address, to_ascii_domain
from nextvisit_channel_email_smtp.composition import compose
from nextvisit_channel_email_smtp.refusals import Refusals
from nextvisit_channel_email_smtp.session import SmtpPool
from nextvisit_channel_email_smtp.settings import EmailSmtpSettings

CAPABILITIES: Final = ChannelCapabilities(
    kind=ChannelKind("email"),
    addresses=EMAIL,
    forms=(MessageForm.MAIL,),
    reports=frozenset(
        {DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.OPENED, DeliveryStatus.FAILED}
    ),
    receives=False,
)


class EmailSmtpChannel:
    """Channel. The Message-ID is made of the message's id, so that a repetition is recognised."""

    def __init__(self, settings: EmailSmtpSettings) -> None:
        self._settings = settings
        self._pool = SmtpPool(settings)
        self._refusals = Refusals()

    async def send(self, message: OutgoingMessage) -> Accepted:
        """See `Channel`."""
        recipient = to_ascii_domain(message.to) if is_address(message.to) else None
        if recipient is None:
            raise Rejected("email.bad_address", "not an e-mail address")
        if not isinstance(message.content, Mail):
            raise Rejected("email.not_a_mail", scope="message")
        sender = self._settings.sender
        # The wall's date, because mail servers on the way hold it against their own.
        mail = compose(message, message.content, recipient, sender, datetime.now(UTC))
        try:
            await self._pool.send(sender.address, recipient, mail)
        except Rejected as error:
            raise self._refusals.judged(error, recipient.rpartition("@")[2]) from None
        self._refusals.taken()
        return Accepted(provider_ref=f"<{message.id}@{sender.domain}>")

    async def check(self) -> str:
        """See `Channel`."""
        host, port = self._settings.host, self._settings.port
        try:
            await self._pool.noop()
        except RetryLater as error:
            # What begins with TLS waits for us to begin, as we wait for its greeting.
            if self._settings.tls != "implicit" and await speaks_tls(host, port):
                why = "it speaks TLS from the first word; set tls: implicit"
                raise ConfigError("smtp.only_tls", why, place=f"{host}:{port}") from error
            raise
        return f"SMTP {host}:{port}"

    async def close(self) -> None:
        """See `Channel`."""
        await self._pool.close()
