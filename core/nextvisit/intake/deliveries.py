"""A provider's word on a message: to the ledger, and on to the journey when it asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Opened
from nextvisit.intake.handed_back import hand_back
from nextvisit.intake.verdict import Again, Done, Verdict
from nextvisit.sdk.channels import DeliveryStatus
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import auto_replies, ledger
from nextvisit.store.people import patients

if TYPE_CHECKING:
    from nextvisit.domain.site import Site
    from nextvisit.sdk.channels import ChannelCapabilities, DeliveryReport
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.messages.message_rows import Message
    from nextvisit.store.people.identity import ContactDigest

_ARRIVED = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.OPENED, DeliveryStatus.READ})
_OPENED = frozenset({DeliveryStatus.OPENED, DeliveryStatus.READ})


async def receive_report(
    tx: Tx, provider: str, can: ChannelCapabilities, report: DeliveryReport, *, site: Site
) -> Verdict:
    """A report on a message that is not known waits: its send may not be settled yet.

    can: what the channel is that it came in on; it knows how a provider writes an address.
    """
    to = _went_to(tx, can, report, site)
    message = await ledger.report_delivery(tx, provider, report, to)
    if message is None:
        reply = await auto_replies.report_delivery(tx, provider, report, to)
        if reply is None:
            return Again("unknown_message")
        if reply.status is DeliveryStatus.FAILED:
            await hand_back(tx, reply)
        return Done(reply.patient_id)
    await tell_journey(tx, message)
    return Done(message.patient_id)


def _went_to(tx: Tx, can: ChannelCapabilities, report: DeliveryReport, site: Site) -> list[ContactDigest]:
    """The addresses one of which the report is about; none when one cannot be read, which may be that one."""
    read = [can.addresses.senders(each, site.country) for each in report.to]
    if not all(read):
        return []
    return [patients.address(tx, can.addresses.space, each.value) for several in read for each in several]


async def tell_journey(tx: Tx, message: Message) -> None:
    """Tell the journey what it wants to hear of this message, and always that it failed."""
    status = message.status
    if status is DeliveryStatus.FAILED:
        failed = DeliveryFailed(at=tx.now, message=message.id, code=message.status_code or "failed")
        await journey_events.tell(tx, message.journey_id, failed, f"failed:{message.id}")
        return
    if status in _ARRIVED and "delivered" in message.awaits:
        arrived = Delivered(at=tx.now, message=message.id)
        await journey_events.tell(tx, message.journey_id, arrived, f"delivered:{message.id}")
    if status in _OPENED and "opened" in message.awaits:
        seen = Opened(at=tx.now, message=message.id)
        await journey_events.tell(tx, message.journey_id, seen, f"opened:{message.id}")
