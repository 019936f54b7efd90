"""Whether a patient allows messages of a purpose on a channel, out of all that he has ever decided.

The decision made last wins, by the time it was made and not by the time we learnt of it: a permit of
2023 that the MIS tells us today does not undo yesterday's STOP. At the same instant a refusal wins, and it
wins over a permit of which nobody says when it was given. A refusal never runs out; a permit does.

A refusal is a person's and an address's. So what is decided here for one patient holds the refusals of
everybody who ever was the same person for the MIS, and those that came from an address of theirs; only a
permit of the patient's own, given later, undoes one (see `store.people.consents.events`).
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

    spaces: such a refusal holds for every kind of channel that writes there, also for one that the site will
        have tomorrow.
    at: when the patient decided. For a MIS record without that date, take the time when we first saw
    the decision, never the record's last change: a MIS touches records for reasons of its own.
    dated: False for such a one.
    since: when the MIS's record first said so. An export may date a permit anew every night; that undoes no
        refusal which came between. None: at.
    starts_at: a permit counts from then on.
    source: where it came from (`mis`, `reply`, `page`, `unsubscribe`, `staff`, …), for the record.
    """

    decision: Literal["permit", "deny", "withdraw"]
    purposes: tuple[Purpose, ...]
    channels: tuple[ChannelKind, ...]
    at: datetime
    expires_at: datetime | None = None
    source: str = ""
    spaces: tuple[AddressSpace, ...] = ()
    dated: bool = True
    starts_at: datetime | None = None
    since: datetime | None = None

    def undoes(self, refusal: ConsentEvent) -> bool:
        """Whether this permit was surely given after that refusal."""
        return self.dated and (self.since or self.at) > refusal.at

    def begun(self, now: datetime) -> bool:
        """A permit from the future is a wrong clock somewhere, or one that is yet to start."""
        return max(self.at, self.starts_at or self.at) <= now

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
    # A refusal counts even from the future.
    refusal = max((each for each in said if each.decision != "permit"), key=_made, default=None)
    permits = [each for each in said if each.decision == "permit" and each.begun(now)]
    if refusal is not None:
        permits = [each for each in permits if each.undoes(refusal)]
        if not permits:
            return Standing.DENIED
    if purpose not in rules.required:
        return Standing.GRANTED
    if not permits:
        return Standing.MISSING
    last = max(permits, key=_made)
    ends = last.at + rules.lasts
    if last.expires_at is not None:
        ends = min(ends, last.expires_at)
    return Standing.GRANTED if now < ends else Standing.EXPIRED


def _made(event: ConsentEvent) -> datetime:
    return event.at
