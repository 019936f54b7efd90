"""Patient pages as HTML: server-rendered, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nextvisit.domain.emergency_numbers import emergency_numbers
from nextvisit.web.texts import TEXTS, choose_language

if TYPE_CHECKING:
    from nextvisit.domain.site import Site


@dataclass(frozen=True, slots=True)
class Button:
    """One answer. `plain` looks less urgent."""

    value: str
    label: str
    plain: bool = False


class Pages:
    """Renders for one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._templates = Environment(
            loader=PackageLoader("nextvisit.web"), autoescape=True, undefined=StrictUndefined
        )
        source, _, _ = self._templates.loader.get_source(self._templates, "page.css")  # type: ignore[union-attr]
        self._css = source.strip()
        digest = base64.b64encode(hashlib.sha256(self._css.encode()).digest()).decode()
        self._policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )

    def language(self, *wishes: str | None) -> str:
        """The language to speak to somebody with these wishes, best first."""
        return choose_language(*wishes, fallback=self._site.languages)

    def answer(self, language: str, *, lead: str, buttons: list[Button]) -> HTMLResponse:
        """A page that asks."""
        return self._page("answer.html", language, lead=lead, buttons=buttons)

    def word(self, language: str, lead: str, *, status: int = 200, can_stop: bool = False) -> HTMLResponse:
        """A page that says one sentence, and whom to call."""
        return self._page("word.html", language, status=status, lead=lead, can_stop=can_stop)

    def urgent(self, language: str, lead: str, *, status: int = 200) -> HTMLResponse:
        """A page for somebody who may need help now: whom to call, at once and large."""
        numbers = emergency_numbers(self._site.country)
        return self._page("urgent.html", language, status=status, lead=lead, numbers=numbers)

    def sure(self, language: str, lead: str, *, token: str, button: Button) -> HTMLResponse:
        """A page below that of `token`, which asks again what the words left open."""
        return self._page("sure.html", language, lead=lead, token=token, button=button)

    def unsubscribe(self, language: str) -> HTMLResponse:
        """A page with the one button of RFC 8058."""
        return self._page("unsubscribe.html", language)

    def inactive(self, language: str | None = None) -> HTMLResponse:
        """A link that is over, or never was: the same words, so that a guess learns nothing."""
        spoken = self.language(language)
        return self.word(spoken, TEXTS[spoken].inactive, status=410)

    def _page(self, template: str, language: str, *, status: int = 200, **values: object) -> HTMLResponse:
        html = self._templates.get_template(template).render(
            site=self._site,
            language=language,
            texts=TEXTS[language],
            css=Markup(self._css),  # noqa: S704 - our own file
            **values,
        )
        headers = {"Content-Security-Policy": self._policy, "Content-Language": language}
        return HTMLResponse(html, status_code=status, headers=headers)
