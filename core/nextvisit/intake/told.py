"""What a channel tells, in characters that can be kept."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, assert_never, overload

from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, InboundMessage
from nextvisit.understanding.model import MISSING

# PostgreSQL takes no U+0000, and UTF-8 no half of a surrogate pair: providers cut texts in the middle of an
# emoji.
_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")


def keepable(event: ChannelEvent) -> ChannelEvent:
    """The event, with a mark for each character that nobody can keep: it costs itself, and no STOP."""
    match event:
        case DeliveryReport():
            return replace(
                event,
                provider_ref=_marked(event.provider_ref),
                code=_marked(event.code),
                to=tuple(map(_marked, event.to)),
            )
        case InboundMessage():
            return replace(
                event,
                sender=_marked(event.sender),
                text=_marked(event.text),
                provider_ref=_marked(event.provider_ref),
            )
        case _:
            assert_never(event)


@overload
def _marked(text: str) -> str: ...
@overload
def _marked(text: None) -> None: ...
def _marked(text: str | None) -> str | None:
    return None if text is None else _UNKEEPABLE.sub(MISSING, text)
