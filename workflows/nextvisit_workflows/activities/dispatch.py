"""One message through the ledger: plan, gate, claim, provider, settle.

Each arrow of the ledger is one transaction, and the provider is called between two of them. Whatever
dies in between leaves a claim behind, and who finds a claim of an earlier attempt sends nothing: `recovery`
settles it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeVar, assert_never

import structlog

from nextvisit.domain.connections import Connection
from nextvisit.domain.contact_policy import Defer, Send, Skip
from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Deferred, SendFailed, SendUnknown, Sent, Skipped, SkipScope
from nextvisit.flow.verbs import AnyResult
from nextvisit.flow.verbs.offer_effects import MakeOffer, Offered
from nextvisit.sdk.channels import Accepted, MessageId
from nextvisit.sdk.errors import Bug, RetryLater
from nextvisit.store.base.engine import Tx
from nextvisit.store.booking import offers
from nextvisit.store.booking.offers import Offer
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import channel_health, heard, ledger
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import suppressions
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities import daily_limit
from nextvisit_workflows.activities.address_check import Unasked, must_ask
from nextvisit_workflows.activities.begun import begin_action, record
from nextvisit_workflows.activities.composition import Composed, Draft, compose
from nextvisit_workflows.activities.doubt import InDoubt, WhetherSent, in_doubt, settle
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.gate import Allowed, Sending, pass_gate
from nextvisit_workflows.activities.hand_over import (
    MayBeOut,
    NotTaken,
    Refused,
    Taken,
    can_tell,
    hand_over,
)
from nextvisit_workflows.activities.pausing import channel_failed, channel_refused
from nextvisit_workflows.activities.recipient import Recipient, recipient_of
from nextvisit_workflows.runtime.pacing import FIRST
from nextvisit_workflows.runtime.versions import load_version
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut

log = structlog.get_logger()
Answer = TypeVar("Answer")

REJECTED = "rejected."
"""How the ledger's reason of a provider's refusal begins; the provider's code follows."""


SESSION_OVER = "channel.session_over"
"""Why an attempt is put off whose form the provider takes no more there: the next one takes the next form."""

ASKED_AFTER = "message.asked_after"
"""Why an attempt is put off whose message may have gone out: its provider is asked first."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An earlier attempt has claimed it, and may have sent it."""

    head: JourneyHead
    action: SendMessage | MakeOffer
    message: Message


@dataclass(frozen=True, slots=True)
class Cleared:
    """The gate is open: this message may go to this recipient now."""

    head: JourneyHead
    action: SendMessage | MakeOffer
    message: Message
    recipient: Recipient
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Claimed:
    """Ours to send. day: for which it counts, by a connection with a daily limit."""

    action: SendMessage | MakeOffer
    message: MessageId
    claim: str
    composed: Composed
    connection: Connection
    offer: Offer | None
    day: date | None


async def clear(
    tx: Tx,
    equipment: Equipment,
    asked: ActionIn,
    kind: type[SendMessage | MakeOffer],
    whether_sent: WhetherSent | None,
) -> Cleared | Unsettled | Unasked | InDoubt | ActionOut:
    """Everything up to the gate's answer; an answer other than "send" is recorded here.

    Unasked, InDoubt: providers are asked first, outside of this transaction. whether_sent: what they said.
    """
    begun = await begin_action(tx, equipment, asked, kind)
    if isinstance(begun, ActionOut):
        return begun
    head, action = begun.head, begun.action
    message = await ledger.plan(
        tx,
        action,
        journey=head.id,
        patient=head.patient_id,
        campaign=head.campaign,
        version=head.version,
    )
    if message.state == "claimed":
        return Unsettled(head, action, message)
    stands = await _standing_result(tx, message)
    if stands is not None:
        return await record(tx, asked, action, stands)
    recipient = await recipient_of(tx, head.patient_id, equipment.site, equipment.policy, why="contact")
    decision = await pass_gate(tx, equipment, Sending(head, message, action, recipient))
    match decision:
        case Allowed() if await must_ask(tx, equipment, decision):
            return Unasked(decision)
        case Allowed():
            cleared = Cleared(head, action, message, recipient, decision)
            return await _unless_sent_before(tx, equipment, asked, cleared, whether_sent)
        case Defer(until, reason):
            later = Deferred(at=tx.now, until=until, reason=reason.value)
            return await record(tx, asked, action, later)
        case Skip(reason, scope):
            await ledger.settle_skipped(tx, message.id, reason.value, scope)
            return await record(tx, asked, action, Skipped(at=tx.now, reason=reason.value, scope=scope))
        case Send():
            raise Bug("gate.no_channel", f"message {message.id}")
        case _:
            assert_never(decision)


