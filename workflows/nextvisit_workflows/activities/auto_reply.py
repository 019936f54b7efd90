"""One auto-reply: take, gate, claim, provider, settle. Needs no Temporal, so none of it waits for one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import assert_never

import structlog

from nextvisit.clock import SystemClock
from nextvisit.domain.auto_reply import AutoReplyKind, ask_back_words, emergency_words, stop_words
from nextvisit.domain.connections import Connection
from nextvisit.domain.contact_policy import ContactCase, Defer, Send, Skip, decide
from nextvisit.domain.contact_reason import Reason
from nextvisit.intake.handed_back import hand_back
from nextvisit.messages.forms import as_read, form_of
from nextvisit.messages.labels import slot_label
from nextvisit.messages.mail_layout import html_mail
from nextvisit.sdk.channels import Content, Mail, MessageForm, OutgoingMessage, ShortText
from nextvisit.sdk.errors import Bug, NextVisitError, Rejected, RetryLater
from nextvisit.store.base.engine import Tx
from nextvisit.store.booking import offers
from nextvisit.store.booking.offers import Offer
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import auto_replies, channel_health, heard
from nextvisit.store.messages.auto_reply_rows import AutoReply
from nextvisit.store.people import consents, suppressions
from nextvisit_workflows.activities import daily_limit
from nextvisit_workflows.activities.dispatch import REJECTED, settled
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.gate import campaign_stands, reply_holds_on
from nextvisit_workflows.activities.hand_over import (
    AtProvider,
    MayBeOut,
    NotTaken,
    Refused,
    Taken,
    ask_after,
    hand_over,
)
from nextvisit_workflows.activities.pausing import channel_failed, channel_refused
from nextvisit_workflows.activities.recipient import recipient_of
from nextvisit_workflows.runtime.pacing import wished

log = structlog.get_logger()

OFFER_CLOSED = "offer_closed"
"""Why nothing is asked about a slot that cannot be had any more."""

_AT_ONCE = frozenset({MessageForm.SHORT_TEXT, MessageForm.MAIL})
"""The forms of our own words: no provider's template has them, and no letter is there at once."""

_SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Ours:
    """Claimed, and composed for this connection. day: as of `Claimed`."""

    reply: AutoReply
    claim: str
    connection: Connection
    outgoing: OutgoingMessage
    day: date | None


async def write_back(equipment: Equipment) -> bool:
    """Send the one that is due for longest. False when none is. Raises RetryLater when the store is away."""
    reply: AutoReply | None = None
    try:
        async with equipment.db.transaction() as tx:
            reply = await auto_replies.take(tx)
            if reply is None:
                return False
            ours = await _prepare(tx, equipment, reply)
    except RetryLater:
        raise
    # What one of them provokes must not keep the others from going out: it is given up, and said.
    except Exception as error:
        if reply is None:
            raise
        code = error.code if isinstance(error, NextVisitError) else type(error).__name__
        log.error("auto_reply.broken", message=reply.id, kind=reply.kind.value, code=code)  # noqa: TRY400
        async with equipment.db.transaction() as tx:
            if await auto_replies.lock_planned(tx, reply.id):
                await _skip(tx, reply, f"bug.{code}")
        return True
    if ours is not None:
        await _deliver(equipment, ours)
    return True


