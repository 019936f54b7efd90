"""A channel in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from nextvisit.sdk.addresses import EMAIL, MOBILE
from nextvisit.sdk.channels import (
    Accepted,
    ChannelCapabilities,
    DeliveryStatus,
    MessageForm,
    MessageId,
    OutgoingMessage,
    Reachability,
    media_of,
)
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, Rejected
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
    """Keeps what was sent in `sent`. It carries the forms of its `capabilities`, and knows a message by its id
    if they say so.

    `refuse` makes every message to one address fail, `fail_next` the next call whatever it is. `cut_next`: the
    next message is taken and not answered; `lose_next`: it is neither.
    """

    def __init__(self, capabilities: ChannelCapabilities = TEXTS) -> None:
        self.capabilities = capabilities
        self._refused: dict[str, NextVisitError] = {}
        self._next: list[NextVisitError] = []
        self._cut: list[bool] = []
        self._broken: NextVisitError | None = None
        self.sent: list[OutgoingMessage] = []
        self.calls = 0
        self.is_closed = False

    def refuse(self, address: str, error: NextVisitError) -> None:
        """Every message to this address raises `error`."""
        self._refused[address] = error

    def fail_next(self, *errors: NextVisitError) -> None:
        """The next calls raise these, one each."""
        self._next.extend(errors)

    def cut_next(self) -> None:
        """The next message is taken, and not answered."""
        self._cut.append(True)

    def lose_next(self) -> None:
        """The next message does not arrive, and is not answered."""
        self._cut.append(False)

    def break_down(self, error: NextVisitError | None) -> None:
        """Every call raises `error`; None repairs it."""
        self._broken = error

    async def send(self, message: OutgoingMessage) -> Accepted:
        """Record the message, or raise what was planted; a refused one is not recorded."""
        self.calls += 1
        self._maybe_fail()
        if message.content.form not in self.capabilities.forms:
            raise Rejected("fake.form", message.content.form, scope="message")
        if (media := media_of(message.content)) and media.media_type not in self.capabilities.media:
            raise Rejected("fake.media", media.media_type, scope="message")
        if message.to in self._refused:
            raise self._refused[message.to]
        arrives = self._cut.pop(0) if self._cut else None
        accepted = self._known(message.id) if self.capabilities.idempotent_send else None
        if accepted is None and arrives is not False:
            self.sent.append(message)
            accepted = Accepted(provider_ref=f"fake-{len(self.sent)}")
        if arrives is not None or accepted is None:
            raise OutcomeUnknown("fake.cut")
        return accepted

    async def check(self) -> str:
        """Always the same answer, unless broken."""
        self._maybe_fail()
        return "fake channel"

    async def close(self) -> None:
        """Remember that somebody closed it."""
        self.is_closed = True

    def _known(self, message: MessageId) -> Accepted | None:
        found = (number for number, one in enumerate(self.sent, 1) if one.id == message)
        return next((Accepted(f"fake-{number}") for number in found), None)

    def _maybe_fail(self) -> None:
        if self._broken is not None:
            raise self._broken
        if self._next:
            raise self._next.pop(0)


class CheckingFakeChannel(FakeChannel):
    """A channel that can be asked whether addresses take its messages: `absent` do not, `unknown` may."""

    def __init__(self, capabilities: ChannelCapabilities = TEXTS) -> None:
        super().__init__(capabilities)
        self.absent: set[str] = set()
        self.unknown: set[str] = set()
        self.asked: list[str] = []

    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]:
        """See `ChecksAddresses`."""
        self.asked.extend(addresses)
        self._maybe_fail()
        said = {each: Reachability.NO if each in self.absent else Reachability.YES for each in addresses}
        return {each: answer for each, answer in said.items() if each not in self.unknown}


class FindingFakeChannel(FakeChannel):
    """A channel that can be asked what became of a message. `asked`: the messages that it was asked about."""

    def __init__(self, capabilities: ChannelCapabilities = TEXTS) -> None:
        super().__init__(capabilities)
        self._answers: list[NextVisitError] = []
        self.asked: list[MessageId] = []

    def fail_finding(self, *errors: NextVisitError) -> None:
        """Who asks next is answered with these, one each."""
        self._answers.extend(errors)

    async def find_message(self, message: MessageId) -> Accepted | None:
        """See `FindsMessages`."""
        self.asked.append(message)
        if self._answers:
            raise self._answers.pop(0)
        self._maybe_fail()
        return self._known(message)
