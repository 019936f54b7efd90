"""Which conversation a patient's word belongs to: the one that wrote to them last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select

from nextvisit.sdk.channels import MessageId
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import JourneyRow, MessageRow, PatientRow, table_of
from nextvisit.store.people.identity import ContactDigest
from nextvisit.store.people.patients import PatientId

_messages = table_of(MessageRow)
_journeys = table_of(JourneyRow)
_patients = table_of(PatientRow)
# Claimed and unknown ones may have arrived: the reply says that one did.
_PERHAPS_OUT = ("claimed", "sent", "unknown")


@dataclass(frozen=True, slots=True)
class LastMessage:
    """The last message to one of several patients; a reply belongs to it. open_journey: unless that ended.

    language: what the message was written in, else the patient's own.
    """

    patient_id: PatientId
    message_id: MessageId
    open_journey: JourneyId | None
    language: str | None


async def ever_at(tx: Tx, address: ContactDigest) -> Sequence[PatientId]:
    """Who was written to at this address; in a stable order."""
    return await _written_to(tx, address)


async def open_at(tx: Tx, address: ContactDigest) -> Sequence[PatientId]:
    """Who was written to at this address by a journey that is still open; in a stable order."""
    return await _written_to(tx, address, _journeys.c.outcome.is_(None))


async def _written_to(tx: Tx, address: ContactDigest, *where: ColumnElement[bool]) -> Sequence[PatientId]:
    query = (
        select(_messages.c.patient_id)
        .distinct()
        .join_from(_messages, _journeys, _journeys.c.id == _messages.c.journey_id)
        .where(
            _messages.c.to_space == address[0],
            _messages.c.to_digest == address[1],
            _messages.c.state.in_(_PERHAPS_OUT),
            *where,
        )
        .order_by(_messages.c.patient_id)
    )
    return [PatientId(row.patient_id) for row in await tx.connection.execute(query)]


async def answers_an_earlier(tx: Tx, talk: LastMessage, at: datetime | None) -> bool:
    """Whether what was written at this instant cannot answer the last message, and can one before it.

    at: by the provider's clock, which may be slow; one that is before all messages says nothing.
    """
    if at is None or talk.open_journey is None:
        return False
    out = func.coalesce(_messages.c.sent_at, _messages.c.claimed_at)
    of_journey = _messages.c.journey_id == talk.open_journey
    last = select(out).where(_messages.c.id == UUID(talk.message_id)).scalar_subquery()
    earlier = exists().where(of_journey, _messages.c.state.in_(_PERHAPS_OUT), out <= at, out < last)
    return bool(await tx.connection.scalar(select(earlier & (last > at))))


async def latest(tx: Tx, patients: Sequence[PatientId], channel: ChannelKind) -> LastMessage | None:
    """Open journeys come first, then messages on `channel`, then the latest. None: never written to."""
    at = func.coalesce(_messages.c.sent_at, _messages.c.claimed_at)
    query = (
        select(
            _messages.c.id,
            _messages.c.patient_id,
            _messages.c.journey_id,
            _journeys.c.outcome,
            func.coalesce(_messages.c.language, _patients.c.language).label("language"),
        )
        .join_from(_messages, _journeys, _journeys.c.id == _messages.c.journey_id)
        .join(_patients, _patients.c.id == _messages.c.patient_id)
        .where(_messages.c.patient_id.in_(patients), _messages.c.state.in_(_PERHAPS_OUT))
        .order_by(
            case((_journeys.c.outcome.is_(None), 0), else_=1),
            case((_messages.c.channel == channel, 0), else_=1),
            at.desc(),
        )
        .limit(1)
    )
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        return None
    return LastMessage(
        patient_id=PatientId(row.patient_id),
        message_id=MessageId(str(row.id)),
        open_journey=JourneyId(row.journey_id) if row.outcome is None else None,
        language=row.language,
    )
