"""What a campaign says: templates by name and language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One message in one language. `short` serves SMS and messengers; e-mail has subject and body.

    Texts are Jinja templates over the small vocabulary of `messages.render`; a part that a campaign
    does not give is None.
    """

    name: str
    language: str
    email_subject: str | None
    email_body: str | None
    short: str | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All templates of one campaign version, keyed by (name, language)."""

    languages: tuple[str, ...]
    templates: Mapping[tuple[str, str], Template]
