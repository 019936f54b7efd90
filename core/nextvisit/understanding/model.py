"""What is known when a reply comes in, and what was understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from nextvisit.sdk.replies import Intent

MISSING: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands in a text for what could not be read of it, or never came."""


@dataclass(frozen=True, slots=True)
class Context:
    """offer: starts of the offered slots in the order in which they were numbered, while it is open.

    appointment_pending: we asked, at most 72 hours ago, whether the patient will come to a visit.
    """

    now: datetime
    zone: ZoneInfo
    offer: tuple[datetime, ...] | None = None
    appointment_pending: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """choice: 1-based index into the offer. wanted: aware, in the clinic's zone.

    confidence: 1.0 for a keyword, less for what was inferred, 0 for UNCLEAR. It is an order, no
    probability. source: which means found it.
    """

    intent: Intent
    choice: int | None = None
    wanted: datetime | None = None
    confidence: float = 1.0
    source: Literal["keyword", "pattern", "date", "spelling", "none"] = "keyword"
