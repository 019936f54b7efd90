"""What somebody wrote, without what they quoted, what their program added, and our own words."""

from __future__ import annotations

import html
import re
from typing import Final

_ADDRESS: Final = r"[^\s<>@]+@[^\s<>@]+"
_QUOTED: Final = re.compile(r"^\s*(?:>|\|\s)")
# "On Wed … wrote:", "W dniu … napisał(a):", "Am … schrieb …:", "… пишет:", and any line that ends in an
# address and a colon.
_INTRODUCES: Final = re.compile(
    rf"(?:\b(?:wrote|napisal[ao]?|napisał(?:\(a\)|a|o)?|pisze|schrieb|написал[аи]?|пишет|пише|написав|написала)\b"
    rf"|<{_ADDRESS}>)[^\n]{{0,80}}:\s*$",
    re.IGNORECASE,
)
_DATED: Final = re.compile(
    r"^\s*(?:on|am|w dniu|dnia|le|пн|вт|ср|чт|пт|сб|вс|нд|\d{1,2}[./])\b", re.IGNORECASE
)
_HEADERS: Final = re.compile(
    r"^\s*\*?(?:from|von|od|от|від|sent|gesendet|wysłano|wyslano|отправлено|надіслано|to|an|do|кому"
    r"|subject|betreff|temat|тема)\*?:\s+\S",
    re.IGNORECASE,
)
_ORIGINAL: Final = re.compile(
    r"^\s*[-_*=]{2,40}\s?[^-_*=\n]{0,60}\b"
    r"(?:original message|forwarded message|ursprüngliche nachricht|oryginalna wiadomość"
    r"|wiadomość oryginalna|исходное сообщение|пересылаемое сообщение|оригінальне повідомлення)\b"
    r"|^\s*_{10,}\s*$",
    re.IGNORECASE,
)
_ADDED: Final = re.compile(
    r"^\s*(?:sent (?:from|via)|get outlook for|wysłan[eoa] z|wyslan[eoa] z|pobierz aplikację|von meinem"
    r"|gesendet (?:von|mit)|отправлено (?:с|из)|надіслано (?:з|із))\s+"
    r"(?:my |mojego |mojej |meinem |der |dem |моего )?"
    r"(?:iphone|ipad|android|samsung|galaxy|huawei|xiaomi|nokia|smartphone|handy|mobile|phone|telefonu"
    r"|outlook|gmail|yahoo|proton|gmx|web\.de|wp|onet|interia|mail|поштою|телефона|пошти)\b.{0,30}$",
    re.IGNORECASE,
)
_IN_QUOTES: Final = re.compile(r"[“„«\"]([^“„«”»\"]{12,})[”“»\"]")
_PARTS: Final = re.compile(r"[\n\r<&“„«\"]")
"""A line's end, also as HTML writes it, or the beginning of a quotation."""

_SIGNATURE: Final = re.compile(r"^--\s?$")
_HTML: Final = re.compile(r"</?(?:br|p|div|span|html|body|b|i|a|td|tr)(?=[\s/>])", re.IGNORECASE)
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr)(?=[\s/>])[^<>]{0,200}>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?(?:[a-z]+[1-6]?)(?=[\s/>])[^<>@]{0,200}>", re.IGNORECASE)
_TAPBACK: Final = re.compile(
    r"^\s*((?:liked|loved|laughed at|emphasi[sz]ed|disliked|questioned|removed an? \w+ from|reacted \S+ to"
    r"|gefällt mir(?: nicht)?|podoba mi się|nie podoba mi się|понравилось|не понравилось|\S{1,4} to)):?"
    r"\s*[“„«\"].{12,}[”“»\"]\s*$",
    re.IGNORECASE | re.DOTALL,
)
"""What a phone sends that shows a heart, or a thumb, on a message of ours."""

