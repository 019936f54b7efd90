"""What a channel is, what it is given to send, and what it reports back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, NewType

from nextvisit.sdk.addresses import Addresses
from nextvisit.sdk.records import ChannelKind

NAME: Final = r"[a-z][a-z0-9_]{0,30}"
"""How a kind of channel and a space of addresses may be called."""

MEDIA_TYPE: Final = r"(image|audio)/[a-z0-9][a-z0-9.+-]{0,60}|application/pdf|text/calendar|video/mp4"
"""Which media a message can have, by IANA's names."""

_DEAREST: Final = 1_000_000
_DECIMALS: Final = 12

MessageId = NewType("MessageId", str)
"""The ledger row of a message: a UUID. A provider with an idempotency key is given this."""


class DeliveryStatus(StrEnum):
    """The ladder that a message climbs; `failed` and `unknown` end it."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


class MessageForm(StrEnum):
    """What a message can look like. A form is written in a campaign's messages and rendered by the core."""

    MAIL = "mail"
    SHORT_TEXT = "short_text"
    TEMPLATE = "template"
    LETTER = "letter"
    CALL_SCRIPT = "call_script"


@dataclass(frozen=True, slots=True)
class Mail:
    """A subject, a plain text and the same as HTML. `repr` shows nothing.

    one_click_unsubscribe: an https URL for RFC 8058.
    """

    subject: str
    text: str
    html: str
    one_click_unsubscribe: str | None = None
    form: Literal[MessageForm.MAIL] = MessageForm.MAIL

    def __repr__(self) -> str:
        return "Mail()"


@dataclass(frozen=True, slots=True)
class Media:
    """What goes along with a text, by reference: the provider fetches it, or whoever reads the message.

    url: https, without credentials; the same for everybody, so it says nothing of a patient. media_type: see
    `MEDIA_TYPE`. name: as the patient sees it, on one line.
    """

    url: str
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class ShortText:
    """One text without markup, of a few lines. `repr` shows nothing.

    media: what the text is written under, if anything.
    """

    text: str
    media: Media | None = None
    form: Literal[MessageForm.SHORT_TEXT] = MessageForm.SHORT_TEXT

    def __repr__(self) -> str:
        return "ShortText()"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What stands in one of a template's gaps, on one line. name: None where the provider counts them."""

    value: str = field(repr=False)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateButton:
    """label: at most 20 characters. payload: at most 64 bytes; what the patient answers by pressing it, so a
    press comes in as an `InboundMessage` with this text.
    """

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """A text that the provider has approved, and fills in. `repr` shows nothing.

    template, language: what the provider calls it and the language that it is in (`pt_BR`). parameters: in
    the order of its gaps; all of them have names, or none has. buttons: in its order. text: what the patient
    reads, for staff; it is not sent. media: what stands in its header, if that is approved with some.
    """

    template: str
    language: str
    text: str
    parameters: tuple[Parameter, ...] = ()
    buttons: tuple[TemplateButton, ...] = ()
    media: Media | None = None
    form: Literal[MessageForm.TEMPLATE] = MessageForm.TEMPLATE

    def __repr__(self) -> str:
        return "TemplateMessage()"


@dataclass(frozen=True, slots=True)
class Letter:
    """To be printed. `repr` shows nothing.

    address: the lines of the address block, the addressee's name first.
    """

    address: tuple[str, ...]
    paragraphs: tuple[str, ...]
    form: Literal[MessageForm.LETTER] = MessageForm.LETTER

    @property
    def text(self) -> str:
        """Its paragraphs."""
        return "\n\n".join(self.paragraphs)

    def __repr__(self) -> str:
        return "Letter()"


@dataclass(frozen=True, slots=True)
class Key:
    """key: one of `0123456789*#`. payload: as of `TemplateButton`."""

    key: str
    payload: str


@dataclass(frozen=True, slots=True)
class CallScript:
    """What a call says, line by line, and the keys that it waits for then. `repr` shows nothing."""

    lines: tuple[str, ...]
    keys: tuple[Key, ...] = ()
    form: Literal[MessageForm.CALL_SCRIPT] = MessageForm.CALL_SCRIPT

    @property
    def text(self) -> str:
        """Its lines."""
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        return "CallScript()"


Content = Mail | ShortText | TemplateMessage | Letter | CallScript
"""Each has a `text`: what a channel's `longest` bounds."""


