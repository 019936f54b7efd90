"""The gate before a send: the facts of the case out of the store, the decision out of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from nextvisit.domain.channel_health import Health
from nextvisit.domain.connections import Connection
from nextvisit.domain.contact_policy import ContactCase, Decision, Defer, Send, Skip, Suppression, decide
from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.reply_holds import ReplyHold, hold_of
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.addresses import Addresses, AddressSpace
from nextvisit.sdk.channels import Reachability
from nextvisit.sdk.ports import ChecksAddresses
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Tx
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import address_checks, channel_health, contacts
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import appointments, consents, patients, related, reply_holds, suppressions
from nextvisit.store.people.identity import ContactDigest
from nextvisit.store.people.patients import PatientId
from nextvisit.store.restorations import restorations
from nextvisit_workflows.activities import daily_limit
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.recipient import Recipient
from nextvisit_workflows.activities.wording import Wordable, wordable
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.versions import load_version


@dataclass(frozen=True, slots=True, repr=False)
class Allowed:
    """Send it by this connection to this address. `repr` shows nothing of it.

    address: `to` as it is kept beside what is said of it. language, name: of whoever reads it. words: how
    it may go out. probing: it tries a connection that is down.
    """

    connection: Connection
    to: str
    address: ContactDigest
    language: str | None
    name: str
    words: Wordable
    probing: bool = False

    def __repr__(self) -> str:
        return f"Allowed({self.connection.slug!r})"


@dataclass(frozen=True, slots=True)
class Sending:
    """Which message of which journey, and to whom."""

    head: JourneyHead
    message: Message
    effect: SendMessage | MakeOffer
    recipient: Recipient


async def pass_gate(tx: Tx, equipment: Equipment, sending: Sending) -> Allowed | Decision:
    """Ask for each of the rung's channels in turn; a refusal of one channel leads to the next.

    So does a connection that is paused, or has had its messages of today, and the message waits for it only
    when there is no other.
    """
    refusal: Decision = Skip(Reason.NO_CONNECTION, "rung")
    taking = _Taking(await channel_health.listing(tx), await daily_limit.full(tx, equipment))
    waiting: Defer | None = None
    for kind in sending.effect.channels:
        addresses = equipment.connections.addresses_of(kind)
        if addresses is None:
            continue  # the journey set out when the site had such a channel
        reach = await _reach(tx, equipment, sending, addresses, taking, kind=kind)
        case = await _case(tx, equipment, sending, reach)
        decision = decide(case, equipment.policy, tx.now)
        if isinstance(decision, Send) and reach.allowed is not None:
            if reach.down is None:
                return reach.allowed
            if await channel_health.take_probe(tx, reach.allowed.connection.slug):
                return replace(reach.allowed, probing=True)
            # Somebody else's message is trying it.
            decision = decide(replace(case, channel_on_trial=False), equipment.policy, tx.now)
        if isinstance(decision, Defer) and decision.reason in _THE_CHANNELS:
            waiting = waiting or decision
        elif not (isinstance(decision, Skip) and decision.scope == "rung"):
            return decision
        else:
            refusal = decision
    return waiting or refusal


_THE_CHANNELS = (Reason.CHANNEL_DOWN, Reason.DAILY_LIMIT)


@dataclass(frozen=True, slots=True)
class _Taking:
    """What the site's connections take now. health: of those that failed last. full: see `daily_limit`."""

    health: Mapping[str, Health]
    full: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Reach:
    """How the patient, or a minor's guardian, would be written to on one kind of channel, if at all.

    address: whether or not a connection is for it. allowed: what there is if nothing else speaks against it.
    down: how the connection fares; None while it works. full: it has had as many messages of today as it may.
    """

    kind: ChannelKind
    space: AddressSpace
    address: ContactDigest | None
    allowed: Allowed | None
    down: Health | None = None
    full: bool = False


async def _reach(
    tx: Tx,
    equipment: Equipment,
    sending: Sending,
    addresses: Addresses,
    taking: _Taking,
    *,
    kind: ChannelKind,
) -> _Reach:
    space = addresses.space
    reader = sending.recipient.reader(addresses, equipment.site.country)
    down = {slug: each for slug, each in taking.health.items() if each.down_since is not None}
    if reader is None:
        return _Reach(kind, space, None, None)
    to, purpose = reader.destination, sending.effect.purpose
    address = patients.address(tx, space, to.value)
    connection = equipment.connections.choose(kind, purpose, to.country, down={*down, *taking.full})
    if connection is None:
        return _Reach(kind, space, address, None)
    at = (connection, address, reader.language)
    words = await wordable(tx, equipment, sending.message, at, in_reply=sending.effect.in_reply)
    allowed = Allowed(connection, to.value, address, reader.language, reader.name, words)
    return _Reach(
        kind, space, address, allowed, down.get(connection.slug), full=connection.slug in taking.full
    )


