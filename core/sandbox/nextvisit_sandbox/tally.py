"""How much reached the patients' side, and what reached it twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nextvisit_sandbox.received import ReceivedMail, ReceivedSms

SAME_DAY = timedelta(hours=20)


@dataclass(slots=True)
class Tally:
    """Counts; addresses appear as hashes."""

    mails: int = 0
    texts: int = 0
    undelivered_texts: int = 0
    _message_ids: Counter[str] = field(default_factory=Counter)
    _last_texts: dict[str, dict[str, datetime]] = field(default_factory=dict)
    _texts_again: list[str] = field(default_factory=list)
    _mails_to: Counter[str] = field(default_factory=Counter)
    _texts_to: Counter[str] = field(default_factory=Counter)

    def mail(self, mail: ReceivedMail) -> None:
        """One mail was accepted."""
        self.mails += 1
        self._message_ids[mail.message_id] += 1
        self._mails_to.update(_hidden(address.lower()) for address in mail.to)

    def sms(self, sms: ReceivedSms) -> None:
        """One whole text was accepted."""
        self.texts += 1
        self.undelivered_texts += not sms.delivered
        key = _hidden(f"{sms.to}\n{sms.text}")
        of_number = self._last_texts.setdefault(sms.to, {})
        before = of_number.get(key)
        # A family shares a phone: the same words on another day are for another member.
        if before is not None and sms.at - before < SAME_DAY:
            self._texts_again.append(key)
        of_number[key] = sms.at
        self._texts_to[_hidden(sms.to)] += 1

    def wrote(self, sender: str) -> None:
        """The phone has answered: what it is told after that is an answer, also in the same words."""
        self._last_texts.pop(sender, None)

    def as_json(self) -> dict[str, object]:
        """For the control interface."""
        return {
            "mails": self.mails,
            "mail_duplicates": [key for key, count in self._message_ids.items() if count > 1],
            "texts": self.texts,
            "texts_undelivered": self.undelivered_texts,
            "text_duplicates": self._texts_again,
            "mails_per_address": dict(self._mails_to),
            "texts_per_address": dict(self._texts_to),
        }


def _hidden(value: str) -> str:
    return sha256(value.encode()).hexdigest()[:16]
