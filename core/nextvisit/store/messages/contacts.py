"""What the contact policy counts: which messages went out to a patient, or may have, over all campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select

from nextvisit.domain.budget import Contact
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.tables import MessageRow, table_of
from nextvisit.store.people.patients import PatientId

_messages = table_of(MessageRow)

_WENT_OUT = _messages.c.state.in_(("claimed", "sent", "unknown"))
_at = func.coalesce(_messages.c.sent_at, _messages.c.claimed_at)

# Written once: putting a statement together is much of what a message costs in CPU.
_SINCE = (
    select(_at.label("at"), _messages.c.purpose, _messages.c.journey_id)
    .where(_messages.c.patient_id == bindparam("patient"), _WENT_OUT, _at >= bindparam("since"))
    .order_by(_at)
)


async def since(tx: Tx, patient: PatientId, instant: datetime) -> tuple[Contact, ...]:
    """Oldest first; what the budget counts."""
    rows = await tx.connection.execute(_SINCE, {"patient": patient, "since": instant})
    return tuple(Contact(row.at, Purpose(row.purpose), str(row.journey_id)) for row in rows)


async def last_of(tx: Tx, others: Sequence[PatientId], channels: Sequence[ChannelKind]) -> datetime | None:
    """When one of these patients was last written to on these channels."""
    query = select(func.max(_at)).where(
        _messages.c.patient_id.in_(others), _messages.c.channel.in_(channels), _WENT_OUT
    )
    found: datetime | None = await tx.connection.scalar(query)
    return found
