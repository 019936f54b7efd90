"""A name as a MIS writes it → what of it may stand in a message: letters, and what stands between letters.

A name comes from a form that anybody may have filled in. What is no name in it would be said by the clinic:
a link, a number to call, an order of reading that turns the text around, a second line. So it is taken out,
and a name of which nothing is left is none: the text goes on as it does for somebody without a name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NAME = 40
"""Characters."""

_MOST_MARKS = 4
"""Combining marks on one letter; scripts that have them need up to three."""

# Between letters only; `’`, `ʼ` and `´` are how apostrophes are typed, `‐` and `‑` hyphens.
_BETWEEN = frozenset("-'’ʼ`´.,·/()‐‑–")
# Joiners are letters' business in Persian and in the scripts of India; all else of their kind is invisible.
_JOINERS = frozenset("\u200c\u200d")
_LINK = re.compile(
    r"""
    ://  |  ^www\.  |  @                # with a scheme, without one, an address
    | \w[\w-]*\.(?:xn--|[^\W\d_]{2})    # a domain: what follows a dot at once, by two letters or more
    | :\S                               # `mailto:`, `tel:`
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


class NameOddity(StrEnum):
    """What was taken out; a code that is counted."""

    INVISIBLE = "name.invisible"  # control and bidirectional characters, halves of characters
    LINE_BREAK = "name.line_break"
    LINK = "name.link"  # links, addresses and domains
    NUMBER = "name.number"
    SYMBOL = "name.symbol"
    LENGTH = "name.length"


@dataclass(frozen=True, slots=True, repr=False)
class CleanName:
    """text: empty when nothing of it is a name. oddities: each kind once, in the order of the codes."""

    text: str
    oddities: tuple[NameOddity, ...]

    def __repr__(self) -> str:
        return f"CleanName(oddities={self.oddities!r})"


def as_name(raw: str) -> CleanName:
    """What of it may be said. A name that is one already stays as it is; saying it twice changes nothing."""
    found = set[NameOddity]()
    words = []
    for word in _visible(raw, found).split():
        letters = _letters(word, found)
        # Both: what is taken out may have told a link, or have hidden one.
        if said := _says(word) or _says(letters):
            found.add(said)
        elif any(map(str.isalpha, letters)):
            words.append(letters)
    text = _short(words, found)
    return CleanName(text, tuple(each for each in NameOddity if each in found))


def _says(word: str) -> NameOddity | None:
    """What else than a name a word is."""
    plain = unicodedata.normalize("NFKC", word)  # full-width dots and digits are dots and digits
    if _LINK.search(plain):
        return NameOddity.LINK
    return NameOddity.NUMBER if _DIGIT.search(plain) else None


def _visible(raw: str, found: set[NameOddity]) -> str:
    kept = []
    for char in unicodedata.normalize("NFC", raw):
        kind = unicodedata.category(char)
        if char in "\r\n\v\f\x85" or kind in {"Zl", "Zp"}:
            found.add(NameOddity.LINE_BREAK)
            kept.append(" ")
        elif char == "\t" or kind == "Zs":
            kept.append(" ")
        elif kind.startswith("C") and char not in _JOINERS:
            found.add(NameOddity.INVISIBLE)
        else:
            kept.append(char)
    return "".join(kept)


def _letters(word: str, found: set[NameOddity]) -> str:
    kept, marks = list[str](), 0
    for char in word:
        mark = unicodedata.category(char).startswith("M")
        marks = marks + 1 if mark else 0
        joins = (mark and marks <= _MOST_MARKS) or char in _JOINERS
        if char.isalpha() or char in _BETWEEN or (kept and joins):
            kept.append(char)
        else:
            found.add(NameOddity.SYMBOL)
    return "".join(kept)


def _short(words: list[str], found: set[NameOddity]) -> str:
    """As many whole words as there is room for."""
    text = ""
    for word in words:
        longer = f"{text} {word}".strip()
        if len(longer) > LONGEST_NAME:
            found.add(NameOddity.LENGTH)
            break
        text = longer
    return text
