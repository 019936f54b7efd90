"""The form `short_text`: a few lines without markup, paid for by the part and seen on every locked phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nextvisit.messages.asking import says_stop
from nextvisit.messages.media import lint_media, texts_of
from nextvisit.messages.render import RenderValues, fill
from nextvisit.messages.sms import measure
from nextvisit.messages.template_lint import says_link, without_markup
from nextvisit.sdk.channels import Media, ShortText

MOST_PARTS = 4
"""Parts of an SMS, counted on the template itself; the cost is per part."""


@dataclass(frozen=True, slots=True)
class ShortWording:
    """A `Wording`."""

    text: str
    media: Media | None = None

    @property
    def texts(self) -> Mapping[str, str]:
        """See `Wording`."""
        return {**texts_of("sms", self.media), "sms": self.text}

    @property
    def seen(self) -> tuple[str, ...]:
        """All of it."""
        return tuple(self.texts)

    def lint(self, *, invitation: bool) -> list[str]:
        """See `Wording`. An invitation says how to opt out."""
        faults = lint_media("sms", self.media)
        parts = measure(without_markup(self.text)).parts
        if parts > MOST_PARTS:
            faults.append(f"sms: {parts} SMS parts before any value is filled in; at most {MOST_PARTS}")
        if invitation and not (says_stop(self.text) or says_link(self.text)):
            faults.append("sms: an invitation says how to opt out (STOP, or `{{ link }}`)")
        return faults

    def render(self, values: RenderValues, *, language: str, place: str) -> ShortText:
        """See `Wording`."""
        del language
        return ShortText(fill(self.text, "sms", values, place), self.media)
