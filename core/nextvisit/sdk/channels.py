"""What a channel is given to send, and what it reports back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

from nextvisit.sdk.records import ChannelKind

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


@dataclass(frozen=True, slots=True)
class ChannelCapabilities:
    """What a channel can do. The campaign checker holds a campaign against it.

    `reports` are the statuses that may ever arrive; `receives` says that patients can answer on it.
    """

    kind: ChannelKind
    reports: frozenset[DeliveryStatus]
    receives: bool
    max_length: int | None = None
    html: bool = False


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to one address. `repr` shows no patient data.

    to: E.164 with + for SMS and voice, an address for e-mail, the channel's own id elsewhere.
    one_click_unsubscribe: an https URL for RFC 8058, e-mail only.
    """

    id: MessageId
    to: str
    text: str
    language: str
    subject: str = ""
    html: str | None = None
    one_click_unsubscribe: str | None = None
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"OutgoingMessage(id={self.id!r})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took responsibility. `provider_ref` is its id, as later reports will name it."""

    provider_ref: str | None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A provider's word on a message, by its own id or by ours. `code` is the provider's error code."""

    status: DeliveryStatus
    provider_ref: str | None
    message: MessageId | None = None
    at: datetime | None = None
    code: str | None = None
    kind: Literal["delivery_report"] = "delivery_report"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """Something that a patient wrote. `repr` shows no patient data."""

    sender: str
    text: str
    provider_ref: str | None = None
    at: datetime | None = None
    kind: Literal["inbound_message"] = "inbound_message"

    def __repr__(self) -> str:
        return f"InboundMessage(provider_ref={self.provider_ref!r})"


ChannelEvent = DeliveryReport | InboundMessage
