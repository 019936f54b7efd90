"""A template and what the store knows → the message as the channel is given it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from nextvisit.clock import SystemClock
from nextvisit.messages.forms import FORMS, Form, as_read, form_of, parts_of
from nextvisit.messages.labels import slot_label
from nextvisit.messages.model import Catalogue
from nextvisit.messages.names import as_name
from nextvisit.messages.render import RenderValues, SlotLine
from nextvisit.sdk.channels import OutgoingMessage
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.records import Slot
from nextvisit.store.base.engine import Tx
from nextvisit.store.booking import bookings
from nextvisit.store.messages import links
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people.identity import Identity
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.gate import Allowed
from nextvisit_workflows.activities.recipient import Recipient
from nextvisit_workflows.activities.wording import template_for

log = structlog.get_logger()

LINK_LIFE = timedelta(days=60)
"""How long a patient's page shows anything; what remains is the button that says stop."""

UNSUBSCRIBE_LIFE = timedelta(days=3650)
"""Whoever finds an old mail can still refuse by it: a withdrawal has no last day (GDPR, 7(3))."""


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
    """What is to be written, to whom and how it goes out. slots: those on offer, in order.

    booked: the journey has booked a visit, so the message may speak of it.
    """

    message: Message
    recipient: Recipient
    allowed: Allowed
    slots: Sequence[Slot]
    booked: bool


async def compose(tx: Tx, equipment: Equipment, catalogue: Catalogue, draft: Draft) -> Composed:
    """Raises ConfigError when the campaign has no such template."""
    message, forms = draft.message, draft.allowed.words.forms
    template = template_for(equipment, catalogue, message, draft.allowed.language)
    if template is None:
        raise ConfigError(
            "template.missing",
            f"there is no template {message.template}",
            place=f"campaign {message.campaign}",
        )
    language, form = template.language, form_of(template.wordings, forms)
    if form is None:
        raise ConfigError("template.part_missing", f"it has no {parts_of(forms)} part", place=template.place)
    values = await _values(tx, equipment, draft, FORMS[form], language)
    content = template.wordings[form].render(values, language=language, place=template.place)
    outgoing = OutgoingMessage(
        id=message.id,
        to=draft.allowed.to,
        content=content,
        language=language,
        # Providers live by the wall.
        reply_to=draft.allowed.words.reply_to,
        expires_at=SystemClock().now() + equipment.clock.wall_span(message.deadline - tx.now),
    )
    return Composed(outgoing, language, as_read(content))


async def _values(tx: Tx, equipment: Equipment, draft: Draft, form: Form, language: str) -> RenderValues:
    message, identity = draft.message, draft.recipient.identity
    if identity is None:
        raise Bug("compose.no_identity", f"message {message.id}")
    site = equipment.site
    made = await bookings.of_journey(tx, message.journey_id) if draft.booked else ()
    booked = [each for each in made if each.state == "booked"]
    lives = {kind: UNSUBSCRIBE_LIFE if kind == "unsubscribe" else LINK_LIFE for kind in form.links}
    tokens = await links.mint(tx, message.id, {kind: tx.now + life for kind, life in lives.items()})
    return RenderValues(
        clinic_name=site.name if form.full_name else site.short_name,
        clinic_phone=site.phone,
        salutation=_salutation(message, identity),
        slots=tuple(
            SlotLine(number, slot_label(slot.start, site.zone, language))
            for number, slot in enumerate(draft.slots, start=1)
        ),
        visit_label=slot_label(booked[-1].start_at, site.zone, language) if booked else None,
        link=f"{site.public_url}/v/{tokens['page']}" if "page" in tokens else None,
        unsubscribe=f"{site.public_url}/u/{tokens['unsubscribe']}" if "unsubscribe" in tokens else None,
        pixel=f"{site.public_url}/p/{tokens['pixel']}.gif" if "pixel" in tokens else None,
        addressee=(draft.allowed.name, *draft.allowed.to.splitlines()),
    )


def _salutation(message: Message, identity: Identity) -> str:
    """The given name, else the whole one, as far as it is a name; else empty."""
    cleaned = as_name(identity.given_name)
    if not cleaned.text:
        cleaned = as_name(identity.name)
    if cleaned.oddities:
        log.warning("message.name_cleaned", message=message.id, reason=",".join(cleaned.oddities))
    return cleaned.text
