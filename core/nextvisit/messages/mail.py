"""The form `mail`: a subject and a text, which is sent as it is and laid out as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nextvisit.messages.lock_screen import LONGEST_SUBJECT
from nextvisit.messages.mail_layout import html_mail
from nextvisit.messages.render import RenderValues, fill
from nextvisit.messages.template_lint import without_markup
from nextvisit.sdk.channels import Mail


@dataclass(frozen=True, slots=True)
class MailWording:
    """A `Wording`."""

    subject: str
    body: str

    @property
    def texts(self) -> Mapping[str, str]:
        """See `Wording`."""
        return {"email.subject": self.subject, "email.body": self.body}

    @property
    def seen(self) -> tuple[str, ...]:
        """The subject; what is in the mail is behind the lock."""
        return ("email.subject",)

    @property
    def media(self) -> None:
        """See `Wording`. There is no place for any."""
        return

    def lint(self, *, invitation: bool) -> list[str]:
        """See `Wording`. How to opt out needs no word: every mail has a line for it."""
        del invitation
        length = len(without_markup(self.subject))
        if length <= LONGEST_SUBJECT:
            return []
        return [f"email.subject: {length} characters; a phone shows about {LONGEST_SUBJECT}"]

    def render(self, values: RenderValues, *, language: str, place: str) -> Mail:
        """See `Wording`."""
        subject = " ".join(fill(self.subject, "email.subject", values, place).split())
        body = fill(self.body, "email.body", values, place)
        html = html_mail(
            body,
            subject=subject,
            language=language,
            clinic=values.clinic_name,
            link=values.link,
            unsubscribe=values.unsubscribe,
            pixel=values.pixel,
        )
        return Mail(subject, body, html, one_click_unsubscribe=_one_click(values.unsubscribe))


def _one_click(url: str | None) -> str | None:
    """RFC 8058 allows https alone; a demo's pages are on plain HTTP and have the line in the mail only."""
    return url if url is not None and url.startswith("https://") else None
