"""What a patient's words keep back until a person has read them.

A guess is enough to hold, because a hold takes nothing back: whoever has read the words ends it, and what has
waited goes out unless it is too late for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nextvisit.sdk.records import Purpose
from nextvisit.sdk.replies import Intent

HOLDS_ALL: Final = frozenset({Intent.URGENT, Intent.DECEASED})
"""Nothing is sent, whatever for."""
HOLDS_INVITATIONS: Final = frozenset({Intent.HOLD})
"""What is about the care that the patient is in goes out: a STOP would not hold it back either."""
UNTIL_READ: Final = HOLDS_ALL | HOLDS_INVITATIONS
"""Only a person ends these, by ending the task with words."""
FOR_A_WHILE: Final = frozenset({Intent.UNCLEAR, Intent.QUESTION})
"""Nothing that a timer sends goes out; answers to what the patient writes do."""
UNREAD_FOR: Final = timedelta(days=3)
"""So long, where the site's settings say nothing else."""
HOLDING: Final = UNTIL_READ | FOR_A_WHILE


@dataclass(frozen=True, slots=True)
class ReplyHold:
    """What was written, and when. ends_at: when it ends by itself; None: never."""

    intent: Intent
    ends_at: datetime | None = None


def hold_of(intent: Intent, since: datetime, unread_for: timedelta) -> ReplyHold:
    """unread_for: how long messages wait for somebody to read what may be harmless."""
    return ReplyHold(intent, since + unread_for if intent in FOR_A_WHILE else None)


def holding(
    holds: Iterable[ReplyHold], purpose: Purpose, now: datetime, *, in_reply: bool
) -> ReplyHold | None:
    """What keeps a message of this purpose back, the gravest first. in_reply: the patient waits for it."""
    those = [each for each in holds if _keeps_back(each, purpose, now, in_reply=in_reply)]
    return min(those, key=_gravity, default=None)


def _keeps_back(hold: ReplyHold, purpose: Purpose, now: datetime, *, in_reply: bool) -> bool:
    if hold.intent in HOLDS_ALL:
        return True
    if hold.intent in HOLDS_INVITATIONS:
        return purpose is not Purpose.SERVICE
    return not in_reply and (hold.ends_at is None or now < hold.ends_at)


_GRAVEST_FIRST: Final = (Intent.URGENT, Intent.DECEASED, Intent.HOLD)


def _gravity(hold: ReplyHold) -> int:
    return _GRAVEST_FIRST.index(hold.intent) if hold.intent in UNTIL_READ else len(_GRAVEST_FIRST)