async def reply_holds_on(tx: Tx, equipment: Equipment, patient: PatientId) -> tuple[ReplyHold, ...]:
    """What the patient wrote and nobody has seen to, as the gate asks for it."""
    unread_for = equipment.site.unread_for
    known = await reply_holds.in_force(tx, patient)
    return tuple(hold_of(each.intent, each.since, unread_for) for each in known)


async def _clinical(tx: Tx, patient: PatientId) -> tuple[Suppression, ...]:
    return (Suppression("clinical"),) if await appointments.in_hospital(tx, patient, tx.now) else ()


async def _others(tx: Tx, recipient: Recipient, known: Iterable[PatientId]) -> Sequence[PatientId]:
    """A widow's phone is hers alone, and who is registered twice does not share it with herself."""
    return await patients.living(tx, [each for each in known if each != recipient.id])


async def _case(tx: Tx, equipment: Equipment, sending: Sending, reach: _Reach) -> ContactCase:
    head, message, effect, recipient = sending.head, sending.message, sending.effect, sending.recipient
    birth = recipient.birth_date
    minor = recipient.guardians is not None
    sharing: Sequence[PatientId] = ()
    guarded: Sequence[PatientId] = ()
    address, allowed = reach.address, reach.allowed
    if address is not None:
        sharing = await _others(tx, recipient, await patients.known_at(tx, address))
        guarded = await _others(tx, recipient, await related.guarded_from(tx, address))
    others = [*dict.fromkeys((*sharing, *guarded))]
    at_this_address = equipment.connections.at(reach.space)
    since = tx.now - equipment.policy.budget.window - timedelta(days=1)
    return ContactCase(
        purpose=effect.purpose,
        channel=reach.kind,
        spaces=equipment.connections.spaces,
        journey=str(head.id),
        zone=recipient.zone,
        journey_open=head.outcome is None,
        campaign=await _campaign(tx, head),
        patient=recipient.status,
        held=recipient.record.held,
        reply_holds=await reply_holds_on(tx, equipment, recipient.id),
        suppressions=(
            *await suppressions.in_force(tx, recipient.id, address),
            *await _clinical(tx, recipient.id),
        ),
        birth_date=None if birth is None else birth.isoformat(),
        to_guardian=minor and address is not None,
        consents=await consents.events(tx, recipient.id, address=address),
        of_readers=() if address is None else await consents.of_readers(tx, address, as_guardian=minor),
        has_address=address is not None,
        has_connection=allowed is not None,
        # What is written to a guardian is for the guardian, whoever else is reached there.
        sharing=1 if minor else 1 + len(sharing),
        others_at=await contacts.last_of(tx, others, at_this_address) if others else None,
        contacts=await contacts.since(tx, recipient.id, since),
        holidays=frozenset(equipment.site.holidays),
        # It was planned the moment after the patient had written.
        in_reply_to=message.planned_at if effect.in_reply else None,
        deadline=message.deadline,
        aside=isinstance(effect, SendMessage) and effect.aside,
        reachable=allowed is None or await _is_reachable(tx, equipment, allowed),
        unsayable=None if allowed is None else allowed.words.unsayable,
        full_until=daily_limit.tomorrow(tx, equipment) if reach.full else None,
        channel_down_since=None if reach.down is None else reach.down.down_since,
        channel_on_trial=reach.down is not None and reach.down.state(tx.now) == "half_open",
        other_rung=(reach.full or reach.down is not None) and await _other_rung(tx, equipment, sending),
    )


async def _is_reachable(tx: Tx, equipment: Equipment, allowed: Allowed) -> bool:
    """As far as its provider has said; it is asked for the first time once all else is clear."""
    slug = allowed.connection.slug
    if not isinstance(equipment.channels.get(slug), ChecksAddresses):
        return True
    return await address_checks.known(tx, slug, allowed.address) is not Reachability.NO


def campaign_stands(head: JourneyHead) -> Literal["running", "paused", "faulty", "stopped"]:
    """As the gate asks for it."""
    if head.campaign_state == "paused" and head.campaign_faulty:
        return "faulty"
    return "paused" if head.campaign_state == "draft" else head.campaign_state


async def _campaign(tx: Tx, head: JourneyHead) -> Literal["running", "paused", "faulty", "held", "stopped"]:
    """After a restore all are held, until somebody has confirmed what happened before it."""
    stands = campaign_stands(head)
    held = stands != "stopped" and await restorations.unconfirmed(tx) is not None
    return "held" if held else stands


async def _other_rung(tx: Tx, equipment: Equipment, sending: Sending) -> bool:
    """Whether the campaign would go on to another rung."""
    message = sending.message
    await load_version(tx, message.campaign, message.version)
    usable = frozenset(equipment.connections.kinds)
    program = registry.program(message.campaign, message.version, usable)
    return program.usable_rung(sending.effect.rung + 1) is not None
