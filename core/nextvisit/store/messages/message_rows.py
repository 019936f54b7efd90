"""A row of the ledger as others see it: without its content and without the claim's token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping

from nextvisit.flow.engine.state import NodeId
from nextvisit.sdk.channels import DeliveryStatus, MessageId, Price
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.ids import JourneyId, OfferId
from nextvisit.store.people.identity import ContactDigest
from nextvisit.store.people.patients import PatientId

MessageState = Literal["planned", "claimed", "sent", "skipped", "unknown"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message that a journey asked for.

    reason, scope: why it was skipped and how far that reaches; reason alone: why it is unknown.
    status: the delivery ladder, once sent.
    to: the address that it was claimed for. awaits: the delivery news that the journey wants to hear.
    missed_at: when its provider said that it had never got it, and it could be sent once more.
    """

    id: MessageId
    journey_id: JourneyId
    patient_id: PatientId
    campaign: str
    version: str
    node: NodeId
    occurrence: int
    rung: int
    purpose: Purpose
    template: str
    language: str | None
    channel: ChannelKind | None
    provider: str | None
    state: MessageState
    reason: str | None
    scope: str | None
    status: DeliveryStatus | None
    status_code: str | None
    provider_ref: str | None
    to: ContactDigest | None
    attempts: int
    parts: int | None
    price: Price | None
    awaits: tuple[str, ...]
    deadline: datetime
    planned_at: datetime
    claimed_at: datetime | None
    missed_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    replied_at: datetime | None
    offer_id: OfferId | None


def message_of(row: RowMapping) -> Message:
    """From a row's mapping."""
    offer: UUID | None = row["offer_id"]
    return Message(
        id=MessageId(str(row["id"])),
        journey_id=JourneyId(row["journey_id"]),
        patient_id=PatientId(row["patient_id"]),
        campaign=row["campaign"],
        version=row["version"],
        node=NodeId(row["node"]),
        occurrence=row["occurrence"],
        rung=row["rung"],
        purpose=Purpose(row["purpose"]),
        template=row["template"],
        language=row["language"],
        channel=ChannelKind(row["channel"]) if row["channel"] else None,
        provider=row["provider"],
        state=row["state"],
        reason=row["reason"],
        scope=row["scope"],
        status=DeliveryStatus(row["status"]) if row["status"] else None,
        status_code=row["status_code"],
        provider_ref=row["provider_ref"],
        to=None if row["to_digest"] is None else (row["to_space"], row["to_digest"]),
        attempts=row["attempts"],
        parts=row["parts"],
        price=None if row["price"] is None else Price(row["price"], row["currency"]),
        awaits=tuple(row["awaits"]),
        deadline=row["deadline"],
        planned_at=row["planned_at"],
        claimed_at=row["claimed_at"],
        missed_at=row["missed_at"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        opened_at=row["opened_at"],
        replied_at=row["replied_at"],
        offer_id=None if offer is None else OfferId(offer),
    )
