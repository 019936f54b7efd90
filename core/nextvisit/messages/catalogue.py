"""messages/<language>.yaml → Catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from nextvisit.files.fault import Fault
from nextvisit.files.part import LanguageTag, Part, SourceFile, read
from nextvisit.messages.mail import MailWording
from nextvisit.messages.model import Catalogue, Template, Wording
from nextvisit.messages.short_text import ShortWording
from nextvisit.sdk.channels import MessageForm

Filled = Annotated[str, Field(min_length=1)]


class MailText(Part):
    subject: Filled
    body: Filled


class MessageText(Part):
    """One message: a part for each form that it is written in. `sms` serves whatever carries short texts."""

    email: MailText | None = None
    sms: Filled | None = None

    def wordings(self) -> Mapping[MessageForm, Wording]:
        """By form."""
        found: dict[MessageForm, Wording] = {}
        if self.email is not None:
            found[MessageForm.MAIL] = MailWording(self.email.subject, self.email.body)
        if self.sms is not None:
            found[MessageForm.SHORT_TEXT] = ShortWording(self.sms)
        return found


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
