"""Tokens in patients' hands. The database keeps only a token's digest, so it cannot give one away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select, text, update

from nextvisit.sdk.channels import MessageId
from nextvisit.sdk.records import Purpose
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import LinkRow, MessageRow, table_of
from nextvisit.store.people.patients import PatientId

LinkKind = Literal["page", "pixel", "unsubscribe"]

_links = table_of(LinkRow)
_messages = table_of(MessageRow)

_MINT = text(
    """
    INSERT INTO link (token_digest, kind, message_id, expires_at, prefetched)
    SELECT digest, kind, :message, expires_at, 0
    FROM unnest(CAST(:digests AS bytea[]), CAST(:kinds AS text[]), CAST(:ends AS timestamptz[]))
        AS minted (digest, kind, expires_at)
    ON CONFLICT (token_digest) DO UPDATE SET expires_at = excluded.expires_at
    """
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a token leads.

    over: it has run out. prefetched: how often a machine, and not the patient, has fetched it.
    """

    kind: LinkKind
    message_id: MessageId
    journey_id: JourneyId
    patient_id: PatientId
    campaign: str
    purpose: Purpose
    over: bool
    prefetched: int
    used_at: datetime | None


async def mint(tx: Tx, message: MessageId, ends: Mapping[LinkKind, datetime]) -> Mapping[LinkKind, str]:
    """The tokens of (message, kind): 22 URL-safe characters, the same at every attempt.

    ends: of their lives; minting again moves them.
    """
    tokens = {kind: tx.vault.token(kind, UUID(message)) for kind in ends}
    if tokens:
        rows = {
            "digests": [tx.vault.token_digest(token) for token in tokens.values()],
            "kinds": list(tokens),
            "message": UUID(message),
            "ends": list(ends.values()),
        }
        await tx.connection.execute(_MINT, rows)
    return tokens


async def resolve(tx: Tx, token: str) -> Link | None:
    """None for a token that never was."""
    query = (
        select(
            _links, _messages.c.journey_id, _messages.c.patient_id, _messages.c.campaign, _messages.c.purpose
        )
        .join_from(_links, _messages, _messages.c.id == _links.c.message_id)
        .where(_links.c.token_digest == tx.vault.token_digest(token))
    )
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        return None
    return Link(
        kind=row.kind,
        message_id=MessageId(str(row.message_id)),
        journey_id=JourneyId(row.journey_id),
        patient_id=PatientId(row.patient_id),
        campaign=row.campaign,
        purpose=Purpose(row.purpose),
        over=row.expires_at <= tx.now,
        prefetched=row.prefetched,
        used_at=row.used_at,
    )


async def used(tx: Tx, token: str) -> None:
    """The patient followed it; the first time is kept."""
    await _mark(tx, token, used_at=func.coalesce(_links.c.used_at, tx.now))


async def prefetched(tx: Tx, token: str) -> None:
    """A mail scanner or a preview fetched it, which says nothing about the patient."""
    await _mark(tx, token, prefetched=_links.c.prefetched + 1)


async def _mark(tx: Tx, token: str, **values: Any) -> None:
    digest = tx.vault.token_digest(token)
    await tx.connection.execute(update(_links).where(_links.c.token_digest == digest).values(**values))
