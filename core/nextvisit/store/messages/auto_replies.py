"""What is written back at once: planned with the words that it answers, claimed and settled as a message is.

    planned ──claim──▶ claimed ──settle_sent──▶ sent
       │  ▲──release─────┤ │ └──settle_unknown──▶ unknown ──late report──▶ sent
       └──settle_skipped─┴──▶ skipped(reason)

Beside the ledger, because it belongs to no step of a journey, and often to no journey and to nobody known.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import RowMapping, Text, cast, func, or_, select, text, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.domain.auto_reply import SENSE_FOR, AutoReplyKind
from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus, MessageId
from nextvisit.sdk.errors import Bug, Rejected
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.digest import vouches
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId, OfferId
from nextvisit.store.base.tables import AutoReplyRow, MessageRow, table_of
from nextvisit.store.messages.auto_reply_rows import AutoReply, auto_reply_of
from nextvisit.store.messages.delivery_ladder import news
from nextvisit.store.messages.message_rows import MessageState
from nextvisit.store.messages.prices import price_columns
from nextvisit.store.people.identity import ContactDigest
from nextvisit.store.people.patients import PatientId, patient_key
from nextvisit.store.vault.seal import open_sealed, seal

_rows = table_of(AutoReplyRow)
_messages = table_of(MessageRow)
_TABLE: Final = "auto_reply"
_NAMES: Final = UUID("6f1c8d0e-5b1f-4c53-9a51-0f0a3f1f7c11")
_WENT_OUT: Final = ("planned", "claimed", "sent", "unknown")


@dataclass(frozen=True, slots=True, repr=False)
class WayBack:
    """Where somebody's words came from. `repr` shows nothing of it.

    connection, channel: what they came in on, and its kind. address: `to` as it is kept.
    """

    connection: str
    channel: ChannelKind
    to: str
    address: ContactDigest

    def __repr__(self) -> str:
        return f"WayBack({self.connection!r})"


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be written back. See `AutoReplyRow`. purpose: of what the words answered, else service."""

    kind: AutoReplyKind
    ref: str
    said_ref: str
    said_at: datetime
    back: WayBack
    language: str
    purpose: Purpose = Purpose.SERVICE
    patient: PatientId | None = None
    journey: JourneyId | None = None
    campaign: str | None = None
    offer: OfferId | None = None
    choice: int | None = None


async def plan(tx: Tx, owed: Owed) -> bool:
    """To be written back once this transaction has committed. False: (kind, ref) is there already.

    Of an erased patient it is nobody's: there is no key any more that could be destroyed.
    """
    row = uuid5(_NAMES, f"{owed.kind}:{owed.ref}")
    patient = owed.patient if owed.patient is not None and await _has_key(tx, owed.patient) else None
    values = {
        "id": row,
        "kind": owed.kind.value,
        "ref": owed.ref,
        "said_ref": owed.said_ref,
        "said_at": owed.said_at,
        "came_in_on": owed.back.connection,
        "channel": owed.back.channel,
        "to_space": owed.back.address[0],
        "to_digest": owed.back.address[1],
        "sealed_to": await _sealed(tx, patient, row, "sealed_to", owed.back.to),
        "language": owed.language,
        "patient_id": patient,
        "journey_id": owed.journey,
        "campaign": owed.campaign,
        "purpose": owed.purpose.value,
        "offer_id": owed.offer,
        "choice": owed.choice,
        "deadline": owed.said_at + SENSE_FOR[owed.kind],
        "due_at": tx.now,
        "planned_at": tx.now,
    }
    written = insert(_rows).values(values).on_conflict_do_nothing().returning(_rows.c.id)
    if await tx.connection.scalar(written) is None:
        return False
    await tx.connection.execute(text("SELECT pg_notify('auto_reply', '')"))
    return True


async def since(tx: Tx, kind: AutoReplyKind, address: ContactDigest, instant: datetime) -> bool:
    """Whether one of this kind went to that address since then, may have, or is about to."""
    found = select(_rows.c.id).where(*_to(kind, address), _rows.c.planned_at > instant).limit(1)
    return await tx.connection.scalar(found) is not None


async def confirmed_since_written_to(tx: Tx, address: ContactDigest) -> bool:
    """Whether a STOP from there was confirmed after the last message that went there."""
    last = select(func.max(_rows.c.planned_at)).where(*_to(AutoReplyKind.STOP_CONFIRMED, address))
    confirmed: datetime | None = await tx.connection.scalar(last)
    if confirmed is None:
        return False
    later = (
        select(_messages.c.id)
        .where(
            _messages.c.to_space == address[0],
            _messages.c.to_digest == address[1],
            _messages.c.claimed_at > confirmed,
        )
        .limit(1)
    )
    return await tx.connection.scalar(later) is None


def _to(kind: AutoReplyKind, address: ContactDigest) -> tuple[Any, ...]:
    return (
        _rows.c.kind == kind.value,
        _rows.c.to_space == address[0],
        _rows.c.to_digest == address[1],
        _rows.c.state.in_(_WENT_OUT),
    )


