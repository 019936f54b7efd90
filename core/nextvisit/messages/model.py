"""What a campaign says: templates by name and language, each in one or more forms of message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nextvisit.messages.render import RenderValues
from nextvisit.sdk.channels import Content, Media, MessageForm


class Wording(Protocol):
    """What a campaign says in one form of message.

    texts: the Jinja templates that it is made of, by the names that faults call them; the last one is what
        the patient reads. seen: which of them light up on a locked phone. media: what goes along with it.
    lint: what speaks against the form's own rules. invitation: it opens a campaign that is no service.
    render: the message as a channel is given it. `place` names the template in a ConfigError.
    """

    @property
    def texts(self) -> Mapping[str, str]: ...
    @property
    def seen(self) -> tuple[str, ...]: ...
    @property
    def media(self) -> Media | None: ...
    def lint(self, *, invitation: bool) -> list[str]: ...
    def render(self, values: RenderValues, *, language: str, place: str) -> Content: ...


@dataclass(frozen=True, slots=True)
class Template:
    """One message in one language, in the forms that the campaign gives."""

    name: str
    language: str
    wordings: Mapping[MessageForm, Wording]

    @property
    def place(self) -> str:
        """How a ConfigError calls it."""
        return f"{self.name}/{self.language}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All templates of one campaign version, keyed by (name, language)."""

    languages: tuple[str, ...]
    templates: Mapping[tuple[str, str], Template]
