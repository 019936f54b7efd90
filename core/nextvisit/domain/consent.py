"""Whether a patient allows messages of a purpose on a channel, out of all that he has ever decided.

The decision made last wins, by the time it was made and not by the time we learnt of it: a permit of
2023 that the MIS tells us today does not undo yesterday's STOP. At the same instant a refusal wins.
A refusal never runs out; a permit does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Purpose


class Standing(StrEnum):
    """What the decisions come to."""

    GRANTED = "granted"
    DENIED = "denied"
    MISSING = "missing"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Way:
    """A kind of channel and the space of the addresses that it writes to."""

    kind: ChannelKind
    space: AddressSpace


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One decision of the patient, about these kinds of channel and addresses of these spaces.

    Without either it is about every channel.

    spaces: a STOP comes from an address, and holds for every kind of channel that writes to it, also for one
    that the site will have tomorrow.
    at: when the patient decided. For a MIS record without that date, take the time when we first saw
    the decision, never the record's last change: a MIS touches records for reasons of its own.
    source: where it came from (`mis`, `reply`, `page`, `unsubscribe`, `staff`, …), for the record.
    """

    decision: Literal["permit", "deny", "withdraw"]
    purposes: tuple[Purpose, ...]
    channels: tuple[ChannelKind, ...]
    at: datetime
    expires_at: datetime | None = None
    source: str = ""
    spaces: tuple[AddressSpace, ...] = ()

    def covers(self, purpose: Purpose, on: Way | None) -> bool:
        """Whether the decision speaks about this purpose on this channel. See `standing`."""
        if purpose not in self.purposes:
            return False
        if not self.channels and not self.spaces:
            return True
        return on is not None and (on.kind in self.channels or on.space in self.spaces)


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """Purposes that need a permit, and how long a permit lasts when it names no end of its own."""

    required: frozenset[Purpose]
    lasts: timedelta


def standing(
    events: Iterable[ConsentEvent],
    purpose: Purpose,
    on: Way | None,
    now: datetime,
    rules: ConsentRules,
) -> Standing:
    """Where the patient stands. A purpose that needs no permit is granted until it is refused.

    on: None stands for a channel that nobody has named: only what is about every channel speaks.
    """
    said = [event for event in events if event.covers(purpose, on)]
    # A permit from the future is a wrong clock somewhere; a refusal counts even then.
    said = [event for event in said if event.decision != "permit" or event.at <= now]
    last = max(said, key=lambda event: (event.at, event.decision != "permit"), default=None)
    if last is not None and last.decision != "permit":
        return Standing.DENIED
    if purpose not in rules.required:
        return Standing.GRANTED
    if last is None:
        return Standing.MISSING
    ends = last.at + rules.lasts
    if last.expires_at is not None:
        ends = min(ends, last.expires_at)
    return Standing.GRANTED if now < ends else Standing.EXPIRED