def media_of(content: Content) -> Media | None:
    """What goes along with it; None where its form has no place for any, too."""
    return content.media if isinstance(content, ShortText | TemplateMessage) else None


class Reachability(StrEnum):
    """Whether an address takes a channel's messages at all."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ChannelCapabilities:
    """What a kind of channel is, and what it can do. Campaigns are checked and messages composed by it.

    kind: its name in campaigns, consents and reports. Channels of one kind write to addresses of one space.
    forms: what it can carry, the best first; of a message that is written in several, it gets the first.
    reports: the statuses that may ever arrive. receives: patients can answer on it.
    longest: characters of a text that it takes, when there is such a bound.
    session: the provider takes free words only for so long after what the patient wrote last on that address,
        and a template at any time. The core sends what may go out. None: it has no sessions.
    idempotent_send: the provider takes our id as its key, and for so long after the first send another of the
        same message, by any process, reaches nobody and gives what the first gave. None: it does not, or
        nobody says for how long. While this lasts, the core repeats a send whose outcome is unknown.
    media: the types of media, each in full, that it carries with its forms that can have some. Empty: none.
    """

    kind: ChannelKind
    addresses: Addresses
    forms: tuple[MessageForm, ...]
    reports: frozenset[DeliveryStatus]
    receives: bool
    longest: int | None = None
    idempotent_send: timedelta | None = None
    session: timedelta | None = None
    media: frozenset[str] = frozenset()


def told_later(can: ChannelCapabilities) -> frozenset[DeliveryStatus]:
    """Of its reports, what no answer to a send says. That a mail was opened, our own pixel tells."""
    told = {DeliveryStatus.DELIVERED, DeliveryStatus.READ}
    if MessageForm.MAIL not in can.forms:
        told.add(DeliveryStatus.OPENED)
    return can.reports & told


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to one address. `repr` shows no patient data.

    to: as the channel's `Addresses` spell it. content: of one of the channel's forms. reply_to: the
    `provider_ref` of what the patient wrote and this answers, where there is such.
    """

    id: MessageId
    to: str
    content: Content
    language: str
    expires_at: datetime | None = None
    reply_to: str | None = None

    def __repr__(self) -> str:
        return f"OutgoingMessage(id={self.id!r})"


@dataclass(frozen=True, slots=True)
class Price:
    """What the provider takes for a whole message. amount: not below 0. currency: ISO 4217, `PLN`.

    What is no such price (`is_price`) is left out, and costs no message.
    """

    amount: Decimal
    currency: str


def is_price(thing: object) -> bool:
    """Whether it can be kept and added to others."""
    if not isinstance(thing, Price):
        return False
    amount: object = thing.amount
    currency: object = thing.currency
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 <= amount < _DEAREST:
        return False
    exponent = amount.as_tuple().exponent
    fine = isinstance(exponent, int) and -exponent <= _DECIMALS
    return fine and isinstance(currency, str) and re.fullmatch("[A-Z]{3}", currency) is not None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took responsibility. `provider_ref` is its id, as later reports will name it.

    price: if the provider says it at once.
    """

    provider_ref: str | None
    parts: int = 1
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A provider's word on a message, by its own id or by ours. `code` is the provider's error code.

    price: if the provider says it here; it takes the place of what was said before.
    to: as the provider writes them, the addresses that it names; the message went to one of them. Providers
    use ids again, and a message to another address is not the one that is meant.
    """

    status: DeliveryStatus
    provider_ref: str | None
    message: MessageId | None = None
    at: datetime | None = None
    code: str | None = None
    to: tuple[str, ...] = field(default=(), repr=False)
    price: Price | None = None
    kind: Literal["delivery_report"] = "delivery_report"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """Something that a patient wrote. `repr` shows no patient data.

    text: with U+FFFD for what of it could not be read, or did not come. Such a text may stop us, and permits
    nothing.
    """

    sender: str
    text: str
    provider_ref: str | None = None
    at: datetime | None = None
    kind: Literal["inbound_message"] = "inbound_message"

    def __repr__(self) -> str:
        return f"InboundMessage(provider_ref={self.provider_ref!r})"


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """One of several that came together, which cannot be read. What stands beside it is done all the same.

    code: why, without patient data, `acme.reaction`; under it all that came waits in the inbox.
    """

    code: str
    kind: Literal["unreadable_event"] = "unreadable_event"


ChannelEvent = DeliveryReport | InboundMessage | UnreadableEvent
