"""On what terms a campaign enrols."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nextvisit.flow.language.model import Enrol
from nextvisit.segments.model import Predicate
from nextvisit.segments.spans import Span


@dataclass(frozen=True, slots=True)
class EnrolTerms:
    """Whom a campaign enrols. holdout: per cent. again_after: None is never again.

    per_day: how many may be contacted on one local day. most_open: how many journeys may be under way at
    once, which is what the calendar can take. None is no bound.
    """

    segment: Predicate
    holdout: Decimal = Decimal(0)
    again_after: Span | None = None
    per_day: int | None = None
    most_open: int | None = None

    @classmethod
    def of(cls, enrol: Enrol, most_open: int | None = None) -> EnrolTerms:
        """As the campaign's file says it; `most_open` is what its `pace.open_slots` comes to today."""
        return cls(
            segment=enrol.segment.to_predicate(),
            holdout=Decimal(str(enrol.holdout)) * 100,
            again_after=enrol.again_after,
            per_day=enrol.pace.per_day,
            most_open=most_open,
        )
