"""Which message of the ledger a provider's report is about."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select, true, tuple_

from nextvisit.sdk.channels import DeliveryReport
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.tables import MessageRow, table_of
from nextvisit.store.messages.message_rows import Message, message_of
from nextvisit.store.people.identity import ContactDigest

_messages = table_of(MessageRow)


async def message_of_report(
    tx: Tx, provider: str, report: DeliveryReport, to: Sequence[ContactDigest]
) -> Message | None:
    """Locked until the commit. None when no message of that provider has this name."""
    names = []
    if report.provider_ref is not None:
        names.append(_messages.c.provider_ref == report.provider_ref)
    ours = _uuid_or_none(report.message)
    if ours is not None:
        names.append(_messages.c.id == ours)
    if not names:
        return None
    went_to = tuple_(_messages.c.to_space, _messages.c.to_digest)
    fits = or_(_messages.c.to_digest.is_(None), went_to.in_(to)) if to else true()
    row = (
        (
            await tx.connection.execute(
                select(_messages)
                .where(_messages.c.provider == provider, or_(*names), fits)
                # Our own id is the better name: a provider may use its references again.
                .order_by((_messages.c.id == ours).desc().nulls_last(), _messages.c.planned_at.desc())
                .limit(1)
                .with_for_update()
            )
        )
        .mappings()
        .first()
    )
    return None if row is None else message_of(row)


def _uuid_or_none(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        return None  # a provider's echo of something that was never ours
