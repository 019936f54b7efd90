"""How many patients a campaign may take on now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True)
class Pace:
    """None leaves a limit out. `invite_per_slot` may be a fraction: not everybody who is asked comes."""

    per_day: int | None = None
    invite_per_slot: Decimal | None = None


def allowance(pace: Pace, *, enrolled_today: int, open_slots: int, open_invitations: int) -> int | None:
    """How many may be enrolled now; None is as many as there are.

    enrolled_today: in the clinic's day. open_invitations: journeys asked and not yet decided, which
    may still want one of the `open_slots`.
    """
    limits = []
    if pace.per_day is not None:
        limits.append(pace.per_day - enrolled_today)
    if pace.invite_per_slot is not None:
        wanted = (open_slots * pace.invite_per_slot).to_integral_value(rounding=ROUND_FLOOR)
        limits.append(int(wanted) - open_invitations)
    return max(0, min(limits)) if limits else None
