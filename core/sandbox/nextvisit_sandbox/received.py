"""What reached the patients' side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail that the mail server accepted; `at` is the sandbox's time."""

    message_id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    at: datetime
    raw: bytes


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """A recipient for whom the mail server took nothing, and what it said."""

    to: str
    reply: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Address:
    """An SMPP address with its type and plan."""

    number: str
    ton: int = 1
    npi: int = 1


@dataclass(frozen=True, slots=True)
class ReceivedSms:
    """One whole text that the message centre accepted, its parts put together."""

    sender: Address
    to: str
    """Digits of the international number."""
    text: str
    parts: int
    delivered: bool
    """False for a number that cannot be reached: accepted, but nobody reads it."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Throttled:
    """A submit that the message centre put off, because they came too fast."""

    to: str
    """Digits of the international number."""
    at: datetime
