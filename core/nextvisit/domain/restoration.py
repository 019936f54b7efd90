"""What a restored database cannot know: whether a message went out after the backup, before the loss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SLACK: Final = timedelta(hours=1)
"""What the appliance's own work may take beside a campaign's waits, then or now."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """One restore of a backup.

    taken_at: until when the backup knows. lost_at: until when what was lost may have sent. not_sent: slugs
    of connections by which, a person says, nothing went out in between. rehydrated_at: when the open
    journeys were last begun anew since. ran: for how long a worker has run since it was confirmed.
    """

    id: int
    taken_at: datetime
    lost_at: datetime
    restored_at: datetime
    rehydrated_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    not_sent: tuple[str, ...]
    ran: timedelta

    @property
    def lost(self) -> timedelta:
        """For how long something happened that the backup does not know."""
        return self.lost_at - self.taken_at


@dataclass(frozen=True, slots=True)
class Course:
    """How a journey has gone. due_at: the firing that enrolled it. first: of its campaign since the loss.

    gated: for how long, since the restore was confirmed, its messages waited for a gate or a provider.
    """

    enrolled_at: datetime
    due_at: datetime
    first: bool
    gated: timedelta


def may_have_gone_out(restored: Restoration, course: Course, now: datetime) -> bool:
    """Whether what was lost may have sent what this journey is to send next.

    What was lost had `restored.lost` of time, and waited as long as the campaign says between two steps. So
    does this one, and what it comes to only after more than that was not reached then.
    """
    if restored.confirmed_at is None:
        return True
    ran = restored.ran
    if course.enrolled_at > restored.confirmed_at:
        if course.due_at > restored.lost_at and not course.first:
            return False  # whom a firing of that time would have enrolled, an earlier one has
        ran = min(ran, now - course.enrolled_at)
    return ran - course.gated <= restored.lost + SLACK
