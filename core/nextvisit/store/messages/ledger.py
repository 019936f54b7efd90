"""What we sent: a message is claimed before its provider is called, and settled after.

    planned ──claim──▶ claimed ──settle_sent──▶ sent
       │  ▲──release─────┤ │ └──settle_unknown──▶ unknown(reason?) ──late report──▶ sent
       │  ▲──missed, once┤
       │                 │
       └──settle_skipped─┴──▶ skipped(reason)

Each arrow is one UPDATE that names the state it starts from (and the claim, once there is one), so two
attempts can never both call the provider. Anything else raises Bug.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, RowMapping, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningUpdate

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import SkipScope
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.channels import Accepted, DeliveryReport, DeliveryStatus, MessageId, Price
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.digest import vouches
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId, OfferId
from nextvisit.store.base.tables import MessageRow, table_of
from nextvisit.store.messages.delivery_ladder import news
from nextvisit.store.messages.message_rows import Message, MessageState, message_of
from nextvisit.store.messages.prices import price_columns
from nextvisit.store.messages.reported import message_of_report
from nextvisit.store.people.identity import ContactDigest
from nextvisit.store.people.patients import PatientId, patient_key
from nextvisit.store.vault.seal import DataKey, open_sealed, seal

_messages = table_of(MessageRow)

# Written once: putting a statement together is much of what a message costs in CPU.
_PLAN = insert(_messages).on_conflict_do_nothing().returning(_messages)


def message_id(journey: JourneyId, effect: SendMessage | MakeOffer, rung: int) -> MessageId:
    """The id of this message on that rung, whoever plans it."""
    return MessageId(str(uuid5(journey, f"message:{effect.node}:{effect.occurrence}:{rung}")))


async def plan(
    tx: Tx,
    effect: SendMessage | MakeOffer,
    *,
    journey: JourneyId,
    patient: PatientId,
    campaign: str,
    version: str,
) -> Message:
    """The row of (journey, node, occurrence, rung): written now, or as it stands already."""
    message = UUID(message_id(journey, effect, effect.rung))
    values = {
        "id": message,
        "journey_id": journey,
        "patient_id": patient,
        "campaign": campaign,
        "version": version,
        "node": effect.node,
        "occurrence": effect.occurrence,
        "rung": effect.rung,
        "purpose": effect.purpose.value,
        "template": effect.template,
        "awaits": list(effect.awaits) if isinstance(effect, SendMessage) else [],
        "deadline": effect.deadline,
        "planned_at": tx.now,
    }
    written = await tx.connection.execute(_PLAN, values)
    row = written.mappings().one_or_none()
    return await get(tx, MessageId(str(message))) if row is None else message_of(row)


async def get(tx: Tx, message: MessageId, *, lock: bool = False) -> Message:
    """Raises Bug when there is no such message."""
    query = select(_messages).where(_messages.c.id == UUID(message))
    row = (await tx.connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise Bug("ledger.no_message", f"message {message}")
    return message_of(row)


async def claim(
    tx: Tx,
    message: MessageId,
    *,
    channel: ChannelKind,
    provider: str,
    to: ContactDigest | None = None,
    language: str,
    content: str,
    offer_id: OfferId | None = None,
    key: DataKey | None = None,
) -> str:
    """Take a planned message for this attempt and keep what it will say. Commit before calling out.

    to: the address that it goes to. key: the patient's, if this transaction has read it. Returns the claim.
    Raises Bug unless the message is planned: a claim is never taken over; Rejected when the patient was
    erased.
    """
    token = secrets.token_hex(16)
    if key is None:
        key = await patient_key(tx, (await get(tx, message)).patient_id)
    values = {
        "state": "claimed",
        "claim": token,
        "claimed_at": tx.now,
        "channel": channel,
        "provider": provider,
        "to_space": None if to is None else to[0],
        "to_digest": None if to is None else to[1],
        "language": language,
        "offer_id": offer_id,
        "attempts": _messages.c.attempts + 1,
        "sealed_content": seal(key, "message", "sealed_content", UUID(message), content.encode()),
    }
    await _move(tx, message, ("planned",), values)
    return token


async def release(tx: Tx, message: MessageId, claim: str) -> Message:
    """The provider surely did not take it: back to planned, for a later attempt."""
    values = {"state": "planned", "claim": None, "claimed_at": None, "sealed_content": None}
    return await _move(tx, message, ("claimed",), values, claim=claim)


async def missed(tx: Tx, message: Message) -> Message:
    """Its outcome was unknown, and the provider was asked and has not got it: back to planned.

    The row is locked by the caller. Raises Bug when it was missed before: it is sent again once and no more.
    """
    if message.missed_at is not None:
        raise Bug("ledger.missed_twice", f"message {message.id}")
    values = {
        "state": "planned",
        "claim": None,
        "claimed_at": None,
        "sealed_content": None,
        "missed_at": tx.now,
    }
    planned = await _move(tx, message.id, ("claimed",), values)
    tx.audit(Entry("message.missed", "message", message.id, outcome="not_sent"))
    return planned


async def settle_sent(tx: Tx, message: MessageId, claim: str | None, accepted: Accepted) -> Message:
    """The provider took it. Harmless when repeated, or when a delivery report came first.

    claim: None when it was found at the provider, whoever had claimed it.
    """
    price = price_columns(message, accepted.price)
    details = {"provider_ref": accepted.provider_ref, "parts": accepted.parts}
    values = details | price | {"state": "sent", "sent_at": tx.now, "status": DeliveryStatus.ACCEPTED.value}
    # From unknown: the attempt was given up too early and now tells how it ended.
    row = await _try_move(tx, message, ("claimed", "unknown"), values, claim=claim)
    if row is None:
        standing = await get(tx, message)  # sent is what it stays
        if standing.state != "sent":
            raise _misplaced(standing, ("claimed", "unknown"), claim=claim)
        # A delivery report was quicker, and knows better.
        known = {"provider_ref": func.coalesce(_messages.c.provider_ref, accepted.provider_ref)}
        if standing.price is None:
            known |= price
        return await _move(tx, message, ("sent",), details | known, claim=claim)
    tx.audit(_sent_entry(row))
    return message_of(row)


async def settle_skipped(
    tx: Tx, message: MessageId, reason: str, scope: SkipScope, *, claim: str | None = None
) -> Message:
    """Not sent and never will be. With `claim`: the provider refused it. Harmless when repeated."""
    standing = await get(tx, message, lock=True)
    if standing.state == "skipped" and standing.reason == reason:
        return standing
    came_from: tuple[MessageState, ...] = ("planned",) if claim is None else ("claimed",)
    values = {"state": "skipped", "reason": reason, "scope": scope}
    skipped = await _move(tx, message, came_from, values, claim=claim)
    tx.audit(_skipped_entry(message, reason))
    return skipped


async def settle_unknown(
    tx: Tx, message: MessageId, *, claim: str | None = None, reason: str | None = None
) -> Message:
    """Claimed, and nobody can say whether it went out. Never sent again by itself. reason: why nobody can."""
    standing = await get(tx, message, lock=True)
    if standing.state == "unknown":
        return standing
    unknown = await _move(tx, message, ("claimed",), {"state": "unknown", "reason": reason}, claim=claim)
    tx.audit(Entry("message.unknown", "message", message, outcome="unknown"))
    return unknown


async def report_delivery(
    tx: Tx, provider: str, report: DeliveryReport, to: Sequence[ContactDigest] = ()
) -> Message | None:
    """Apply a provider's word. None when no message of that provider has this name.

    to: the addresses one of which it is about, as far as the report says; a message that went elsewhere has
    the same name by chance.

    It also settles a claimed or unknown message: who reports on it has taken it. `report.at` is an
    instant of our clock; one that lies ahead is read as now, and one from before the message was given to
    the provider, whose zone is another, as that instant. Raises Bug for a message that we believe was never
    given to a provider.
    """
    message = await message_of_report(tx, provider, report, to)
    if message is None:
        return None
    if message.state in {"planned", "skipped"}:
        raise Bug("ledger.report_of_unsent", f"message {message.id} is {message.state}")
    at = tx.now if report.at is None else min(max(report.at, message.claimed_at or report.at), tx.now)
    return await _apply(
        tx, message, report.status, at, code=report.code, provider_ref=report.provider_ref, price=report.price
    )


async def opened(tx: Tx, message: MessageId) -> Message:
    """The patient saw it: a reader loaded the pixel, or pressed a button of the page."""
    return await _apply(tx, await get(tx, message, lock=True), DeliveryStatus.OPENED, tx.now)


async def replied(tx: Tx, message: MessageId) -> Message:
    """The patient answered it, which proves that it arrived. Only the first answer's instant is kept."""
    arrived = await _apply(tx, await get(tx, message, lock=True), DeliveryStatus.DELIVERED, tx.now)
    values = {"replied_at": func.coalesce(_messages.c.replied_at, tx.now)}
    return message_of(await _write(tx, arrived, values))


