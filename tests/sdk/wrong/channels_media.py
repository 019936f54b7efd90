"""Channels for Pigeon that lose media, say them in words, or send what they do not carry."""

from __future__ import annotations

from dataclasses import replace

from nextvisit.sdk.channels import Accepted, Media, OutgoingMessage, ShortText, TemplateMessage, media_of
from nextvisit.sdk.errors import Rejected
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.pigeon import CAPABILITIES, Item, PigeonChannel
from tests.sdk.wrong import wrong

_LOST = "media that it promises do not arrive, or not as what they are"
_NOT_PROMISED = "media that it does not promise, `image/jpeg` with a `short_text`, "


@wrong(_LOST, "the_media_that_it_promises_arrive")
class DropsMediaInSilence(PigeonChannel):
    """The patient is told to look at a plan that never came."""

    def attached(self, media: Media | None) -> Item:
        super().attached(media)
        return {"media": None}


@wrong(_LOST, "the_media_that_it_promises_arrive")
class SendsMediaAsText(PigeonChannel):
    async def send(self, message: OutgoingMessage) -> Accepted:
        media, content = media_of(message.content), message.content
        self.attached(media)
        if media is not None and isinstance(content, ShortText):
            content = ShortText(f"{content.text} {media.url}")
        return await super().send(replace(message, content=content))


@wrong("a message has not arrived as it was written", "the_media_that_it_promises_arrive")
class SaysMediaInWordsToo(PigeonChannel):
    async def send(self, message: OutgoingMessage) -> Accepted:
        media, content = media_of(message.content), message.content
        if media is not None and isinstance(content, ShortText):
            content = replace(content, text=f"{content.text} {media.url}")
        return await super().send(replace(message, content=content))


@wrong(_LOST, "the_media_that_it_promises_arrive")
class CallsEverythingAnImage(PigeonChannel):
    def attached(self, media: Media | None) -> Item:
        attached = super().attached(media)
        return attached if media is None else {"media": attached["media"] | {"type": "image/png"}}


@wrong(_LOST, "the_media_that_it_promises_arrive")
class ForgetsTheMediaOfTemplates(PigeonChannel):
    async def send(self, message: OutgoingMessage) -> Accepted:
        content = message.content
        self.attached(media_of(content))
        if isinstance(content, TemplateMessage):
            content = replace(content, media=None)
        return await super().send(replace(message, content=content))


@wrong(f"{_NOT_PROMISED}are sent or lost", "it_refuses_media_that_it_does_not_promise")
class DropsWhatItDoesNotCarry(PigeonChannel):
    def attached(self, media: Media | None) -> Item:
        carried = media is not None and media.media_type in CAPABILITIES.media
        return super().attached(media if carried else None)


@wrong(
    f"{_NOT_PROMISED}raise Rejected (pigeon.media, scope recipient)",
    "it_refuses_media_that_it_does_not_promise",
)
class BlamesTheAddressForMedia(PigeonChannel):
    """The address is never written to again."""

    def attached(self, media: Media | None) -> Item:
        try:
            return super().attached(media)
        except Rejected as error:
            raise Rejected(error.code) from None


@wrong(
    "of media that it does not carry the words are sent all the same",
    "it_refuses_media_that_it_does_not_promise",
)
class SendsTheWordsBeforeItRefuses(PigeonChannel):
    """The next form goes out as well, and the patient has both."""

    async def send(self, message: OutgoingMessage) -> Accepted:
        media, content = media_of(message.content), message.content
        if media is not None and media.media_type not in CAPABILITIES.media:
            assert isinstance(content, ShortText | TemplateMessage)
            await super().send(replace(message, content=replace(content, media=None)))
        return await super().send(message)


globals().update(kits_of(globals()))
