"""Mailboxes that take no mail, each refused in words of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nextvisit_sandbox.address_book import AddressBook
    from nextvisit_sandbox.behaviours import Behaviours

GONE: Final = "550 5.1.1 no such mailbox"
REFUSALS: Final = (
    GONE,
    "550 5.1.10 recipient address has a null MX",
    "552 5.2.2 mailbox full",
    "452 4.2.2 mailbox full",
    "550 5.7.1 delivery not authorized, message refused",
    "550 not taken here",
)
"""As servers say it at RCPT; many say no more than the code."""


@dataclass(frozen=True, slots=True)
class MailboxRefusals:
    """Which mailbox refuses what it is sent. share: of all of them, whoever they belong to."""

    book: AddressBook
    behaviours: Behaviours
    share: float

    def of(self, address: str) -> str | None:
        """The same whenever it is asked; None from a mailbox that takes mail."""
        owner = self.book.of_mailbox(address)
        if owner is None:
            return None
        if self.behaviours.of(owner.patient).trait.bounces:
            return GONE
        if self.behaviours.chance(owner.patient, "mailbox") >= self.share:
            return None
        return REFUSALS[int(self.behaviours.chance(owner.patient, "why") * len(REFUSALS))]
