"""What became of a message that may have gone out: its provider is asked, before a person is.

Whatever cut an attempt off has left its claim behind. A provider that knows our message settles it; one that
surely has not got it is given it once more, and no more often; one that takes our id as its key is given it
again while it knows the id; where nobody can say, it is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, assert_never

import structlog

from nextvisit.domain.contact_policy import Defer
from nextvisit.flow.verbs import AnyResult
from nextvisit.sdk.channels import MessageId, OutgoingMessage
from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.store.base.engine import Tx
from nextvisit.store.booking import offers
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import auto_replies, channel_health, ledger
from nextvisit.store.messages.auto_reply_rows import AutoReply
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.restorations import restorations
from nextvisit_workflows.activities import auto_reply
from nextvisit_workflows.activities.begun import record
from nextvisit_workflows.activities.dispatch import (
    ASKED_AFTER,
    Cleared,
    Unsettled,
    composed_for,
    give_up,
    sent_result,
    settled,
)
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.gate import Allowed, Sending, pass_gate
from nextvisit_workflows.activities.hand_over import (
    AtProvider,
    MayBeOut,
    Missing,
    NotTaken,
    NoWord,
    Refused,
    Taken,
    Unsure,
    ask_after,
    hand_over,
)
from nextvisit_workflows.activities.recipient import recipient_of
from nextvisit_workflows.runtime.pacing import LONGEST, clinic_span
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut

log = structlog.get_logger()

_ASK_AGAIN = timedelta(seconds=30)
_BATCH = 200
_ABREAST = 8
_STALE_ATTEMPTS = 3
"""A claim that is older than so many attempts belongs to nobody any more."""

Told = AtProvider | Missing | NoWord | Unsure
Verdict = Literal["sent", "missed", "wait", "unknown"]


async def recover(equipment: Equipment, asked: ActionIn, left: Unsettled) -> ActionOut:
    """Raises RetryLater while it is too early to know, and once the message is free to be sent again."""
    told: Told = await ask_after(equipment, left.message.provider, left.message.id)
    if not isinstance(told, AtProvider) and _known_by_id(equipment, left.message):
        told = await _send_again(equipment, left)
    done = await settled(
        equipment, lambda tx: _settle(tx, equipment, left.message, told, asked=(asked, left))
    )
    if isinstance(done, ActionOut):
        return done
    if done == "missed":
        raise RetryLater("message.missed", f"message {left.message.id} is sent again", after=timedelta())
    raise RetryLater(ASKED_AFTER, f"message {left.message.id}", after=_ASK_AGAIN)


def _known_by_id(equipment: Equipment, message: Message) -> bool:
    """Whether the provider would still know it as the same, at the end of another call."""
    connection = None if message.provider is None else equipment.connections.named(message.provider)
    window = None if connection is None else connection.can.idempotent_send
    if window is None or message.claimed_at is None:
        return False
    age = equipment.clock.wall_span(equipment.clock.now() - message.claimed_at)
    return age + equipment.patience < window


async def _send_again(equipment: Equipment, left: Unsettled) -> Told:
    """The same under the same id. Whatever is said but that it was taken says nothing of the first one."""
    async with equipment.db.transaction() as tx:
        same = await _same(tx, equipment, left)
    if not isinstance(same, OutgoingMessage):
        return same
    connection = equipment.connections.named(left.message.provider or "")
    if connection is None:
        return Unsure()
    outcome = await hand_over(equipment, connection, same)
    match outcome:
        case Taken(accepted):
            return AtProvider(accepted)
        case NotTaken() | MayBeOut():
            return NoWord()
        case Refused():
            return Unsure()
        case _:
            assert_never(outcome)


async def _same(tx: Tx, equipment: Equipment, left: Unsettled) -> OutgoingMessage | NoWord | Unsure:
    """To the letter, and only while the patient may still be written to."""
    message, head = left.message, left.head
    recipient = await recipient_of(tx, head.patient_id, equipment.site, equipment.policy, why="contact")
    decision = await pass_gate(tx, equipment, Sending(head, message, left.action, recipient))
    if isinstance(decision, Defer):
        return NoWord()
    if not isinstance(decision, Allowed):
        return Unsure()
    if (decision.connection.slug, decision.address) != (message.provider, message.to):
        return Unsure()
    offer = None if message.offer_id is None else await offers.get(tx, message.offer_id)
    cleared = Cleared(head, left.action, message, recipient, decision)
    try:
        composed = await composed_for(tx, equipment, cleared, offer)
    except ConfigError:
        return Unsure()  # the template is gone
    said = await ledger.content(tx, message.id, why="sent_again")
    return (
        composed.outgoing if (composed.language, composed.content) == (message.language, said) else Unsure()
    )


async def tidy(equipment: Equipment) -> int:
    """The same for claims that no attempt has come back to. Of how many nobody knows what became of them."""
    async with equipment.db.transaction() as tx:
        before = tx.now - clinic_span(equipment.clock, equipment.attempt * _STALE_ATTEMPTS)
        messages = await ledger.claimed_before(tx, before, _BATCH)
        replies = await auto_replies.claimed_before(tx, before, _BATCH)
    claims = [(each.provider, each.id) for each in messages]
    claims += [(each.provider, each.id) for each in replies]
    told = await _ask_all(equipment, claims)
    unknown = 0
    for message in messages:
        unknown += await _tidy_message(equipment, message, told[message.id])
    for reply in replies:
        unknown += await _tidy_reply(equipment, reply, told[reply.id])
    return unknown


async def _ask_all(
    equipment: Equipment, claims: Sequence[tuple[str | None, MessageId]]
) -> Mapping[MessageId, Told]:
    """A few abreast, in less time than one call may take; who has not answered by then gave no word."""
    if not claims:
        return {}
    abreast = asyncio.Semaphore(_ABREAST)

    async def ask(slug: str | None, message: MessageId) -> Told:
        async with abreast:
            return await ask_after(equipment, slug, message)

    asking = {message: asyncio.create_task(ask(slug, message)) for slug, message in claims}
    _, late = await asyncio.wait(asking.values(), timeout=equipment.patience.total_seconds() / 2)
    for each in late:
        each.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return {message: NoWord() if task in late else task.result() for message, task in asking.items()}


async def _tidy_message(equipment: Equipment, message: Message, told: Told) -> bool:
    async with equipment.db.transaction() as tx:
        return await _settle(tx, equipment, message, told) == "unknown"


async def _tidy_reply(equipment: Equipment, reply: AutoReply, told: Told) -> bool:
    """An auto-reply is not sent again: what it answers is handed to a person instead."""
    async with equipment.db.transaction() as tx:
        if not await auto_replies.lock_claimed(tx, reply.id):
            return False
        if isinstance(told, AtProvider):
            await auto_replies.settle_sent(tx, reply.id, None, told.accepted)
            return False
        await auto_reply.give_up(tx, reply)
        return True


async def _settle(
    tx: Tx,
    equipment: Equipment,
    asked_about: Message,
    told: Told,
    *,
    asked: tuple[ActionIn, Unsettled] | None = None,
) -> ActionOut | Verdict:
    """asked: by the attempt of an action, whose result is recorded."""
    head = await journeys.head(tx, asked_about.journey_id, lock=True)
    message = await ledger.get(tx, asked_about.id, lock=True)
    if (message.state, message.attempts) != ("claimed", asked_about.attempts):
        return "wait"  # a report was quicker, or the attempt that was thought dead
    verdict = _verdict(equipment, message, told, tx.now, await _askable_since(tx, message))
    result: AnyResult | None = None
    match verdict:
        case "sent" if isinstance(told, AtProvider):
            await channel_health.record_success(tx, message.provider or "")
            message = await ledger.settle_sent(tx, message.id, None, told.accepted)
            log.info("message.found", message=message.id, channel=message.provider)
            result = await sent_result(tx, message)
        case "missed" if head.outcome is None:
            await ledger.missed(tx, message)
            log.warning("message.missed", message=message.id, channel=message.provider)
        case "wait":
            pass
        case "sent" | "missed" | "unknown":
            verdict, result = "unknown", await give_up(tx, message)
        case _:
            assert_never(verdict)
    if result is None or asked is None:
        return verdict
    return await record(tx, asked[0], asked[1].action, result)


async def _askable_since(tx: Tx, message: Message) -> datetime:
    """Nobody asked between a backup and what came of it, and none is sent again before that is confirmed."""
    claimed = message.claimed_at or tx.now
    restored = [each for each in await restorations.listing(tx) if each.restored_at >= claimed]
    return max([claimed, *(each.confirmed_at or tx.now for each in restored)])


def _verdict(
    equipment: Equipment, message: Message, told: Told, now: datetime, askable_since: datetime
) -> Verdict:
    """askable_since: since when its provider has been asked without a restore in between."""
    age = now - (message.claimed_at or now)
    doubt = clinic_span(equipment.clock, equipment.doubt)
    match told:
        case AtProvider():
            return "sent"
        case Missing():
            if message.missed_at is not None:
                return "unknown"
            # What was cut off may still be on its way through the provider, or in the hands of an attempt
            # that has stopped for a while and goes on.
            return "missed" if age >= doubt else "wait"
        case NoWord():
            return "wait" if now - askable_since < max(doubt, LONGEST) else "unknown"
        case Unsure():
            return "unknown"
        case _:
            assert_never(told)
