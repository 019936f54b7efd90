"""One inbox row, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, assert_never, get_args

from nextvisit.calls.guard import tell_unsound
from nextvisit.intake.deliveries import receive_report
from nextvisit.intake.inbound import receive_message
from nextvisit.intake.mis_page import PageWork, receive_page, receive_resource
from nextvisit.intake.news import receive_news
from nextvisit.intake.page_answer import receive_answer
from nextvisit.intake.parsed import PATIENCE_WITH_TALK, parsed
from nextvisit.intake.told import sound
from nextvisit.intake.verdict import Again, Done, Parked, Verdict
from nextvisit.intake.wire import webhook_from_bytes
from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, InboundMessage, UnreadableEvent
from nextvisit.sdk.ports import AnswersWebhooks, Channel, Listens, MisAdapter
from nextvisit.sdk.soundness import Unsound
from nextvisit.store.queues import inbox

if TYPE_CHECKING:
    from nextvisit.domain.connections import Connection, Connections
    from nextvisit.domain.site import Site
    from nextvisit.intake.meaning import ReplyReading
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.campaigns.programs import Programs
    from nextvisit.store.people.identity import PatientId
    from nextvisit.store.queues.inbox import InboxItem, InboxKind

MIS_KINDS: Final[tuple[InboxKind, ...]] = (
    "mis_page",
    "mis_look_up",
    "mis_inbound",
    "mis_webhook",
    "mis_resource",
    "mis_news",
)
"""All that one MIS connection says: one lane."""
_KINDS: Final[tuple[type[ChannelEvent], ...]] = get_args(ChannelEvent)


@dataclass(frozen=True, slots=True)
class Intaking:
    """What rows are understood with. Adapters and channels by the slug of their connection."""

    adapters: Mapping[str, MisAdapter]
    channels: Mapping[str, Channel]
    connections: Connections
    site: Site
    programs: Programs
    reading: ReplyReading


async def process(tx: Tx, row: InboxItem, using: Intaking) -> Verdict:
    """Everything that the row means, in `tx`. Harmless when repeated."""
    ref = str(row.id)
    match row.kind:
        case "mis_page" | "mis_look_up" | "mis_inbound" | "mis_webhook" | "mis_resource":
            adapter = using.adapters.get(row.origin)
            if adapter is None:
                return Parked("no_adapter")
            work = PageWork(row.origin, adapter, using.site, using.programs, using.connections)
            is_late = row.replayed and await inbox.overtaken(tx, row, MIS_KINDS)
            if row.kind == "mis_resource":
                return await receive_resource(tx, work, row.body, is_late=is_late)
            return await receive_page(tx, work, row.kind, row.body, row=row.id, is_late=is_late)
        case "mis_news":
            return await receive_news(tx, using.programs, using.connections, row.body)
        case "channel" | "webhook":
            connection = using.connections.named(row.origin)
            channel = using.channels.get(row.origin)
            method = _parser(row.kind, channel)
            if connection is None or method is None:
                return Parked("no_channel")
            return await _events(tx, row, using, connection, (channel, method))
        case "page_answer":
            return await receive_answer(
                tx, row.body, origin=row.origin, ref=ref, site=using.site, reading=using.reading
            )
        case _:
            assert_never(row.kind)


def _parser(kind: str, channel: object) -> str | None:
    """By which method this channel reads such a row; None when it cannot."""
    if kind == "webhook":
        return "parse_webhook" if isinstance(channel, AnswersWebhooks) else None
    return "parse_inbound" if isinstance(channel, Listens) else None


async def _events(
    tx: Tx,
    row: InboxItem,
    using: Intaking,
    came_in_on: Connection,
    parser: tuple[object, str],
) -> Verdict:
    raw = webhook_from_bytes(row.body) if row.kind == "webhook" else row.body
    events = await parsed(parser, raw, _KINDS, origin=row.origin, patience=PATIENCE_WITH_TALK)
    if isinstance(events, Parked | Again):
        return events
    about: set[PatientId | None] = set()
    # What of the row is done is so all the same; it comes again, or waits, for the rest.
    again: Again | Parked | None = None
    for number, came in enumerate(events):
        event = sound(came, partial(tell_unsound, *parser))
        match event:
            case Unsound():
                again = again or Parked(f"event.{event.code}")
            case UnreadableEvent(code):
                again = again or Parked(code)
            case DeliveryReport():
                came_to = await receive_report(tx, row.origin, came_in_on.can, event, site=using.site)
                again = came_to if isinstance(came_to, Again) else again
                about.add(came_to.about if isinstance(came_to, Done) else None)
            case InboundMessage():
                writer = await receive_message(
                    tx,
                    came_in_on,
                    event,
                    ref=f"{row.id}:{number}",
                    received_at=row.received_at,
                    site=using.site,
                    reading=using.reading,
                )
                about.add(writer)
    if again is not None:
        return again
    return Done(about.pop() if len(about) == 1 else None)