async def _prepare(tx: Tx, equipment: Equipment, reply: AutoReply) -> _Ours | None:
    """None: the gate did not let it through, or not now."""
    offer = await _offer(tx, reply)
    if reply.kind is AutoReplyKind.ASK_BACK and offer is None:
        await _skip(tx, reply, OFFER_CLOSED)
        return None
    try:
        to = await auto_replies.address(tx, reply)
    except Rejected:
        await _skip(tx, reply, Reason.PATIENT_ERASED.value)
        return None
    own = equipment.connections.named(reply.came_in_on)
    if own is not None and form_of(_AT_ONCE, own.can.forms) is None:
        await _skip(tx, reply, Reason.NO_FORM.value)
        return None
    down = {slug: each for slug, each in (await channel_health.listing(tx)).items() if each.down_since}
    connection = _connection(equipment, reply, to, down)
    if connection is None:
        await _skip(tx, reply, Reason.NO_CONNECTION.value)
        return None
    fares = down.get(connection.slug)
    case = await _case(tx, equipment, reply)
    if fares is not None:
        probes = fares.state(tx.now) == "half_open" and await channel_health.take_probe(tx, connection.slug)
        case = replace(case, channel_down_since=fares.down_since, channel_on_trial=probes)
    decision = decide(case, equipment.policy, tx.now)
    match decision:
        case Send():
            content = _content(equipment, reply, connection, offer)
            claim = await auto_replies.claim(tx, reply, provider=connection.slug, content=as_read(content))
            outgoing = _outgoing(equipment, reply, to, content, tx.now)
            outgoing = replace(outgoing, reply_to=await _answered(tx, reply, connection))
            day = await daily_limit.count_answer(tx, equipment, connection)
            return _Ours(reply, claim, connection, outgoing, day)
        case Defer(until):
            await auto_replies.put_off(tx, reply, until)
        case Skip(reason):
            await _skip(tx, reply, reason.value)
        case _:
            assert_never(decision)
    return None


async def _answered(tx: Tx, reply: AutoReply, connection: Connection) -> str | None:
    """The provider's name of the words that are answered; another provider does not know it."""
    last = await heard.last(tx, connection.slug, reply.to)
    return None if last is None or last.said_ref != reply.said_ref else last.provider_ref


async def _offer(tx: Tx, reply: AutoReply) -> Offer | None:
    """What is asked about, while it can still be answered."""
    if reply.journey_id is None or reply.offer_id is None or reply.choice is None:
        return None
    offer = await offers.open_offer(tx, reply.journey_id)
    if offer is None or offer.id != reply.offer_id or offer.slots[reply.choice - 1].start <= tx.now:
        return None
    return offer


def _connection(equipment: Equipment, reply: AutoReply, to: str, down: Collection[str]) -> Connection | None:
    """The one that the words came in on; while that does not work, one that takes over for it."""
    own = equipment.connections.named(reply.came_in_on)
    if own is not None and own.slug not in down:
        return own
    addresses = equipment.connections.addresses_of(reply.channel)
    read = None if addresses is None else addresses.normalise(to, equipment.site.country)
    if read is None:
        return own
    other = equipment.connections.choose(reply.channel, reply.purpose, read.country, down=down)
    return own if other is None or (own is not None and other.slug in down) else other


async def _case(tx: Tx, equipment: Equipment, reply: AutoReply) -> ContactCase:
    case = ContactCase(
        purpose=reply.purpose,
        channel=reply.channel,
        spaces=equipment.connections.spaces,
        journey=str(reply.journey_id or ""),
        zone=equipment.site.zone,
        suppressions=await suppressions.in_force(tx, reply.patient_id, reply.to),
        deadline=reply.deadline,
        at_once=reply.kind,
    )
    if reply.patient_id is not None:
        site, policy = equipment.site, equipment.policy
        recipient = await recipient_of(tx, reply.patient_id, site, policy, why="auto_reply")
        minor = recipient.guardians is not None
        case = replace(
            case,
            patient=recipient.status,
            held=recipient.record.held,
            consents=await consents.events(tx, reply.patient_id, address=reply.to),
            of_readers=await consents.of_readers(tx, reply.to, as_guardian=minor),
        )
    if reply.kind is AutoReplyKind.ASK_BACK and reply.journey_id is not None:
        head = await journeys.head(tx, reply.journey_id)
        case = replace(
            case,
            journey_open=head.outcome is None,
            campaign=campaign_stands(head),
            in_reply_to=reply.planned_at,
            reply_holds=await reply_holds_on(tx, equipment, head.patient_id),
        )
    return case


def _outgoing(
    equipment: Equipment, reply: AutoReply, to: str, content: Content, now: datetime
) -> OutgoingMessage:
    # Providers live by the wall.
    expires_at = SystemClock().now() + equipment.clock.wall_span(reply.deadline - now)
    return OutgoingMessage(reply.id, to, content, reply.language, expires_at)


