"""Reading HTML as a browser would: links and pictures of a mail, forms of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """One form that can be posted."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    textarea: str | None = None

    def filled(self, answer: str, text: str) -> dict[str, str]:
        """What the browser sends when the button `answer` is pressed."""
        data = {**self.hidden, "answer": answer}
        if self.textarea is not None:
            data[self.textarea] = text
        return data


@dataclass(slots=True)
class Html:
    """What a patient can see and press."""

    page_links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)


def read_html(text: str) -> Html:
    """Links marked `data-nextvisit="page"`, pictures, and forms with method post."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    return parser.found


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Html()
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "a" if given.get("data-nextvisit") == "page" and "href" in given:
                self.found.page_links.append(given["href"])
            case "img" if given.get("src", "").startswith("http"):
                self.found.images.append(given["src"])
            case "form" if given.get("method", "").lower() == "post":
                self._form = Form(given.get("action", ""))
                self.found.forms.append(self._form)
            case "input" | "button" | "textarea" if self._form is not None:
                self._control(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    @staticmethod
    def _control(form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "textarea" and name:
            form.textarea = name
        elif tag == "button" and name == "answer":
            form.answers.append(value)
        elif tag == "input" and given.get("type") == "hidden" and name:
            form.hidden[name] = value
