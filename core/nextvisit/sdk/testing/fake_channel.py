"""A channel in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nextvisit.sdk.addresses import EMAIL, MOBILE
from nextvisit.sdk.channels import (
    Accepted,
    ChannelCapabilities,
    DeliveryStatus,
    MessageForm,
    OutgoingMessage,
)
from nextvisit.sdk.errors import NextVisitError, Rejected
from nextvisit.sdk.records import ChannelKind

TEXTS: Final = ChannelCapabilities(
    kind=ChannelKind("sms"),
    addresses=MOBILE,
    forms=(MessageForm.SHORT_TEXT,),
    reports=frozenset(DeliveryStatus) - {DeliveryStatus.QUEUED},
    receives=True,
)
"""Short texts to phones, and every report that there is."""

MAILS: Final = replace(TEXTS, kind=ChannelKind("email"), addresses=EMAIL, forms=(MessageForm.MAIL,))


class FakeChannel:
    """Keeps what was sent in `sent`. It carries the forms of its `capabilities`.

    `refuse` makes every message to one address fail, `fail_next` the next call whatever it is.
    """

    def __init__(self, capabilities: ChannelCapabilities = TEXTS) -> None:
        self.capabilities = capabilities
        self._refused: dict[str, NextVisitError] = {}
        self._next: list[NextVisitError] = []
        self._broken: NextVisitError | None = None
        self.sent: list[OutgoingMessage] = []
        self.is_closed = False

    def refuse(self, address: str, error: NextVisitError) -> None:
        """Every message to this address raises `error`."""
        self._refused[address] = error

    def fail_next(self, *errors: NextVisitError) -> None:
        """The next calls raise these, one each."""
        self._next.extend(errors)

    def break_down(self, error: NextVisitError | None) -> None:
        """Every call raises `error`; None repairs it."""
        self._broken = error

    async def send(self, message: OutgoingMessage) -> Accepted:
        """Record the message, or raise what was planted; a refused one is not recorded."""
        self._maybe_fail()
        if message.content.form not in self.capabilities.forms:
            raise Rejected("fake.form", message.content.form, scope="message")
        if message.to in self._refused:
            raise self._refused[message.to]
        self.sent.append(message)
        return Accepted(provider_ref=f"fake-{len(self.sent)}")

    async def check(self) -> str:
        """Always the same answer, unless broken."""
        self._maybe_fail()
        return "fake channel"

    async def close(self) -> None:
        """Remember that somebody closed it."""
        self.is_closed = True

    def _maybe_fail(self) -> None:
        if self._broken is not None:
            raise self._broken
        if self._next:
            raise self._next.pop(0)
