"""From a token to the message that it came with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from nextvisit.store.messages import ledger, links

if TYPE_CHECKING:
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.messages.links import Link, LinkKind
    from nextvisit.store.messages.message_rows import Message

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")


@dataclass(frozen=True, slots=True)
class Found:
    """A link and its message."""

    link: Link
    message: Message

    @property
    def message_uuid(self) -> UUID:
        """The message's id as the inbox keeps it."""
        return UUID(self.message.id)


async def find(tx: Tx, token: str, kind: LinkKind, *, over: bool = False) -> Found | None:
    """None when the token is over, is of another kind, or never was: nobody learns which.

    over: one that is over is found too, for what somebody may say by it all the same.
    """
    if not _TOKEN.fullmatch(token):
        return None
    link = await links.resolve(tx, token)
    if link is None or link.kind != kind or (link.over and not over):
        return None
    return Found(link, await ledger.get(tx, link.message_id))
