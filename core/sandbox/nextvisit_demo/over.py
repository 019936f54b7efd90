"""When a demo has come to its end."""

from __future__ import annotations

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.campaigns.report import Report, campaign_report

_UNREAD = text(
    """
    SELECT count(*) FROM booking b WHERE b.state = 'booked' AND NOT EXISTS (
        SELECT FROM appointment a WHERE a.source = b.source AND a.ref = b.appointment_ref
    )
    """
)


async def how_far(tx: Tx, campaign: str) -> tuple[Report, bool]:
    """The report, and whether it is the last: every journey has ended and nobody waits for their day.

    And a pull has read back what we booked, or the report's effect would depend on when the last one came.
    """
    found = await campaign_report(tx, campaign)
    fired = found.audience.at_first_firing is not None
    if not fired or found.journeys.open or found.audience.over_pace:
        return found, False
    return found, await tx.connection.scalar(_UNREAD) == 0
