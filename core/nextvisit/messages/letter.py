"""The form `letter`: paragraphs under an address block, in an envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nextvisit.messages.presses import lint_opt_out
from nextvisit.messages.render import RenderValues, fill
from nextvisit.messages.template_lint import says_link
from nextvisit.sdk.channels import Letter


@dataclass(frozen=True, slots=True)
class LetterWording:
    """A `Wording`. text: empty lines divide its paragraphs."""

    text: str

    @property
    def texts(self) -> Mapping[str, str]:
        """See `Wording`."""
        return {"letter": self.text}

    @property
    def seen(self) -> tuple[str, ...]:
        """Nothing: it is closed, and its envelope is the channel's."""
        return ()

    @property
    def media(self) -> None:
        """See `Wording`. There is no place for any."""
        return

    def lint(self, *, invitation: bool) -> list[str]:
        """See `Wording`. Nobody can press anything: the page, or the telephone."""
        reachable = says_link(self.text) or "clinic.phone" in self.text
        return lint_opt_out("letter", "", (), link=reachable) if invitation else []

    def render(self, values: RenderValues, *, language: str, place: str) -> Letter:
        """See `Wording`."""
        del language
        whole = fill(self.text, "letter", values, place)
        paragraphs = (each.strip() for each in whole.split("\n\n"))
        return Letter(values.addressee, tuple(each for each in paragraphs if each))
