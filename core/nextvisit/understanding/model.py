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

    appointment_pending: a visit lies ahead that we have written about. visit: when that is, if it is known.
    asks_score: we asked for a number from 0 to 10. ours: what we wrote last, which the answer may repeat.
    """

    now: datetime
    zone: ZoneInfo
    offer: tuple[datetime, ...] | None = None
    appointment_pending: bool = False
    visit: datetime | None = None
    asks_score: bool = False
    ours: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """choice: 1-based index into the offer; with UNCLEAR the one to ask back about. wanted: aware, in the
    clinic's zone. score: from 0 to 10.

    stops: it says, whatever else it says, that nothing more is wanted: "he died, please stop".
    confidence: 1.0 for a keyword, less for what was inferred, 0 for UNCLEAR. It is an order, no
    probability. source: which means found it. rule: the words of ours by which it was found.
    """

    intent: Intent
    choice: int | None = None
    wanted: datetime | None = None
    confidence: float = 1.0
    source: Literal["keyword", "pattern", "date", "spelling", "reader", "none"] = "keyword"
    score: int | None = None
    stops: bool = False
    rule: str = ""