def _content(equipment: Equipment, reply: AutoReply, connection: Connection, offer: Offer | None) -> Content:
    site, words = equipment.site, _words(equipment, reply, offer)
    form = form_of(_AT_ONCE, connection.can.forms)
    match form:
        case MessageForm.SHORT_TEXT:
            return ShortText(f"{site.short_name}: {words}")
        case MessageForm.MAIL:
            text = f"{words}\n\n{site.name}\n{site.phone}"
            html = html_mail(text, subject=site.name, language=reply.language, clinic=site.name)
            return Mail(site.name, text, html)
        case _:
            raise Bug("auto_reply.no_form", f"{connection.slug} carries no form of message")


def _words(equipment: Equipment, reply: AutoReply, offer: Offer | None) -> str:
    match reply.kind:
        case AutoReplyKind.EMERGENCY:
            return emergency_words(reply.language, equipment.site.country)
        case AutoReplyKind.STOP_CONFIRMED:
            return stop_words(reply.language)
        case AutoReplyKind.ASK_BACK:
            if offer is None or reply.choice is None:
                raise Bug("auto_reply.no_offer", f"auto-reply {reply.id} asks about nothing")
            start = offer.slots[reply.choice - 1].start
            label = slot_label(start, equipment.site.zone, reply.language)
            return ask_back_words(reply.language, label, reply.choice)
        case _:
            assert_never(reply.kind)


async def _deliver(equipment: Equipment, ours: _Ours) -> None:
    outcome = await hand_over(equipment, ours.connection, ours.outgoing)
    slug = ours.connection.slug
    if isinstance(outcome, MayBeOut):
        told = await ask_after(equipment, slug, ours.reply.id)
        outcome = Taken(told.accepted) if isinstance(told, AtProvider) else outcome
    match outcome:
        case Taken():
            log.info("auto_reply.sent", message=ours.reply.id, kind=ours.reply.kind.value, channel=slug)
        case MayBeOut(code) | Refused(code) | NotTaken(code):
            log.warning(
                "auto_reply.not_sent",
                message=ours.reply.id,
                kind=ours.reply.kind.value,
                channel=slug,
                code=code,
            )
        case _:
            assert_never(outcome)
    await settled(equipment, lambda tx: _settle(tx, ours, outcome))


async def _settle(tx: Tx, ours: _Ours, outcome: Taken | MayBeOut | Refused | NotTaken) -> None:
    reply, claim, slug = ours.reply, ours.claim, ours.connection.slug
    match outcome:
        case Taken(accepted):
            await channel_health.record_success(tx, slug)
            await auto_replies.settle_sent(tx, reply.id, claim, accepted)
        case MayBeOut(code):
            await channel_failed(tx, slug, code, lasting=False)
            await give_up(tx, reply, claim=claim)
        case Refused(code, dead, asked):
            if asked:
                await channel_refused(tx, slug, code)
            if dead:
                await suppressions.put_address(tx, reply.to, code=f"{REJECTED}{code}")
            await _skip(tx, reply, f"{REJECTED}{code}", claim=claim)
        case NotTaken(code, fault, error):
            if fault is not None:
                await channel_failed(tx, slug, code, lasting=fault == "lasting")
            after = error.after if isinstance(error, RetryLater) else None
            await daily_limit.uncount(tx, ours.connection, ours.day)
            await auto_replies.release(tx, reply.id, claim, tx.now + wished(after or None, _SOON))
        case _:
            assert_never(outcome)


async def give_up(tx: Tx, reply: AutoReply, *, claim: str | None = None) -> None:
    """Nobody can say whether it went out."""
    await auto_replies.settle_unknown(tx, reply.id, claim=claim)
    await hand_back(tx, reply)


async def _skip(tx: Tx, reply: AutoReply, reason: str, *, claim: str | None = None) -> None:
    await auto_replies.settle_skipped(tx, reply.id, reason, claim=claim)
    log.warning("auto_reply.skipped", message=reply.id, kind=reply.kind.value, reason=reason)
    await hand_back(tx, reply)