async def skip_planned(tx: Tx, journey: JourneyId, reason: str) -> int:
    """What an ended journey had planned and not begun; a claimed message settles by itself."""
    rows = await tx.connection.execute(
        update(_messages)
        .where(_messages.c.journey_id == journey, _messages.c.state == "planned")
        .values(state="skipped", reason=reason, scope="journey")
        .returning(_messages.c.id)
    )
    skipped = [str(row.id) for row in rows]
    for message in skipped:
        tx.audit(_skipped_entry(MessageId(message), reason))
    return len(skipped)


async def give_back_time(tx: Tx, campaign: str, since: datetime) -> None:
    """A fault has kept the campaign from sending since then: its messages lose none of their time."""
    lost = tx.now - func.greatest(_messages.c.planned_at, since)
    await tx.connection.execute(
        update(_messages)
        .where(_messages.c.campaign == campaign, _messages.c.state == "planned")
        .values(deadline=_messages.c.deadline + lost)
    )


async def claimed_before(tx: Tx, instant: datetime, limit: int) -> Sequence[Message]:
    """Claims that nobody has settled since, oldest first."""
    rows = await tx.connection.execute(
        select(_messages)
        .where(_messages.c.state == "claimed", _messages.c.claimed_at < instant)
        .order_by(_messages.c.claimed_at)
        .limit(limit)
    )
    return [message_of(row) for row in rows.mappings()]


