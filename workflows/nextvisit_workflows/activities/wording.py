"""In which words and forms a message may go out on one connection to one address now, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from nextvisit.domain.connections import Connection
from nextvisit.domain.contact_reason import Reason
from nextvisit.messages.forms import form_of, free_of_session, with_media
from nextvisit.messages.model import Catalogue, Template
from nextvisit.sdk.channels import MessageForm
from nextvisit.store.base.engine import Tx
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import heard
from nextvisit.store.messages.heard import LastHeard
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people.identity import ContactDigest
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.recipient import language_for
from nextvisit_workflows.runtime.versions import load_version


@dataclass(frozen=True, slots=True, repr=False)
class Wordable:
    """forms: what the channel takes there now, the best first. unsayable: why nothing that is written is one.

    reply_to: the provider's name of what the message answers. `repr` shows nothing.
    """

    forms: tuple[MessageForm, ...]
    unsayable: Reason | None = None
    reply_to: str | None = None

    def __repr__(self) -> str:
        return f"Wordable({self.forms!r})"


def template_for(
    equipment: Equipment, catalogue: Catalogue, message: Message, preferred: str | None
) -> Template | None:
    """What the campaign says, in the language that the reader prefers, or the next best. None: nothing."""
    spoken = [each for each in catalogue.languages if (message.template, each) in catalogue.templates]
    if not spoken:
        return None
    return catalogue.templates[message.template, language_for(preferred, spoken, equipment.site)]


async def wordable(
    tx: Tx,
    equipment: Equipment,
    message: Message,
    at: tuple[Connection, ContactDigest, str | None],
    *,
    in_reply: bool,
) -> Wordable:
    """at: the connection, the address and the language that its reader prefers."""
    connection, address, preferred = at
    can = connection.can
    loaded = await load_version(tx, message.campaign, message.version)
    template = template_for(equipment, loaded.catalogue, message, preferred)
    # A campaign without the message, or in no form of the channel's, is faulty, and composing it says so.
    written = {} if template is None else template.wordings
    forms = with_media(written, can)
    lost = form_of(written, can.forms) is not None and form_of(written, forms) is None
    unsayable = Reason.NO_FORM if lost else None
    if can.session is None and not in_reply:
        return Wordable(forms, unsayable)
    last = await heard.last(tx, connection.slug, address)
    reply_to = None
    if in_reply and last is not None and last.provider_ref is not None:
        # A button of the page may have been pressed since: what was written before it is not quoted then.
        told = await journey_events.last_reply(tx, message.journey_id)
        reply_to = last.provider_ref if told == journey_events.of_reply(last.said_ref) else None
    if not _is_over(tx, connection, last):
        return Wordable(forms, unsayable, reply_to)
    forms = free_of_session(forms)
    if unsayable is None and template is not None and form_of(written, forms) is None:
        unsayable = Reason.SESSION_OVER
    return Wordable(forms, unsayable, reply_to)


def _is_over(tx: Tx, connection: Connection, last: LastHeard | None) -> bool:
    """Whether free words would be refused. The provider's own word counts more than what we reckon."""
    session = connection.can.session
    return session is not None and (last is None or last.over or last.at + session <= tx.now)
