"""What tells that something raw is about a person: their numbers, addresses, identifiers, and name.

Raw bodies are in whatever form the other side writes, so they are looked through as they are, and unpacked as
JSON, base64 and percent-encoding. One thing too many that is found costs a raw body; one that is missed would
keep a person.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote_plus

from nextvisit.store.people.identity import Identity

_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\s().\-/]+(?=\d)")
_PACKED: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_NATIONAL: Final = 9
"""So many last digits of a number are looked for: before them stands a country's code, in some writing."""
_SHORTEST: Final = 4
_ENOUGH_NAMES: Final = 2
"""One alone is many people's."""
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class Marks:
    """names: who has two of them in one thing is meant. words, digits: any of them. `repr` shows nothing."""

    names: frozenset[str]
    words: frozenset[str]
    digits: frozenset[str]

    def __repr__(self) -> str:
        return "Marks()"

    @classmethod
    def of(cls, who: Identity) -> Self:
        """Of somebody whose identity is still there."""
        values = [
            str(who.ref),
            *(each.value for each in who.identifiers),
            *(each.value for each in who.points),
        ]
        numbers = {re.sub(r"\D", "", each) for each in values if re.fullmatch(r"[+\d\s().\-/]+", each)}
        return cls(
            names=frozenset(each.casefold() for each in re.findall(r"\w{2,}", who.name)),
            words=frozenset(each.strip().casefold() for each in values if len(each.strip()) >= _SHORTEST),
            digits=frozenset(each[-_NATIONAL:] for each in numbers if len(each) >= _SHORTEST),
        )

    def found_in(self, body: bytes) -> bool:
        """Whether it is, or may be, about the person."""
        return any(self._in_text(each) for each in _texts(body))

    def _in_text(self, text: str) -> bool:
        lowered = text.casefold()
        if any(_stands_in(each, lowered) for each in self.words):
            return True
        closed = _BETWEEN_DIGITS.sub("", text)
        if any(each in closed for each in self.digits):
            return True
        return sum(_stands_in(each, lowered) for each in self.names) >= _ENOUGH_NAMES


def _stands_in(word: str, text: str) -> bool:
    """As a whole: `Patient/1` is not in `Patient/12`."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _texts(body: bytes, depth: int = 0) -> Iterator[str]:
    text = body.decode("utf-8", errors="replace")
    yield text
    yield unquote_plus(text)
    with suppress(ValueError):  # it is no JSON
        yield json.dumps(json.loads(text), ensure_ascii=False)
    if depth < _DEEPEST:
        for packed in _PACKED.findall(body):
            try:
                inner = base64.b64decode(packed, altchars=b"-_" if b"-" in packed or b"_" in packed else None)
            except binascii.Error:
                continue
            yield from _texts(inner, depth + 1)
