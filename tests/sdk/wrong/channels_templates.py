"""Channels for Pigeon that tell it of a template something else than the campaign says."""

from __future__ import annotations

from dataclasses import replace

from nextvisit.sdk.channels import Accepted, OutgoingMessage, Parameter, TemplateButton, TemplateMessage
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.outbound import HttpReply
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.pigeon import Item, PigeonChannel
from tests.sdk.wrong import wrong

_WHOLE = "a_template_is_told_whole"


@wrong("what a template's buttons answer is lost", _WHOLE)
class DropsButtons(PigeonChannel):
    def template(self, filled: TemplateMessage) -> Item:
        return super().template(filled) | {"buttons": []}


@wrong("what a template's buttons answer is lost", _WHOLE)
class SwapsLabelAndPayload(PigeonChannel):
    """Whoever presses `Ja` answers with a word that no campaign waits for."""

    def button(self, button: TemplateButton) -> Item:
        return {"label": button.payload, "data": button.label}


@wrong("what stands on a template's buttons is lost, or is something else", _WHOLE)
class WritesThePayloadOnTheButton(PigeonChannel):
    def button(self, button: TemplateButton) -> Item:
        return super().button(button) | {"label": button.payload}


@wrong("the names of a template's gaps are lost, or made up", _WHOLE)
class DropsTheNamesOfGaps(PigeonChannel):
    def gap(self, parameter: Parameter) -> Item:
        return super().gap(parameter) | {"name": None}


@wrong("a template goes out in another language", _WHOLE)
class SendsEveryTemplateInOneLanguage(PigeonChannel):
    def template(self, filled: TemplateMessage) -> Item:
        return super().template(replace(filled, language="de"))


@wrong("a template goes out in another language", _WHOLE)
class ShortensLanguages(PigeonChannel):
    def template(self, filled: TemplateMessage) -> Item:
        return super().template(replace(filled, language=filled.language[:2]))


@wrong("a template goes out under another name", _WHOLE)
class SendsEveryTemplateUnderOneName(PigeonChannel):
    def template(self, filled: TemplateMessage) -> Item:
        return super().template(replace(filled, template="visit"))


@wrong("2 templates have arrived instead of 4", _WHOLE)
class SendsSomeTemplatesAsText(PigeonChannel):
    """Outside a session nobody gets them."""

    async def post(self, wish: Item) -> HttpReply:
        template = wish.get("template")
        if template is not None and (len(template["buttons"]) > 1 or template["gaps"][0]["name"]):
            wish = wish | {"template": None}
        return await super().post(wish)


@wrong("send raised Rejected (pigeon.buttons), and had no reason to", _WHOLE)
class BlamesTheAddressForButtons(PigeonChannel):
    """What the channel has no place for is no reason never to write to the address again."""

    async def send(self, message: OutgoingMessage) -> Accepted:
        if isinstance(message.content, TemplateMessage) and len(message.content.buttons) > 1:
            raise Rejected("pigeon.buttons")
        return await super().send(message)


globals().update(kits_of(globals()))
