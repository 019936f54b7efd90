"""Tokens in patients' hands. The database keeps only a token's digest, so it cannot give one away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.sdk.channels import MessageId
from nextvisit.sdk.records import Purpose
from nextvisit.store.engine import Tx
from nextvisit.store.ids import JourneyId
from nextvisit.store.patients import PatientId
from nextvisit.store.tables import LinkRow, MessageRow, table_of

LinkKind = Literal["page", "pixel", "unsubscribe"]

_links = table_of(LinkRow)
_messages = table_of(MessageRow)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a token leads. prefetched: how often a machine, and not the patient, has fetched it."""

    kind: LinkKind
    message_id: MessageId
    journey_id: JourneyId
    patient_id: PatientId
    campaign: str
    purpose: Purpose
    expires_at: datetime
    prefetched: int
    used_at: datetime | None


async def mint(tx: Tx, message: MessageId, kind: LinkKind, expires_at: datetime) -> str:
    """The token of (message, kind): 22 URL-safe characters, the same at every attempt.

    Minting again moves the end of its life.
    """
    token = tx.vault.token(kind, UUID(message))
    await tx.connection.execute(
        insert(_links)
        .values(
            token_digest=tx.vault.token_digest(token),
            kind=kind,
            message_id=UUID(message),
            expires_at=expires_at,
            prefetched=0,
        )
        .on_conflict_do_update(index_elements=["token_digest"], set_={"expires_at": expires_at})
    )
    return token


async def resolve(tx: Tx, token: str) -> Link | None:
    """None for a token that never was or has run out; whoever guesses must not learn which."""
    query = (
        select(
            _links, _messages.c.journey_id, _messages.c.patient_id, _messages.c.campaign, _messages.c.purpose
        )
        .join_from(_links, _messages, _messages.c.id == _links.c.message_id)
        .where(_links.c.token_digest == tx.vault.token_digest(token), _links.c.expires_at > tx.now)
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
        expires_at=row.expires_at,
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