async def take(tx: Tx) -> AutoReply | None:
    """The one that is due for longest, locked until the commit; those in other hands are left out."""
    query = (
        select(_rows)
        .where(_rows.c.state == "planned", _rows.c.due_at <= tx.now)
        .order_by(_rows.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await tx.connection.execute(query)).mappings().one_or_none()
    return None if row is None else auto_reply_of(row)


async def lock_planned(tx: Tx, reply: MessageId) -> bool:
    """Whether it is still planned; locked until the commit."""
    return await _lock(tx, reply, "planned")


async def lock_claimed(tx: Tx, reply: MessageId) -> bool:
    """Whether it is still claimed; locked until the commit."""
    return await _lock(tx, reply, "claimed")


async def _lock(tx: Tx, reply: MessageId, state: MessageState) -> bool:
    query = select(_rows.c.id).where(_rows.c.id == UUID(reply), _rows.c.state == state)
    return await tx.connection.scalar(query.with_for_update()) is not None


async def address(tx: Tx, reply: AutoReply) -> str:
    """Where it goes. Raises Rejected when the patient was erased."""
    query = select(_rows.c.sealed_to).where(_rows.c.id == UUID(reply.id))
    sealed: bytes = (await tx.connection.execute(query)).scalar_one()
    row = UUID(reply.id)
    if reply.patient_id is None:
        return tx.vault.open_blob(_TABLE, "sealed_to", row, sealed).decode()
    key = await patient_key(tx, reply.patient_id)
    return open_sealed(key, _TABLE, "sealed_to", row, sealed).decode()


async def put_off(tx: Tx, reply: AutoReply, until: datetime) -> None:
    """Not before `until`."""
    await tx.connection.execute(
        update(_rows).where(_rows.c.id == UUID(reply.id), _rows.c.state == "planned").values(due_at=until)
    )


async def claim(tx: Tx, reply: AutoReply, *, provider: str, content: str) -> str:
    """Take it for this attempt and keep what it will say. Commit before calling out. Returns the claim."""
    token = secrets.token_hex(16)
    sealed = await _sealed(tx, reply.patient_id, UUID(reply.id), "sealed_content", content)
    values = {
        "state": "claimed",
        "claim": token,
        "claimed_at": tx.now,
        "provider": provider,
        "sealed_content": sealed,
    }
    await _move(tx, reply.id, ("planned",), values)
    return token


async def release(tx: Tx, reply: MessageId, claim: str, until: datetime) -> AutoReply:
    """The provider surely did not take it: back to planned, not before `until`."""
    values = {"state": "planned", "claim": None, "claimed_at": None, "sealed_content": None, "due_at": until}
    return await _move(tx, reply, ("claimed",), values, claim=claim)


async def settle_sent(tx: Tx, reply: MessageId, claim: str | None, accepted: Accepted) -> AutoReply:
    """The provider took it. Harmless when a delivery report came first. claim: as `ledger.settle_sent`."""
    details = {"provider_ref": accepted.provider_ref, "parts": accepted.parts}
    standing = await _locked(tx, reply)
    price = price_columns(reply, accepted.price)
    if standing.state == "sent":  # a delivery report was quicker, and knows better
        known = price if standing.price is None else {}
        return await _move(tx, reply, ("sent",), details | known, claim=claim)
    values = details | price | {"state": "sent", "sent_at": tx.now, "status": DeliveryStatus.ACCEPTED.value}
    row = await _moved(tx, reply, ("claimed", "unknown"), values, claim=claim)
    return _sent(tx, row)


async def settle_skipped(tx: Tx, reply: MessageId, reason: str, *, claim: str | None = None) -> AutoReply:
    """Not sent and never will be. With `claim`: the provider refused it."""
    came_from: tuple[MessageState, ...] = ("planned",) if claim is None else ("claimed",)
    skipped = await _move(tx, reply, came_from, {"state": "skipped", "reason": reason}, claim=claim)
    _audit(tx, skipped)
    return skipped


async def settle_unknown(tx: Tx, reply: MessageId, *, claim: str | None = None) -> AutoReply:
    """Claimed, and nobody can say whether it went out. It is not sent again."""
    unknown = await _move(tx, reply, ("claimed",), {"state": "unknown"}, claim=claim)
    _audit(tx, unknown)
    return unknown


async def claimed_before(tx: Tx, instant: datetime, limit: int) -> Sequence[AutoReply]:
    """Claims that nobody has settled since, oldest first."""
    query = (
        select(_rows)
        .where(_rows.c.state == "claimed", _rows.c.claimed_at < instant)
        .order_by(_rows.c.claimed_at)
        .limit(limit)
    )
    return [auto_reply_of(row) for row in (await tx.connection.execute(query)).mappings()]


async def report_delivery(
    tx: Tx, provider: str, report: DeliveryReport, to: Sequence[ContactDigest] = ()
) -> AutoReply | None:
    """Apply a provider's word, as `ledger.report_delivery`. None when none has this name there."""
    names = [] if report.provider_ref is None else [_rows.c.provider_ref == report.provider_ref]
    if report.message is not None:
        names.append(cast(_rows.c.id, Text) == report.message)
    if not names:
        return None
    fits = tuple_(_rows.c.to_space, _rows.c.to_digest).in_(to) if to else true()
    query = (
        select(_rows)
        .where(
            _rows.c.provider == provider, or_(*names), fits, _rows.c.state.in_(("claimed", "sent", "unknown"))
        )
        .order_by(_rows.c.planned_at.desc())
        .limit(1)
        .with_for_update()
    )
    row = (await tx.connection.execute(query)).mappings().first()
    if row is None:
        return None
    found = auto_reply_of(row)
    at = tx.now if report.at is None else min(max(report.at, found.claimed_at or report.at), tx.now)
    values = news(found, report.status, at, report.code)
    if found.state != "sent":  # who reports on it has taken it
        values |= {"state": "sent", "sent_at": tx.now}
    if report.price != found.price:
        values |= price_columns(found.id, report.price)
    if not values:
        return found
    moved = await _moved(tx, found.id, (found.state,), values)
    return auto_reply_of(moved) if found.state == "sent" else _sent(tx, moved)


async def of_journey(tx: Tx, journey: JourneyId) -> Sequence[AutoReply]:
    """Oldest first."""
    query = select(_rows).where(_rows.c.journey_id == journey).order_by(_rows.c.planned_at, _rows.c.id)
    return [auto_reply_of(row) for row in (await tx.connection.execute(query)).mappings()]


async def sent_by_kind_of_channel(tx: Tx) -> Mapping[ChannelKind, int]:
    """How many went out in all, of any campaign and of none."""
    query = select(_rows.c.channel, func.count()).where(_rows.c.state == "sent").group_by(_rows.c.channel)
    return {ChannelKind(channel): number for channel, number in await tx.connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Unsent:
    """waiting, oldest: planned, and since when. lost: emergency numbers since `since` that did not arrive."""

    waiting: int
    oldest: datetime | None
    lost: int


async def unsent(tx: Tx, since: datetime) -> Unsent:
    """What waits, and what came to nothing."""
    lost = (
        (_rows.c.kind == AutoReplyKind.EMERGENCY.value)
        & (_rows.c.state.in_(("skipped", "unknown")) | (_rows.c.status == DeliveryStatus.FAILED.value))
        & (_rows.c.planned_at > since)
    )
    waits = _rows.c.state == "planned"
    query = select(
        func.count().filter(waits).label("waiting"),
        func.min(_rows.c.planned_at).filter(waits).label("oldest"),
        func.count().filter(lost).label("lost"),
    )
    return Unsent(**(await tx.connection.execute(query)).mappings().one())


def _sent(tx: Tx, row: RowMapping) -> AutoReply:
    reply = auto_reply_of(row)
    _audit(tx, reply, **vouches("auto_reply", row))
    return reply


def _audit(tx: Tx, reply: AutoReply, **more: str) -> None:
    """sent, skipped or unknown: who was written to, and in answer to what."""
    body = more | {"kind": reply.kind.value, "channel": reply.channel, "said": reply.said_ref}
    if reply.patient_id is not None:
        body["patient"] = str(reply.patient_id)
    if reply.reason is not None:
        body["reason"] = reply.reason
    outcome = {} if reply.state == "sent" else {"outcome": reply.state}
    tx.audit(Entry(f"auto_reply.{reply.state}", "auto_reply", reply.id, body=body, **outcome))


async def _sealed(tx: Tx, patient: PatientId | None, row: UUID, column: str, said: str) -> bytes:
    if patient is None:
        return tx.vault.seal_blob(_TABLE, column, row, said.encode())
    return seal(await patient_key(tx, patient), _TABLE, column, row, said.encode())


async def _has_key(tx: Tx, patient: PatientId) -> bool:
    try:
        await patient_key(tx, patient)
    except Rejected:
        return False
    return True


async def _locked(tx: Tx, reply: MessageId) -> AutoReply:
    query = select(_rows).where(_rows.c.id == UUID(reply)).with_for_update()
    row = (await tx.connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise Bug("auto_reply.unknown", f"auto-reply {reply}")
    return auto_reply_of(row)


async def _move(
    tx: Tx,
    reply: MessageId,
    came_from: tuple[MessageState, ...],
    values: Mapping[str, Any],
    *,
    claim: str | None = None,
) -> AutoReply:
    return auto_reply_of(await _moved(tx, reply, came_from, values, claim=claim))


async def _moved(
    tx: Tx,
    reply: MessageId,
    came_from: tuple[MessageState, ...],
    values: Mapping[str, Any],
    *,
    claim: str | None = None,
) -> RowMapping:
    change = update(_rows).where(_rows.c.id == UUID(reply), _rows.c.state.in_(came_from))
    if claim is not None:
        change = change.where(_rows.c.claim == claim)
    moved = await tx.connection.execute(change.values(**values).returning(_rows))
    row: RowMapping | None = moved.mappings().one_or_none()
    if row is None:
        raise Bug("auto_reply.transition", f"auto-reply {reply} is not {' or '.join(came_from)}")
    return row
