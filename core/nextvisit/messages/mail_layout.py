"""The HTML of an e-mail: one column, large type, styles inline, readable without images.

The text is escaped here and nowhere else, so no patient's or clinic's name can become markup. The
paragraph that is nothing but the link becomes the button; the plain text keeps the link as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class _Words:
    button: str
    why: str
    unsubscribe: str


_WORDS: Mapping[str, _Words] = MappingProxyType(
    {
        "de": _Words("Seite öffnen", "Sie erhalten diese Nachricht von", "Keine Nachrichten mehr erhalten"),
        "en": _Words("Open the page", "You receive this message from", "Unsubscribe"),
        "pl": _Words("Otwórz stronę", "Tę wiadomość wysłała placówka", "Nie chcę więcej takich wiadomości"),
        "ru": _Words("Открыть страницу", "Это сообщение отправила клиника", "Отписаться от таких сообщений"),
        "uk": _Words("Відкрити сторінку", "Це повідомлення надіслала клініка", "Відписатися від повідомлень"),
    }
)

_FONT = "font-family:Arial,Helvetica,sans-serif"
_BUTTON = (
    "display:inline-block;padding:14px 24px;background:#0b5cad;color:#ffffff;font-size:18px;"
    "font-weight:bold;text-decoration:none;border-radius:6px"
)


def html_mail(
    body: str,
    *,
    subject: str,
    language: str,
    clinic: str,
    link: str | None = None,
    unsubscribe: str | None = None,
    pixel: str | None = None,
) -> str:
    """The rendered `body` (plain text, paragraphs parted by empty lines) as a whole HTML document.

    Links must be https or http. Raises ValueError for any other, because a mail must not carry it.
    """
    for address in (link, unsubscribe, pixel):
        if address is not None and not re.match(r"https?://", address):
            message = "a link in a mail is http or https"
            raise ValueError(message)
    words = _words(language)
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", body.strip())]
    blocks = [_block(part, link, words.button) for part in paragraphs if part]
    foot = f"{escape(words.why)} {escape(clinic)}."
    if unsubscribe is not None:
        foot += (
            f' <a href="{escape(unsubscribe)}" style="color:#4a4a4a" data-nextvisit="unsubscribe">'
            f"{escape(words.unsubscribe)}</a>"
        )
    image = f'<img src="{escape(pixel)}" width="1" height="1" alt="">' if pixel is not None else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(subject)}</title></head>"
        '<body style="margin:0;padding:0;background:#f4f4f4">'
        f'<main style="max-width:600px;margin:0 auto;padding:24px;background:#ffffff;color:#1a1a1a;{_FONT};'
        'font-size:18px;line-height:1.5">\n' + "\n".join(blocks) + "\n</main>"
        f'<footer style="max-width:600px;margin:0 auto;padding:16px 24px;color:#4a4a4a;{_FONT};'
        'font-size:14px">'
        f"{foot}</footer>{image}</body></html>\n"
    )


def _block(paragraph: str, link: str | None, button: str) -> str:
    """One paragraph; the link on a line of its own is the button."""
    out: list[str] = []
    lines: list[str] = []

    def flush() -> None:
        if lines:
            out.append('<p style="margin:0 0 16px">' + "<br>".join(lines) + "</p>")
            lines.clear()

    for line in paragraph.splitlines():
        if link is not None and line.strip() == link:
            flush()
            out.append(
                f'<p style="margin:0 0 16px"><a href="{escape(link)}" data-nextvisit="page" '
                f'style="{_BUTTON}">'
                f"{escape(button)}</a></p>"
            )
        else:
            lines.append(_line(line, link))
    flush()
    return "\n".join(out)


def _line(line: str, link: str | None) -> str:
    """A link within a sentence stays where it is."""
    if link is None or link not in line:
        return escape(line)
    anchor = f'<a href="{escape(link)}" data-nextvisit="page">{escape(link)}</a>'
    return anchor.join(escape(part) for part in line.split(link))


def _words(language: str) -> _Words:
    return _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])
