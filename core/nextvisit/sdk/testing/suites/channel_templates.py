"""What a provider is told of a template: all that it fills in, and nothing else than the campaign says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import pytest

from nextvisit.sdk.channels import (
    MessageForm,
    Parameter,
    TemplateButton,
    TemplateMessage,
)
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.ports import Channel
from nextvisit.sdk.testing.suites.calls import unwanted
from nextvisit.sdk.testing.suites.channel_peer import (
    SUBJECT,
    TEXT,
    ChannelKit,
    ChannelPeer,
    a_message,
    arrived,
)
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require

_GAPS: Final = (Parameter(f"{TEXT} 1"), Parameter(f"{TEXT} 2"))
_PLAIN: Final = (
    TemplateMessage("visit", "de", f"{SUBJECT} 1", _GAPS),
    TemplateMessage("result", "pt_BR", f"{SUBJECT} 2", _GAPS[:1]),
)
_FULL: Final = (
    TemplateMessage(
        "visit",
        "de",
        f"{SUBJECT} 3",
        tuple(replace(gap, name=f"gap_{at}") for at, gap in enumerate(_GAPS)),
    ),
    TemplateMessage(
        "visit",
        "de",
        f"{SUBJECT} 4",
        _GAPS,
        (TemplateButton("Ja", "JA-4715"), TemplateButton("Nein", "NEIN-4716")),
    ),
)
"""With what not every provider has a place for."""


class TemplateTests(ChannelKit):
    """`TemplateMessage`."""

    @pytest.mark.anyio
    async def test_what_fills_a_template_s_gaps_arrives_in_their_order(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            _require_templates(peer)
            if peer.received is None:
                lacks("the peer does not show what arrives", "give it `received`")
            values = [f"{TEXT} {number}" for number in range(1, 4)]
            content = TemplateMessage("visit", "de", SUBJECT, tuple(map(Parameter, values)))
            await self.sent(channel, replace(a_message(peer.to, MessageForm.TEMPLATE), content=content))
            places = ["".join(arrived(peer)).find(each) for each in values]
            require(
                -1 not in places and places == sorted(places),
                "what fills a template's gaps does not arrive, or not in their order",
                where=place_of(channel, "send"),
                right="`parameters` by their place, or by their names; `text` is for staff alone",
            )

    @pytest.mark.anyio
    async def test_a_template_is_told_whole(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            _require_templates(peer)
            if peer.templates is None:
                lacks("the peer does not show the templates that arrive", "give it `templates`")
            sent = []
            for number, content in enumerate((*_PLAIN, *_FULL), 1):
                message = replace(a_message(peer.to, MessageForm.TEMPLATE, number=number), content=content)
                if content in _PLAIN:
                    await self.sent(channel, message)
                    sent.append(content)
                    continue
                _, error = await self.calls.outcome(channel, "send", message)
                if error is None:
                    sent.append(content)
                # What the provider has no place for is refused, and not dropped.
                elif not (isinstance(error, Rejected) and error.scope == "message"):
                    unwanted(channel, "send", error)
            _require_told(channel, list(await self.does(peer, "templates")), sent)


def _require_templates(peer: ChannelPeer) -> None:
    if MessageForm.TEMPLATE not in peer.capabilities.forms:
        lacks("it carries no templates", "nothing is missing, unless the provider has templates")


_ASPECTS: Final[Sequence[tuple[Callable[[TemplateMessage], Sequence[str | None]], str, str]]] = (
    (
        lambda one: (one.template,),
        "a template goes out under another name",
        "`template` of the content: the patient reads what the campaign chose",
    ),
    (
        lambda one: (one.language,),
        "a template goes out in another language",
        "`language` of the content as it stands, `pt_BR`, and no other's: each patient has a language",
    ),
    (
        lambda one: [each.value for each in one.parameters],
        "what fills a template's gaps does not arrive, or not in their order",
        "`parameters` by their place, or by their names; `text` is for staff alone",
    ),
    (
        lambda one: [each.name for each in one.parameters],
        "the names of a template's gaps are lost, or made up",
        "`name` of each parameter that has one; where the provider counts them, Rejected with the scope `message`",
    ),
    (
        lambda one: [each.payload for each in one.buttons],
        "what a template's buttons answer is lost, or is something else",
        "`payload` of each button, in their order: it is what comes in when the patient presses it",
    ),
    (
        lambda one: [each.label for each in one.buttons],
        "what stands on a template's buttons is lost, or is something else",
        "`label` of each button, in their order: what the patient reads",
    ),
)
"""Of a template what is looked at, what is wrong with it, and what is right. A provider takes no empty ones."""


def _require_told(channel: Channel, have: Sequence[TemplateMessage], want: Sequence[TemplateMessage]) -> None:
    where = place_of(channel, "send")
    require(
        len(have) == len(want),
        f"{len(have)} templates have arrived instead of {len(want)}",
        where=where,
        right="Accepted means that the provider took the template, once",
    )
    for told, meant in zip(have, want, strict=True):
        for aspect, wrong, right in _ASPECTS:
            given, due = list(aspect(told)), list(aspect(meant))
            # An empty one is what the provider takes none of.
            shown = [mine if its == "" else its for its, mine in zip(given, due, strict=False)]
            require(len(given) == len(due) and shown == due, wrong, where=where, right=right)