async def of_journey(tx: Tx, journey: JourneyId) -> Sequence[Message]:
    """Oldest first."""
    rows = await tx.connection.execute(
        select(_messages)
        .where(_messages.c.journey_id == journey)
        .order_by(_messages.c.planned_at, _messages.c.occurrence, _messages.c.rung)
    )
    return [message_of(row) for row in rows.mappings()]


async def content(tx: Tx, message: MessageId, *, why: str) -> str | None:
    """What the message said; None before it was claimed. Reading it is an audited access.

    Raises Rejected when the patient was erased."""
    query = select(_messages.c.patient_id, _messages.c.sealed_content).where(_messages.c.id == UUID(message))
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None or row.sealed_content is None:
        return None
    key = await patient_key(tx, PatientId(row.patient_id))
    tx.audit(Entry("message.read", "message", message, body={"why": why}))
    return open_sealed(key, "message", "sealed_content", UUID(message), row.sealed_content).decode()


def _sent_entry(row: RowMapping) -> Entry:
    """The audit entry of a message that went out."""
    body = {"campaign": row["campaign"], "channel": row["channel"], **vouches("message", row)}
    return Entry("message.sent", "message", str(row["id"]), body=body)


def _skipped_entry(message: MessageId, reason: str) -> Entry:
    return Entry("message.skipped", "message", message, outcome="skipped", body={"reason": reason})


async def _move(
    tx: Tx,
    message: MessageId,
    came_from: tuple[MessageState, ...],
    values: Mapping[str, Any],
    *,
    claim: str | None = None,
) -> Message:
    moved = await _try_move(tx, message, came_from, values, claim=claim)
    if moved is None:
        raise _misplaced(await get(tx, message), came_from, claim=claim)
    return message_of(moved)


def _misplaced(standing: Message, came_from: tuple[MessageState, ...], *, claim: str | None) -> Bug:
    held = "" if claim is None else ", or another attempt holds it"
    text = f"message {standing.id} is {standing.state}, not {' or '.join(came_from)}{held}"
    return Bug("ledger.transition", text)


async def _try_move(
    tx: Tx,
    message: MessageId,
    came_from: tuple[MessageState, ...],
    values: Mapping[str, Any],
    *,
    claim: str | None,
) -> RowMapping | None:
    plain = {name: value for name, value in values.items() if not isinstance(value, ColumnElement)}
    computed = {name: value for name, value in values.items() if name not in plain}
    change = _moving(tuple(plain), came_from, held=claim is not None)
    bound = {"message": UUID(message)} | {f"new_{name}": value for name, value in plain.items()}
    if claim is not None:
        bound["held"] = claim
    moved = await tx.connection.execute(change.values(**computed) if computed else change, bound)
    row: RowMapping | None = moved.mappings().one_or_none()
    return row


@cache
def _moving(
    names: tuple[str, ...], came_from: tuple[MessageState, ...], *, held: bool
) -> ReturningUpdate[Any]:
    change = update(_messages).where(_messages.c.id == bindparam("message"), _messages.c.state.in_(came_from))
    if held:
        change = change.where(_messages.c.claim == bindparam("held"))
    new = {name: bindparam(f"new_{name}", type_=_messages.c[name].type) for name in names}
    return change.values(**new).returning(_messages)


async def _apply(
    tx: Tx,
    message: Message,
    status: DeliveryStatus,
    at: datetime,
    *,
    code: str | None = None,
    provider_ref: str | None = None,
    price: Price | None = None,
) -> Message:
    values = news(message, status, at, code)
    settles = message.state in {"claimed", "unknown"} and status is not DeliveryStatus.UNKNOWN
    if settles:
        values |= {"state": "sent", "sent_at": at}
    if provider_ref is not None and message.provider_ref is None:
        values["provider_ref"] = provider_ref
    if (settles or message.state == "sent") and price != message.price:
        values |= price_columns(message.id, price)
    if not values:
        return message
    changed = await _write(tx, message, values)
    if settles:
        tx.audit(_sent_entry(changed))
    return message_of(changed)


async def _write(tx: Tx, message: Message, values: dict[str, Any]) -> RowMapping:
    """Of a message whose row is locked."""
    change = update(_messages).where(_messages.c.id == UUID(message.id)).values(**values).returning(_messages)
    row: RowMapping = (await tx.connection.execute(change)).mappings().one()
    return row
