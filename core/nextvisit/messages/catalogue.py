"""messages/<language>.yaml → Catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from nextvisit.files.fault import Fault
from nextvisit.files.part import LanguageTag, Part, SourceFile, read
from nextvisit.messages.call_script import CallWording
from nextvisit.messages.letter import LetterWording
from nextvisit.messages.mail import MailWording
from nextvisit.messages.model import Catalogue, Template, Wording
from nextvisit.messages.short_text import ShortWording
from nextvisit.messages.template_message import ProviderTemplateWording
from nextvisit.sdk.channels import Key, Media, MessageForm, TemplateButton

Filled = Annotated[str, Field(min_length=1)]


class MailText(Part):
    subject: Filled
    body: Filled


class MediaText(Part):
    """What whoever reads the message, or its provider, fetches. type: by IANA's name, `application/pdf`."""

    url: Filled
    type: Filled
    name: Filled

    def media(self) -> Media:
        """As a channel is given it."""
        return Media(self.url, self.type, self.name)


class SmsText(Part):
    """text: what stands under the media. Words alone are a text without any."""

    text: Filled
    media: MediaText | None = None

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object]:
        """See `Part`."""
        return {"text": word}

    def wording(self) -> ShortWording:
        """As the core renders it."""
        return ShortWording(self.text, None if self.media is None else self.media.media())


class ButtonText(Part):
    """Pressed, it answers `payload`, and is read as if the patient had written that."""

    label: Filled
    payload: Filled


class TemplateText(Part):
    """name, language: the provider's. parameters: in order, or by the names that the provider gives them."""

    name: Filled
    language: Filled | None = None
    text: Filled
    parameters: tuple[Filled, ...] | dict[str, Filled] = ()
    buttons: tuple[ButtonText, ...] = ()
    media: MediaText | None = None

    def wording(self) -> ProviderTemplateWording:
        """As the core renders it."""
        by_name = self.parameters if isinstance(self.parameters, dict) else {}
        by_place = self.parameters if isinstance(self.parameters, tuple) else ()
        return ProviderTemplateWording(
            template=self.name,
            text=self.text,
            provider_language=self.language,
            parameters=(*((None, each) for each in by_place), *by_name.items()),
            buttons=tuple(TemplateButton(each.label, each.payload) for each in self.buttons),
            media=None if self.media is None else self.media.media(),
        )


class KeyText(Part):
    """As of `ButtonText`."""

    key: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]
    payload: Filled


class CallText(Part):
    """text: a line each is said; then the keys are waited for."""

    text: Filled
    keys: tuple[KeyText, ...] = ()

    def wording(self) -> CallWording:
        """As the core renders it."""
        return CallWording(self.text, tuple(Key(each.key, each.payload) for each in self.keys))


class MessageText(Part):
    """One message: a part for each form that it is written in. `sms` serves whatever carries short texts."""

    email: MailText | None = None
    sms: SmsText | None = None
    template: TemplateText | None = None
    letter: Filled | None = None
    call: CallText | None = None

    def wordings(self) -> Mapping[MessageForm, Wording]:
        """By form."""
        found: dict[MessageForm, Wording] = {}
        if self.email is not None:
            found[MessageForm.MAIL] = MailWording(self.email.subject, self.email.body)
        if self.sms is not None:
            found[MessageForm.SHORT_TEXT] = self.sms.wording()
        if self.template is not None:
            found[MessageForm.TEMPLATE] = self.template.wording()
        if self.letter is not None:
            found[MessageForm.LETTER] = LetterWording(self.letter)
        if self.call is not None:
            found[MessageForm.CALL_SCRIPT] = self.call.wording()
        return found

    def fault(self, name: str, said: str, severity: Literal["error", "warning"] = "error") -> Fault:
        """What is said of the message `name` at the part that the words begin with."""
        part: Part = self
        keys = said.partition(":")[0].split(".")
        for key in keys:
            inner = getattr(part, key, None)
            if not isinstance(inner, Part):
                return part.place.fault_at(key, f"the message `{name}`: {said}", severity=severity)
            part = inner
        return part.place.fault(f"the message `{name}`: {said}", severity=severity)


class MessagesFile(Part):
    language: LanguageTag
    messages: Annotated[dict[str, MessageText], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ReadMessages:
    """What could be read. `files` by language, for later faults that point into them."""

    catalogue: Catalogue
    files: Mapping[str, MessagesFile]
    faults: tuple[Fault, ...]


def read_messages(sources: Sequence[SourceFile]) -> ReadMessages:
    """All files, and all their faults."""
    files: dict[str, MessagesFile] = {}
    templates: dict[tuple[str, str], Template] = {}
    faults: list[Fault] = []
    for source in sources:
        found, wrong = read(source, MessagesFile)
        faults += wrong
        if found is None:
            continue
        if found.language in files:
            other = files[found.language].place.file
            faults.append(found.place.fault_at("language", f"`{found.language}` is also written in {other}"))
            continue
        files[found.language] = found
        for name, message in found.messages.items():
            templates[name, found.language] = Template(name, found.language, message.wordings())
    return ReadMessages(Catalogue(tuple(sorted(files)), templates), files, tuple(faults))