async def _unless_sent_before(
    tx: Tx, equipment: Equipment, asked: ActionIn, cleared: Cleared, whether_sent: WhetherSent | None
) -> Cleared | InDoubt | ActionOut:
    """After a restore, what was lost may have sent it."""
    message, action = cleared.message, cleared.action
    doubt = await in_doubt(tx, equipment, message, action, cleared.allowed)
    if doubt is None:
        return cleared
    if whether_sent is None or whether_sent.message != message.id:
        return doubt
    if whether_sent.told == "clear":
        return cleared
    done = await settle(tx, doubt, whether_sent, action)
    if done is None:
        done = await sent_result(tx, await ledger.get(tx, message.id))
    return await record(tx, asked, action, done)


async def claim(tx: Tx, equipment: Equipment, cleared: Cleared, offer: Offer | None) -> Claimed:
    """Compose it and take it for this attempt. Commit before anybody is called.

    Raises RetryLater when the connection has had its last message of today since the gate looked.
    """
    message, connection = cleared.message, cleared.allowed.connection
    composed = await composed_for(tx, equipment, cleared, offer)
    token = await ledger.claim(
        tx,
        message.id,
        channel=connection.can.kind,
        provider=connection.slug,
        to=cleared.allowed.address,
        language=composed.language,
        content=composed.content,
        offer_id=None if offer is None else offer.id,
        key=cleared.recipient.key,
    )
    day = await daily_limit.count(tx, equipment, connection)
    return Claimed(cleared.action, message.id, token, composed, connection, offer, day)


async def composed_for(tx: Tx, equipment: Equipment, cleared: Cleared, offer: Offer | None) -> Composed:
    """What it says, the same each time as long as the same is stored."""
    message, state = cleared.message, cleared.head.state
    loaded = await load_version(tx, message.campaign, message.version)
    slots = () if offer is None else offer.slots
    booked = state is not None and state.booked
    draft = Draft(message, cleared.recipient, cleared.allowed, slots, booked=booked)
    return await compose(tx, equipment, loaded.catalogue, draft)


async def deliver(equipment: Equipment, asked: ActionIn, claimed: Claimed) -> ActionOut:
    """Call the provider and settle. Raises RetryLater after giving the claim back.

    The gate is asked again then, and knows of a connection that is paused since. Where it can be found out
    what became of a message, its claim stays, and the next attempt does.
    """
    slug = claimed.connection.slug
    outcome = await hand_over(equipment, claimed.connection, claimed.composed.outgoing)
    match outcome:
        case Taken(accepted):
            log.info("message.sent", message=claimed.message, channel=slug)
            return await settled(equipment, lambda tx: _sent(tx, asked, claimed, accepted))
        case MayBeOut(code) if can_tell(equipment, claimed.connection):
            await settled(equipment, lambda tx: channel_failed(tx, slug, code, lasting=False))
            raise RetryLater(ASKED_AFTER, f"message {claimed.message}: {code}", after=FIRST)
        case MayBeOut(code):
            return await settled(equipment, lambda tx: _unknown(tx, asked, claimed, code))
        case Refused(code, session_over=True):
            await settled(equipment, lambda tx: _session_over(tx, claimed))
            raise RetryLater(SESSION_OVER, f"message {claimed.message}: {code}", after=timedelta())
        case Refused(code, dead, by_provider):
            return await settled(
                equipment, lambda tx: _refused(tx, asked, claimed, code, dead=dead, by_provider=by_provider)
            )
        case NotTaken(code, fault, error):
            await settled(equipment, lambda tx: _not_taken(tx, claimed, code, fault))
            raise error
        case _:
            assert_never(outcome)


async def _sent(tx: Tx, asked: ActionIn, claimed: Claimed, accepted: Accepted) -> ActionOut:
    await channel_health.record_success(tx, claimed.connection.slug)
    message = await ledger.settle_sent(tx, claimed.message, claimed.claim, accepted)
    return await record(tx, asked, claimed.action, await sent_result(tx, message))


