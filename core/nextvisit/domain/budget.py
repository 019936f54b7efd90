"""How often a patient may be written to, counted across all campaigns.

Each purpose has its own ceiling over the one common count, and that is how priorities work: where
recall may use three contacts a week and marketing two, the last one is kept for the check-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from nextvisit.sdk.records import Purpose


@dataclass(frozen=True, slots=True)
class Contact:
    """A message that went out (or may have: an unknown outcome counts)."""

    at: datetime
    purpose: Purpose
    journey: str


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `ceilings[purpose]` counted contacts within any `window`. Purposes not named are free.

    Only contacts of the named purposes count, so reminders of a visit use nobody's budget.
    """

    ceilings: Mapping[Purpose, int]
    window: timedelta


def room_from(
    contacts: Iterable[Contact], purpose: Purpose, journey: str, now: datetime, budget: Budget
) -> datetime | None:
    """When the next contact fits: None for never, `now` when it fits already.

    A journey's own messages do not count against itself: a conversation once begun may be finished.
    They do count against every other journey.
    """
    ceiling = budget.ceilings.get(purpose)
    if ceiling is None:
        return now
    if ceiling <= 0:
        return None
    recent = sorted(
        contact.at
        for contact in contacts
        if contact.purpose in budget.ceilings
        and contact.journey != journey
        and contact.at + budget.window > now
    )
    if len(recent) < ceiling:
        return now
    return recent[len(recent) - ceiling] + budget.window
