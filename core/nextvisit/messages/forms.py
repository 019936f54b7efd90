"""The forms of message that there are. A new one is a file with its `Wording` and an entry here.

Beside its wording a form has a part in messages/<language>.yaml (see `catalogue.MessageText`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, assert_never

from nextvisit.messages.model import Wording
from nextvisit.sdk.channels import (
    CallScript,
    ChannelCapabilities,
    Content,
    Letter,
    Mail,
    Media,
    MessageForm,
    ShortText,
    TemplateMessage,
)

Link = Literal["page", "pixel", "unsubscribe"]


@dataclass(frozen=True, slots=True)
class Form:
    """part: what messages/<language>.yaml calls it. links: those that such a message carries.

    full_name: it is signed with the clinic's whole name; else with the short one, because letters cost.
    """

    part: str
    links: tuple[Link, ...]
    full_name: bool


FORMS: Mapping[MessageForm, Form] = MappingProxyType(
    {
        MessageForm.MAIL: Form("email", ("page", "pixel", "unsubscribe"), full_name=True),
        MessageForm.SHORT_TEXT: Form("sms", ("page",), full_name=False),
        MessageForm.TEMPLATE: Form("template", ("page",), full_name=False),
        MessageForm.LETTER: Form("letter", ("page",), full_name=True),
        MessageForm.CALL_SCRIPT: Form("call", (), full_name=True),
    }
)


def form_of(written: Container[MessageForm], carried: Iterable[MessageForm]) -> MessageForm | None:
    """In which form a channel gets a message: the best that it carries and the campaign has written."""
    return next((form for form in carried if form in written), None)


def with_media(written: Mapping[MessageForm, Wording], can: ChannelCapabilities) -> tuple[MessageForm, ...]:
    """The forms that the channel carries, but for those that are written with media which it does not."""
    media = {form: wording.media for form, wording in written.items()}
    return tuple(form for form in can.forms if (it := media.get(form)) is None or it.media_type in can.media)


def free_of_session(carried: Iterable[MessageForm]) -> tuple[MessageForm, ...]:
    """What of these a provider with sessions takes while none stands open."""
    return tuple(form for form in carried if form is MessageForm.TEMPLATE)


def parts_of(carried: Iterable[MessageForm]) -> str:
    """What such a channel needs one of, as a fault says it."""
    return " or ".join(f"`{FORMS[form].part}`" for form in carried)


def as_read(content: Content) -> str:
    """What the patient reads, for staff to read it later."""
    match content:
        case Mail(subject=subject, text=text):
            return f"{subject}\n\n{text}"
        case ShortText(text=text, media=media):
            return "\n".join((*_referred(media), text))
        case TemplateMessage(text=text, buttons=buttons, media=media):
            return "\n".join((*_referred(media), text, *(f"[{each.label}]" for each in buttons)))
        case Letter(address=address, text=text):
            return "\n".join((*address, "", text))
        case CallScript(text=text, keys=keys):
            return "\n".join((text, *(f"[{each.key}] {each.payload}" for each in keys)))
        case _:
            assert_never(content)


def _referred(media: Media | None) -> tuple[str, ...]:
    return () if media is None else (f"[{media.name}: {media.url}]",)
