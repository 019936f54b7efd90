"""A template and what the store knows → the message as the channel is given it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from nextvisit.clock import SystemClock
from nextvisit.messages.labels import slot_label
from nextvisit.messages.model import Catalogue
from nextvisit.messages.render import RenderedMessage, RenderValues, SlotLine, render
from nextvisit.sdk.channels import OutgoingMessage
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.records import ChannelKind, Slot
from nextvisit.store.base.engine import Tx
from nextvisit.store.booking import bookings
from nextvisit.store.messages import links
from nextvisit.store.messages.message_rows import Message
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.recipient import Recipient, language_for

LINK_LIFE = timedelta(days=60)
"""How long a patient's link works."""
_TEXT_LINKS: tuple[links.LinkKind, ...] = ("page",)
_MAIL_LINKS: tuple[links.LinkKind, ...] = ("page", "pixel", "unsubscribe")


@dataclass(frozen=True, slots=True, repr=False)
class Composed:
    """`content` is what the ledger keeps. `repr` shows nothing."""

    outgoing: OutgoingMessage
    language: str
    content: str

    def __repr__(self) -> str:
        return f"Composed({self.outgoing.id!r})"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written, to whom and for which kind of channel. slots: those on offer, in order.

    booked: the journey has booked a visit, so the message may speak of it.
    """

    message: Message
    recipient: Recipient
    kind: ChannelKind
    slots: Sequence[Slot]
    booked: bool


async def compose(tx: Tx, equipment: Equipment, catalogue: Catalogue, draft: Draft) -> Composed:
    """Raises ConfigError when the campaign has no such template."""
    message, recipient, kind = draft.message, draft.recipient, draft.kind
    address, identity = recipient.address(kind), recipient.identity
    if address is None or identity is None:
        raise Bug("compose.no_address", f"message {message.id}")
    spoken = [
        language for language in catalogue.languages if (message.template, language) in catalogue.templates
    ]
    if not spoken:
        raise ConfigError(
            "template.missing",
            f"there is no template {message.template}",
            place=f"campaign {message.campaign}",
        )
    language = language_for(recipient.language, spoken, equipment.site)
    salutation = identity.given_name or identity.name
    values = await _values(tx, equipment, draft, salutation, language)
    rendered = render(catalogue.templates[message.template, language], kind, values)
    outgoing = OutgoingMessage(
        id=message.id,
        to=address,
        text=rendered.text,
        language=language,
        subject=rendered.subject,
        html=rendered.html,
        one_click_unsubscribe=_one_click(values.unsubscribe),
        # Providers live by the wall.
        expires_at=SystemClock().now() + equipment.clock.wall_span(message.deadline - tx.now),
    )
    return Composed(outgoing, language, _content(rendered))


def _one_click(url: str | None) -> str | None:
    """RFC 8058 allows https alone; a demo's pages are on plain HTTP and have the line in the mail only."""
    return url if url is not None and url.startswith("https://") else None


async def _values(tx: Tx, equipment: Equipment, draft: Draft, salutation: str, language: str) -> RenderValues:
    message = draft.message
    site, until = equipment.site, tx.now + LINK_LIFE
    email = draft.kind is ChannelKind.EMAIL
    made = await bookings.of_journey(tx, message.journey_id) if draft.booked else ()
    booked = [each for each in made if each.state == "booked"]
    tokens = await links.mint(tx, message.id, _MAIL_LINKS if email else _TEXT_LINKS, until)
    return RenderValues(
        clinic_name=site.name if email else site.short_name,
        clinic_phone=site.phone,
        salutation=salutation,
        slots=tuple(
            SlotLine(number, slot_label(slot.start, site.zone, language))
            for number, slot in enumerate(draft.slots, start=1)
        ),
        visit_label=slot_label(booked[-1].start_at, site.zone, language) if booked else None,
        link=f"{site.public_url}/v/{tokens['page']}",
        unsubscribe=f"{site.public_url}/u/{tokens['unsubscribe']}" if email else None,
        pixel=f"{site.public_url}/p/{tokens['pixel']}.gif" if email else None,
    )


def _content(rendered: RenderedMessage) -> str:
    return f"{rendered.subject}\n\n{rendered.text}" if rendered.subject else rendered.text
