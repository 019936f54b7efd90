"""What a channel tells, in characters that can be kept, and as far as it is sound.

A patient's words are read whatever else is wrong with them: they may be a STOP.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, assert_never, overload

from nextvisit.intake.parsed import Misfit
from nextvisit.intake.sift import Told
from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, InboundMessage, UnreadableEvent
from nextvisit.sdk.soundness import Unsound, faults_of
from nextvisit.understanding.model import MISSING

# PostgreSQL takes no U+0000, and UTF-8 no half of a surrogate pair: providers cut texts in the middle of an
# emoji.
_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")

FOREIGN: Final = Unsound(
    "",
    "foreign",
    "it gives something that is no event at all",
    "`DeliveryReport`, `InboundMessage` and `UnreadableEvent`",
)
_BESIDE: Final = frozenset({"at", "provider_ref"})
"""Of what a patient wrote: without these it is read as well."""


def sound(event: ChannelEvent | Misfit, told: Told) -> ChannelEvent | Unsound:
    """What is left of it, in characters that can be kept; or why nothing is."""
    if isinstance(event, Misfit):
        told(FOREIGN)
        return FOREIGN
    bars = [each for each in faults_of(event) if each.bars]
    for fault in bars:
        told(fault)
    wrong = {each.field for each in bars}
    if isinstance(event, InboundMessage) and wrong <= _BESIDE:
        at = None if "at" in wrong else event.at
        event = replace(event, at=at, provider_ref=None if "provider_ref" in wrong else event.provider_ref)
    elif bars:
        return bars[0]
    return keepable(event)


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
        case UnreadableEvent():
            return event
        case _:
            assert_never(event)


@overload
def _marked(text: str) -> str: ...
@overload
def _marked(text: None) -> None: ...
def _marked(text: str | None) -> str | None:
    return None if text is None else _UNKEEPABLE.sub(MISSING, text)
