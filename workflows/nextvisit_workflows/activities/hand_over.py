"""One call of a channel, and what its answer says of the message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import structlog

from nextvisit.domain.connections import Connection
from nextvisit.sdk.channels import Accepted, MessageForm, MessageId, OutgoingMessage
from nextvisit.sdk.errors import (
    ConfigError,
    NextVisitError,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    RetryLater,
)
from nextvisit.sdk.ports import Channel, FindsMessages
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.runtime.pacing import FIRST

log = structlog.get_logger()

TOO_LONG = "message.too_long"
"""Refused in the provider's name, which is spared the call."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has it."""

    accepted: Accepted


@dataclass(frozen=True, slots=True)
class MayBeOut:
    """Nobody can say whether the provider has it."""

    code: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken. dead: nothing to that address will. asked: the provider was, and said so.

    session_over: as a template it may be taken, until the patient writes again.
    """

    code: str
    dead: bool = False
    asked: bool = True
    session_over: bool = False


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Surely not taken; a later attempt may fare better, after `error`.

    fault: of the connection, passing or lasting until somebody mends it; None when it works.
    """

    code: str
    fault: Literal["passing", "lasting"] | None
    error: NextVisitError


async def hand_over(
    equipment: Equipment, connection: Connection, message: OutgoingMessage
) -> Taken | MayBeOut | Refused | NotTaken:
    """Raises nothing that a channel may raise."""
    slug, longest = connection.slug, connection.can.longest
    if longest is not None and len(message.content.text) > longest:
        # What values make of a template is known only now; the next rung may have the room.
        return Refused(TOO_LONG, asked=False)
    try:
        return Taken(await equipment.channels[slug].send(message))
    except OutcomeUnknown as error:
        return MayBeOut(error.code)
    except ProtocolError as error:
        if error.whose == "theirs":  # they answered something, so they may have taken it
            return MayBeOut(error.code)
        return NotTaken(error.code, None, error)
    except Rejected as error:
        if error.scope == "session":
            # Who has none, or says so of a template, says nothing by which another form could be chosen.
            free = connection.can.session is not None and message.content.form is not MessageForm.TEMPLATE
            return Refused(error.code, session_over=free)
        if error.scope != "account":
            return Refused(error.code, dead=error.scope == "recipient" and error.permanent)
        later = RetryLater("channel.refused_us", f"{slug}: {error.code}", after=FIRST)
        return NotTaken(error.code, "lasting", later)
    except ConfigError as error:
        # What an operator has set for this connection; the campaign is as good as before.
        later = RetryLater("channel.misconfigured", f"{slug}: {error.code}", after=FIRST)
        return NotTaken(error.code, "lasting", later)
    except RetryLater as error:
        # a greylist or a full mailbox says that the connection works
        return NotTaken(error.code, None if error.scope == "recipient" else "passing", error)


@dataclass(frozen=True, slots=True)
class AtProvider:
    """The provider has it."""

    accepted: Accepted


@dataclass(frozen=True, slots=True)
class Missing:
    """The provider has not got it."""


@dataclass(frozen=True, slots=True)
class NoWord:
    """The provider could not be asked now."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """It cannot be asked, or cannot say."""


def can_tell(equipment: Equipment, connection: Connection) -> bool:
    """Whether a later attempt can find out what became of a message: by asking, or by sending it again."""
    repeats = connection.can.idempotent_send is not None
    return repeats or isinstance(equipment.channels.get(connection.slug), FindsMessages)


async def ask_after(
    equipment: Equipment, slug: str | None, message: MessageId
) -> AtProvider | Missing | NoWord | Unsure:
    """What the provider knows of a message that may have gone out. Raises nothing that a channel raises."""
    channel: Channel | FindsMessages | None = equipment.channels.get(slug or "")
    if not isinstance(channel, FindsMessages):
        return Unsure()
    try:
        found = await channel.find_message(message)
    except RetryLater:
        return NoWord()
    except NextVisitError as error:
        log.warning("message.not_asked_after", message=message, channel=slug, code=error.code)
        return Unsure()
    return Missing() if found is None else AtProvider(found)
