"""The gate before a send: the facts of the case out of the store, the decision out of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from nextvisit.domain.connections import Connection
from nextvisit.domain.contact_policy import ContactCase, Decision, Reason, Send, Skip, Suppression, decide
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.addresses import Addresses, AddressSpace
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Tx
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import contacts
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import appointments, consents, patients, related, suppressions
from nextvisit.store.people.identity import ContactDigest
from nextvisit.store.people.patients import PatientId
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.recipient import Reader, Recipient


@dataclass(frozen=True, slots=True, repr=False)
class Allowed:
    """Send it by this connection to this address. `repr` shows nothing of it.

    address: `to` as it is kept beside what is said of it. language: which whoever reads it prefers.
    """

    connection: Connection
    to: str
    address: ContactDigest
    language: str | None

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
    """Ask for each of the rung's channels in turn; a refusal of one channel leads to the next."""
    refusal: Decision = Skip(Reason.NO_CONNECTION, "rung")
    for kind in sending.effect.channels:
        addresses = equipment.connections.addresses_of(kind)
        if addresses is None:
            continue  # the journey set out when the site had such a channel
        reach = _reach(equipment, sending, addresses, kind)
        decision = decide(await _case(tx, equipment, sending, reach), equipment.policy, tx.now)
        if isinstance(decision, Send) and reach.reader is not None and reach.connection is not None:
            to, language = reach.reader.destination.value, reach.reader.language
            return Allowed(reach.connection, to, patients.address(tx, reach.space, to), language)
        if not (isinstance(decision, Skip) and decision.scope == "rung"):
            return decision
        refusal = decision
    return refusal


@dataclass(frozen=True, slots=True)
class _Reach:
    """How the patient, or a minor's guardian, would be written to on one kind of channel, if at all."""

    kind: ChannelKind
    space: AddressSpace
    reader: Reader | None
    connection: Connection | None


def _reach(equipment: Equipment, sending: Sending, addresses: Addresses, kind: ChannelKind) -> _Reach:
    reader = sending.recipient.reader(addresses, equipment.site.country)
    connection = None
    if reader is not None:
        country = reader.destination.country
        connection = equipment.connections.choose(kind, sending.effect.purpose, country)
    return _Reach(kind, addresses.space, reader, connection)


async def _clinical(tx: Tx, patient: PatientId) -> tuple[Suppression, ...]:
    return (Suppression("clinical"),) if await appointments.in_hospital(tx, patient, tx.now) else ()


async def _case(tx: Tx, equipment: Equipment, sending: Sending, reach: _Reach) -> ContactCase:
    head, message, effect, recipient = sending.head, sending.message, sending.effect, sending.recipient
    birth = recipient.birth_date
    minor = recipient.guardians is not None
    sharing: Sequence[PatientId] = ()
    guarded: Sequence[PatientId] = ()
    address: ContactDigest | None = None
    if reach.reader is not None:
        to = reach.reader.destination.value
        address = patients.address(tx, reach.space, to)
        sharing = [each for each in await patients.known_at(tx, address) if each != recipient.id]
        guarded = [each for each in await related.guarded_from(tx, reach.space, to) if each != recipient.id]
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
        campaign="paused" if head.campaign_state == "draft" else head.campaign_state,
        patient=recipient.status,
        held=recipient.record.held,
        suppressions=(
            *await suppressions.in_force(tx, recipient.id, address),
            *await _clinical(tx, recipient.id),
        ),
        birth_date=None if birth is None else birth.isoformat(),
        to_guardian=minor and reach.reader is not None,
        consents=await consents.events(tx, recipient.id, address=address),
        has_address=reach.reader is not None,
        has_connection=reach.connection is not None,
        # What is written to a guardian is for the guardian, whoever else is reached there.
        sharing=1 if minor else 1 + len(sharing),
        others_at=await contacts.last_of(tx, others, at_this_address) if others else None,
        contacts=await contacts.since(tx, recipient.id, since),
        holidays=frozenset(equipment.site.holidays),
        # It was planned the moment after the patient had written.
        in_reply_to=message.planned_at if effect.in_reply else None,
        deadline=effect.deadline,
    )
