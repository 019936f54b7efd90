"""On what terms a campaign enrols."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from nextvisit.domain.pace import Pace
from nextvisit.flow.language.model import Enrol
from nextvisit.segments.model import Predicate
from nextvisit.segments.spans import Span


@dataclass(frozen=True, slots=True)
class EnrolTerms:
    """Whom a campaign enrols. holdout: per cent. again_after: None is never again.

    open_slots: what the calendar has free for `pace.invite_per_slot`; it counts for nothing without that.
    """

    segment: Predicate
    holdout: Decimal = Decimal(0)
    again_after: Span | None = None
    pace: Pace = field(default_factory=Pace)
    open_slots: int = 0

    @classmethod
    def of(cls, enrol: Enrol, open_slots: int = 0) -> EnrolTerms:
        """As the campaign's file says it; `open_slots` is what its `pace.open_slots` finds today."""
        limit = enrol.pace.open_slots
        return cls(
            segment=enrol.segment.to_predicate(),
            holdout=Decimal(str(enrol.holdout)) * 100,
            again_after=enrol.again_after,
            pace=Pace(
                per_day=enrol.pace.per_day,
                invite_per_slot=None if limit is None else Decimal(str(limit.invite_per_slot)),
            ),
            open_slots=open_slots,
        )
