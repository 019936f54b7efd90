"""The provider that a channel is tested with, and what the suites do with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import assert_never

from nextvisit.sdk.channels import (
    Accepted,
    CallScript,
    ChannelCapabilities,
    Content,
    Key,
    Letter,
    Mail,
    Media,
    MessageForm,
    MessageId,
    OutgoingMessage,
    Parameter,
    ShortText,
    TemplateButton,
    TemplateMessage,
)
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import Channel
from nextvisit.sdk.testing.suites.callbacks import Callback, Pushed
from nextvisit.sdk.testing.suites.calls import Does
from nextvisit.sdk.testing.suites.challenges import Challenge
from nextvisit.sdk.testing.suites.kit import Kit
from nextvisit.sdk.testing.suites.verdict import place_of, require

TEXT = "Kanarienvogel 4711: Ihr Termin"
SUBJECT = "Kanarienvogel 4712"
ANSWER = "Kanarienvogel 4714"
"""For the text of an `InboundMessage` among a peer's callbacks: the kit sees whether it is said anywhere."""


WITH_MEDIA = (MessageForm.SHORT_TEXT, MessageForm.TEMPLATE)
"""The forms that can have some."""

_TELLING = 6
"""So many digits stand nowhere by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPeer:
    """A provider's server that runs, ways to reach it, and ways to trouble it.

    A peer that cannot do something leaves it out, and the tests that need it are skipped and listed. What
    it does may be a coroutine function.

    capabilities: those of the plugin. channel: a new channel to the server.
    to: an address that it takes, in its one spelling.
    received: the bodies alone of what has arrived so far, when that can be seen; of a template what fills its
        gaps, a line each.
    refused_to: an address that it refuses for good.
    unreachable: a new channel to where nothing listens. wrong_login: one with a wrong password.
    secrets: passwords and the like that must never be seen.
    peer_loggers: the server's own loggers, when it runs in this process.

    cut_next(): the next message is taken, and not answered: the connection is cut.
    throttle_next(wait): the next message is refused as one too many, to come again after `wait`.
    callbacks: what the provider says of messages and what patients write, each with what it means: an
        example of each status that the capabilities promise, and one of an answer from `to`, if they do.
    called_back(): what the provider has said so far of what was sent, as it is kept.
    quoted(): of each message that has arrived what it answers, or None, where the provider quotes.
    templates(): of each template that has arrived what the provider was told, as a `TemplateMessage` whose `text` and
        `media` are not looked at; a word of which the provider takes none, the label of a button perhaps, is empty.
    media(): of each message that has arrived the media that came with it, or None; with an empty `name` where the
        provider takes none.
    unknown_refusal(): the next message is refused under a code that nobody knows. unknown_status(): the next question
        whether an address is there is answered in a word that nobody knows.
    elsewhere: a new channel with the right secret, to a wrong path or account of the provider's server.
    close_session(): what the patient wrote last is too long ago for free words, where it has sessions.
    not_there: an address that takes nothing, and of which it can say so before a send.
    signs_body, pushed: see `HeardPeer`. challenges: calls that ask, before all others, whether we are there.
    """

    capabilities: ChannelCapabilities
    channel: Callable[[], Channel]
    to: str
    received: Callable[[], Sequence[str]] | None = None
    refused_to: str | None = None
    unreachable: Callable[[], Channel] | None = None
    wrong_login: Callable[[], Channel] | None = None
    secrets: tuple[str, ...] = ()
    peer_loggers: tuple[str, ...] = ()
    cut_next: Does | None = None
    throttle_next: Does | None = None
    callbacks: Sequence[Callback] = ()
    called_back: Does | None = None
    quoted: Does | None = None
    templates: Does | None = None
    media: Does | None = None
    unknown_refusal: Does | None = None
    unknown_status: Does | None = None
    elsewhere: Callable[[], Channel] | None = None
    close_session: Does | None = None
    not_there: str | None = None
    signs_body: bool = True
    pushed: Pushed | None = None
    challenges: Sequence[Challenge] = ()


def a_message(to: str, form: MessageForm, text: str = TEXT, number: int = 1) -> OutgoingMessage:
    """A message with an id of its own; it holds the texts that must not be seen."""
    content: Content
    match form:
        case MessageForm.MAIL:
            content = Mail(SUBJECT, text, f"<!DOCTYPE html>\n<p>{text}</p>")
        case MessageForm.SHORT_TEXT:
            content = ShortText(text)
        case MessageForm.TEMPLATE:
            content = TemplateMessage(
                "visit", "de", text, parameters=(Parameter(text),), buttons=(TemplateButton("Ja", "JA"),)
            )
        case MessageForm.LETTER:
            content = Letter((SUBJECT, "Lindenstraße 1", "10969 Berlin"), (text,))
        case MessageForm.CALL_SCRIPT:
            content = CallScript((text,), (Key("1", "JA"), Key("0", "STOP")))
        case _:
            assert_never(form)
    name = MessageId(f"00000000-0000-4000-8000-{number:012}")
    return OutgoingMessage(id=name, to=to, content=content, language="de")


def under_media(message: OutgoingMessage, media_type: str, number: int) -> OutgoingMessage:
    """The same in a form that can have media, with one of its own."""
    content = message.content
    assert isinstance(content, ShortText | TemplateMessage)
    media = Media(f"https://kanarienvogel.example/wegweiser-{number}", media_type, f"Wegweiser {number}")
    return replace(message, content=replace(content, media=media))


class ChannelKit(Kit):
    """Sends, and looks at what must not be seen."""

    def peer(self) -> AbstractAsyncContextManager[ChannelPeer]:
        """A running server; every test gets its own."""
        raise NotImplementedError

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[ChannelPeer]:
        """The peer of this test."""
        async with self.peer() as peer:
            addresses = (_told_apart(each) for each in (peer.to, peer.refused_to) if each)
            self.nextvisit_canaries = (TEXT, SUBJECT, ANSWER, *addresses, *peer.secrets)
            with self.stalls.watch():
                yield peer

    def message(
        self, peer: ChannelPeer, to: str | None = None, text: str = TEXT, number: int = 1
    ) -> OutgoingMessage:
        """What the tests send, in the channel's best form."""
        return a_message(peer.to if to is None else to, peer.capabilities.forms[0], text, number)

    async def sent(self, channel: Channel, message: OutgoingMessage) -> Accepted:
        """A message that has no reason to fail."""
        accepted = await self.calls.ask(channel, "send", message)
        require(
            isinstance(accepted, Accepted) and accepted.parts >= 1,
            "send gives no Accepted, or one of no part",
            where=place_of(channel, "send"),
            right="Accepted(provider_ref=…, parts=…)",
        )
        assert isinstance(accepted, Accepted)
        return accepted

    async def not_sent(self, peer: ChannelPeer, channel: Channel, to: str, why: str) -> NextVisitError:
        """The error of a send that must fail; it and the logs hold nothing that must not be seen."""
        return await self.refused(channel, "send", self.message(peer, to), why=why, loggers=peer.peer_loggers)


def _told_apart(address: str) -> str:
    """Without its plus, unless what is left stands everywhere."""
    bare = address.removeprefix("+")
    return bare if len(bare) >= _TELLING else address


def arrived(peer: ChannelPeer) -> list[str]:
    """The bodies that have, without the blank ends that mail servers add."""
    return [] if peer.received is None else [text.strip() for text in peer.received()]