_FROM_NOBODY: Final = re.compile(
    r"^\W*(?:automatic reply|auto-?reply|auto(?:matic)? response|out of (?:the )?office"
    r"|this (?:mailbox|number) is not|autoodpowiedź|automatyczna odpowiedź|abwesenheitsnotiz"
    r"|automatische antwort|автоответ|автоматическ\w+ ответ|автовідповідь|автоматична відповідь)\b",
    re.IGNORECASE,
)
"""How a machine's answer begins."""

_LEAST_REPEATED: Final = 12
"""Letters of a line that only we can have written; a shorter one may be their answer."""


def written(text: str, ours: str = "") -> str:
    """The writer's own lines; all of them where nothing else is left, and none of a machine's answer.

    ours: what we had sent them, which some programs repeat without a mark.
    """
    if _FROM_NOBODY.match(text):
        return ""
    if _HTML.search(text) or "&" in text:
        text = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))
    if tapback := _TAPBACK.match(text):
        text = tapback[1]
    lines = _without_repeated(text, ours).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    said = {_plain(line) for line in ours.split("\n") if len(_plain(line)) >= _LEAST_REPEATED}
    kept = [line for line in _above(lines) if not _is_foreign(line, said)]
    if not any(line.strip() for line in kept):
        kept = [line for line in lines if not _is_foreign(line, said) and not _begins_quote(line)]
    own = "\n".join(kept).strip()
    return own or text


def unmarked(text: str, own: str, ours: str = "") -> str:
    """What `written` leaves out and nothing marks as another's: below a signature, or a heading of mail.

    own: what `written` made of the text. Nothing of a machine's answer: those name emergencies that nobody
    has.
    """
    if not own:
        return ""
    kept = {line.strip() for line in own.split("\n")}
    said = {_plain(line) for line in ours.split("\n")}
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    left = [line for line in lines if line.strip() not in kept and not _is_foreign(line, said)]
    return "\n".join(line for line in left if not _begins_quote(line))


def may_repeat(text: str) -> bool:
    """Whether it could make a difference to know what we had sent them: among several lines, or in quotes.

    Of one plain line all is theirs, even if it says what we said.
    """
    return len(text) >= _LEAST_REPEATED and _PARTS.search(text) is not None


def _without_repeated(text: str, ours: str) -> str:
    """A phone that puts a heart on a message sends its words back: `Liked “Clinic: would you like…”`."""
    said = _plain(ours)

    def taken_out(quotation: re.Match[str]) -> str:
        repeats = _plain(quotation[1].rstrip("….")) in said
        return " " if repeats and len(_plain(quotation[1])) >= _LEAST_REPEATED else quotation[0]

    return _IN_QUOTES.sub(taken_out, text) if said else text


def _above(lines: list[str]) -> list[str]:
    """What stands over the message that is answered, and between its quoted lines."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        if _QUOTED.match(line):
            continue
        if _SIGNATURE.match(line):
            break
        if _ORIGINAL.search(line) or _is_header_block(lines, number):
            break
        if _begins_quote(line) or _begins_over_two_lines(lines, number):
            if not any(_QUOTED.match(each) for each in lines[number + 1 :]):
                break
            continue
        kept.append(line)
    return kept


def _begins_quote(line: str) -> bool:
    """Mail programs name an address or a date; "my son wrote:" is the writer's own."""
    return _INTRODUCES.search(line) is not None and any(char.isdigit() or char == "@" for char in line)


def _begins_over_two_lines(lines: list[str], number: int) -> bool:
    """Mail programs break a long introduction."""
    here, after = lines[number], lines[number + 1 : number + 2]
    return bool(after) and _DATED.match(here) is not None and _INTRODUCES.search(after[0]) is not None


def _is_header_block(lines: list[str], number: int) -> bool:
    return all(_HEADERS.match(line) for line in lines[number : number + 2]) and len(lines) > number + 1


def _is_foreign(line: str, said: set[str]) -> bool:
    return bool(_QUOTED.match(line) or _ADDED.match(line) or _plain(line) in said)


def _plain(line: str) -> str:
    return " ".join(line.casefold().split())