async def _not_taken(
    tx: Tx, claimed: Claimed, code: str, fault: Literal["passing", "lasting"] | None
) -> None:
    await ledger.release(tx, claimed.message, claimed.claim)
    await daily_limit.uncount(tx, claimed.connection, claimed.day)
    if fault is not None:
        await channel_failed(tx, claimed.connection.slug, code, lasting=fault == "lasting")


async def _session_over(tx: Tx, claimed: Claimed) -> None:
    """The provider works, and has said more of the patient than we knew; the gate looks again."""
    await channel_health.record_success(tx, claimed.connection.slug)
    released = await ledger.release(tx, claimed.message, claimed.claim)
    await daily_limit.uncount(tx, claimed.connection, claimed.day)
    if released.to is not None:
        await heard.session_over(tx, claimed.connection.slug, released.to)


async def _refused(
    tx: Tx, asked: ActionIn, claimed: Claimed, code: str, *, dead: bool, by_provider: bool
) -> ActionOut:
    """dead: nobody will ever be reached at this address, which is remembered."""
    if by_provider:
        # It has answered about this recipient or this text, so the connection works, as it seems.
        await channel_refused(tx, claimed.connection.slug, code)
    else:
        await daily_limit.uncount(tx, claimed.connection, claimed.day)
    reason = f"{REJECTED}{code}"
    skipped = await ledger.settle_skipped(tx, claimed.message, reason, "rung", claim=claimed.claim)
    if dead and skipped.to is not None:
        await suppressions.put_address(tx, skipped.to, code=reason)
    return await record(tx, asked, claimed.action, SendFailed(at=tx.now, code=code))


async def _unknown(tx: Tx, asked: ActionIn, claimed: Claimed, code: str) -> ActionOut:
    await channel_failed(tx, claimed.connection.slug, code, lasting=False)
    message = await ledger.get(tx, claimed.message)
    return await record(tx, asked, claimed.action, await give_up(tx, message, claim=claimed.claim))


async def give_up(tx: Tx, message: Message, *, claim: str | None = None) -> AnyResult:
    """Nobody can say whether it went out; a person may ask the provider."""
    await ledger.settle_unknown(tx, message.id, claim=claim)
    await tasks.create(
        tx,
        queue=RECEPTION,
        reason=TaskReason.SEND_UNKNOWN,
        dedupe=f"send_unknown:{message.id}",
        journey_id=message.journey_id,
        patient_id=message.patient_id,
    )
    log.warning("message.outcome_unknown", message=message.id)
    return SendUnknown(at=tx.now, message=message.id)


async def _standing_result(tx: Tx, message: Message) -> AnyResult | None:
    """What an earlier attempt, or a delivery report, has made of the message. None: nothing yet."""
    match message.state:
        case "planned" | "claimed":
            return None
        case "unknown":
            return SendUnknown(at=tx.now, message=message.id)
        case "sent":
            return await sent_result(tx, message)
        case "skipped":
            reason = message.reason or Reason.JOURNEY_CLOSED.value
            if reason.startswith(REJECTED):
                return SendFailed(at=tx.now, code=reason.removeprefix(REJECTED))
            return Skipped(at=tx.now, reason=reason, scope=_scope(message))
        case _:
            assert_never(message.state)


def _scope(message: Message) -> SkipScope:
    match message.scope:
        case "rung" | "message" | "journey":
            return message.scope
        case _:
            raise Bug("ledger.no_scope", f"message {message.id} is skipped without a scope")


async def sent_result(tx: Tx, message: Message) -> AnyResult:
    """What the journey hears of a message that went out."""
    at = message.sent_at or tx.now
    if message.offer_id is None:
        return Sent(at=at, message=message.id)
    offer = await offers.get(tx, message.offer_id)
    return Offered(at=at, offer=str(offer.id), message=message.id, count=len(offer.slots))


_SETTLE_AGAIN = timedelta(milliseconds=200)


async def settled(equipment: Equipment, work: Callable[[Tx], Awaitable[Answer]]) -> Answer:
    """What the provider said must reach the ledger, so a database that is away is asked again.

    Gives up with the attempt; then the claim stays and the outcome is unknown.
    """
    deadline = asyncio.get_running_loop().time() + equipment.attempt.total_seconds() * 0.2
    while True:
        try:
            async with equipment.db.transaction() as tx:
                return await work(tx)
        except RetryLater:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_SETTLE_AGAIN.total_seconds())
