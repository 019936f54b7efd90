"""The plugin: pagers. Numbers of five to eight digits, 80 characters, no receipts, and replies."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nextvisit.sdk.addresses import AddressSpace, Destination
from nextvisit.sdk.channels import (
    ChannelCapabilities,
    ChannelEvent,
    DeliveryStatus,
    InboundMessage,
    MessageForm,
)
from nextvisit.sdk.errors import ProtocolError
from nextvisit.sdk.hookspecs import ChannelPlugin, hookimpl
from nextvisit.sdk.ports import Inbox
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import FakeChannel

PAGER = AddressSpace("pager")


@dataclass(frozen=True, slots=True)
class PagerAddresses:
    """A pager's number; people write it with blanks and hyphens."""

    space: AddressSpace = PAGER
    systems: frozenset[str] = frozenset({"pager"})

    def normalise(self, raw: str, country: str) -> Destination | None:
        del country
        digits = re.sub(r"[ -]", "", raw)
        return Destination(digits) if re.fullmatch(r"[0-9]{5,8}", digits) else None

    def senders(self, raw: str, country: str) -> tuple[Destination, ...]:
        found = self.normalise(raw, country)
        return () if found is None else (found,)


CAPABILITIES = ChannelCapabilities(
    kind=ChannelKind("pager"),
    addresses=PagerAddresses(),
    forms=(MessageForm.SHORT_TEXT,),
    reports=frozenset({DeliveryStatus.ACCEPTED}),
    receives=True,
    longest=80,
)


class PagerChannel(FakeChannel):
    """Keeps what was sent; reads what came in from JSON."""

    def __init__(self) -> None:
        super().__init__(CAPABILITIES)

    async def serve(self, inbox: Inbox) -> None:
        raise NotImplementedError

    def parse_inbound(self, body: bytes) -> Sequence[ChannelEvent]:
        try:
            told = json.loads(body)
            return [InboundMessage(told["from"], told["text"])]
        except (ValueError, KeyError, TypeError):
            raise ProtocolError("pager.call", "is not what a pager sends", whose="theirs") from None


@hookimpl
def channels() -> Sequence[ChannelPlugin]:
    return (ChannelPlugin("pager", PluginSettings, CAPABILITIES, lambda _: PagerChannel()),)
