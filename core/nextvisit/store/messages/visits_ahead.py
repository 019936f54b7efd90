"""Whether a patient who writes to us may be speaking of a visit that lies ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from nextvisit.sdk.channels import MessageId
from nextvisit.store.base.engine import Tx
from nextvisit.store.people import kinship

_LATELY: Final = timedelta(hours=72)
"""For so long a patient answers what we wrote."""

# What the MIS has not told us yet is as we booked it.
_PENDING: Final = text(
    f"""
    WITH RECURSIVE {kinship.family("SELECT patient_id FROM message WHERE id = CAST(:message AS uuid)")}
        SELECT coalesce(a.visit_at, b.start_at)
        FROM family f JOIN journey j ON j.patient_id = f.id JOIN booking b ON b.journey_id = j.id
            LEFT JOIN appointment a ON a.source = b.source AND a.ref = b.appointment_ref
        WHERE b.state IN ('pending', 'unknown', 'booked')
            AND (b.requested_at > :lately
                OR j.id = (SELECT journey_id FROM message WHERE id = CAST(:message AS uuid)))
            AND coalesce(a.visit_at, b.start_at) > :at
            AND coalesce(a.status, 'booked') NOT IN ('cancelled', 'noshow', 'entered-in-error')
        UNION
        SELECT a.visit_at
        FROM family f JOIN message m ON m.patient_id = f.id JOIN appointment a ON a.patient_id = f.id
        WHERE m.purpose = 'service' AND m.state IN ('claimed', 'sent', 'unknown')
            AND coalesce(m.sent_at, m.claimed_at) > :lately
            AND a.visit_at > :at AND a.status IN ('proposed', 'pending', 'booked')
        ORDER BY 1
    """  # noqa: S608  constant names
)


async def pending(tx: Tx, message: MessageId, at: datetime) -> Sequence[datetime]:
    """When, for whom the message was written to; the soonest first, and none where no such visit lies ahead.

    Each was spoken of: it was booked in that conversation, or lately in another, or something about the
    care that the patient is in was sent lately.
    """
    values = {"message": message, "at": at, "lately": at - _LATELY}
    return [row[0] for row in await tx.connection.execute(_PENDING, values)]
