"""A row of the auto-replies as others see it: without its address, its content and its claim's token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping

from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import DeliveryStatus, MessageId, Price
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.ids import JourneyId, OfferId
from nextvisit.store.messages.message_rows import MessageState
from nextvisit.store.people.identity import ContactDigest
from nextvisit.store.people.patients import PatientId


@dataclass(frozen=True, slots=True)
class AutoReply:
    """See `AutoReplyRow`. to: the address, as it is kept."""

    id: MessageId
    kind: AutoReplyKind
    ref: str
    said_ref: str
    came_in_on: str
    channel: ChannelKind
    to: ContactDigest
    language: str
    patient_id: PatientId | None
    journey_id: JourneyId | None
    campaign: str | None
    purpose: Purpose
    offer_id: OfferId | None
    choice: int | None
    state: MessageState
    reason: str | None
    provider: str | None
    status: DeliveryStatus | None
    deadline: datetime
    planned_at: datetime
    claimed_at: datetime | None
    sent_at: datetime | None
    price: Price | None
    delivered_at: datetime | None
    opened_at: datetime | None


def auto_reply_of(row: RowMapping) -> AutoReply:
    """From a row's mapping."""
    return AutoReply(
        id=MessageId(str(row["id"])),
        kind=AutoReplyKind(row["kind"]),
        ref=row["ref"],
        said_ref=row["said_ref"],
        came_in_on=row["came_in_on"],
        channel=ChannelKind(row["channel"]),
        to=(AddressSpace(row["to_space"]), row["to_digest"]),
        language=row["language"],
        patient_id=None if row["patient_id"] is None else PatientId(row["patient_id"]),
        journey_id=None if row["journey_id"] is None else JourneyId(row["journey_id"]),
        campaign=row["campaign"],
        purpose=Purpose(row["purpose"]),
        offer_id=None if row["offer_id"] is None else OfferId(row["offer_id"]),
        choice=row["choice"],
        state=row["state"],
        reason=row["reason"],
        provider=row["provider"],
        status=DeliveryStatus(row["status"]) if row["status"] else None,
        deadline=row["deadline"],
        planned_at=row["planned_at"],
        claimed_at=row["claimed_at"],
        sent_at=row["sent_at"],
        price=None if row["price"] is None else Price(row["price"], row["currency"]),
        delivered_at=row["delivered_at"],
        opened_at=row["opened_at"],
    )
