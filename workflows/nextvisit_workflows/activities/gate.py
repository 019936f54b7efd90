"""The gate before a send: the facts of the case out of the store, the decision out of the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from nextvisit.domain.contact_policy import ContactCase, Decision, Reason, Send, Skip, decide
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Tx
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import contacts
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import consents
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.recipient import Recipient


@dataclass(frozen=True, slots=True)
class Allowed:
    """Send it on this kind of channel."""

    kind: ChannelKind


@dataclass(frozen=True, slots=True)
class Sending:
    """Which message of which journey, and to whom."""

    head: JourneyHead
    message: Message
    effect: SendMessage | MakeOffer
    recipient: Recipient


async def pass_gate(tx: Tx, equipment: Equipment, sending: Sending) -> Allowed | Decision:
    """Ask for each of the rung's channels in turn; a refusal of one channel leads to the next."""
    refusal: Decision = Skip(Reason.NO_ADDRESS, "rung")
    for kind in sending.effect.channels:
        if kind not in equipment.channels:
            continue
        case = await _case(tx, equipment, sending, kind)
        decision = decide(case, equipment.policy, tx.now)
        if isinstance(decision, Send):
            return Allowed(kind)
        if not (isinstance(decision, Skip) and decision.scope == "rung"):
            return decision
        refusal = decision
    return refusal


async def _case(tx: Tx, equipment: Equipment, sending: Sending, kind: ChannelKind) -> ContactCase:
    head, message, effect, recipient = sending.head, sending.message, sending.effect, sending.recipient
    birth = recipient.birth_date
    others = await recipient.others(tx, kind)
    since = tx.now - equipment.policy.budget.window - timedelta(days=1)
    return ContactCase(
        purpose=effect.purpose,
        channel=kind,
        journey=str(head.id),
        zone=recipient.zone,
        journey_open=head.outcome is None,
        campaign="paused" if head.campaign_state == "draft" else head.campaign_state,
        patient=recipient.status,
        birth_date=None if birth is None else birth.isoformat(),
        consents=await consents.events(tx, recipient.id),
        has_address=recipient.address(kind) is not None,
        sharing=1 + len(others),
        others_at=await contacts.last_of(tx, others, kind) if others else None,
        contacts=await contacts.since(tx, recipient.id, since),
        holidays=frozenset(equipment.site.holidays),
        # It was planned the moment after the patient had written.
        in_reply_to=message.planned_at if effect.in_reply else None,
        deadline=effect.deadline,
    )
