"""Phrases that a language knows, and where they stand in a text.

A pattern is words parted by spaces, with or without their accents. `stem*` is any word that begins so,
`a|b|c*` one of several, `...` up to three words in between, and `x & y` both within one clause, in either
order, with up to five words in between. A comma or a full stop parts clauses, and no pattern reaches over it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Final

from nextvisit.understanding.folding import BORDERS, plain

_GAP: Final = 3
_NEAR: Final = 5
_SHORTEST_KEY: Final = 2
_LONG: Final = 60
"""Words of a text that is worth an index."""
_REACH: Final = _NEAR + 1
"""How far the next word of a pattern may stand."""
_MOST_PLACES: Final = 120
"""Places of one word that are looked at, half of them from the end. No letter has more."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where a pattern stands. tokens: the indices of its own words, without those in its gaps.

    rule: the words of the pattern by which it was found, of ours and not of the text.
    """

    rule: str
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Element:
    """One word of a pattern. gap: so many other words may stand before it."""

    words: frozenset[str]
    stems: tuple[str, ...]
    gap: int = 0

    def matches(self, token: str) -> bool:
        return token in self.words or (bool(self.stems) and token.startswith(self.stems))

    def option(self, token: str) -> str:
        """Which of them matched."""
        stems = (f"{stem}*" for stem in self.stems if token.startswith(stem))
        return token if token in self.words else next(stems)


@dataclass(frozen=True, slots=True)
class _Pattern:
    elements: tuple[_Element, ...]

    def rule(self, found: Sequence[str]) -> str:
        """Which of its alternatives they are."""
        return " ".join(map(_Element.option, self.elements, found))

    def at(self, tokens: Sequence[str], start: int) -> tuple[int, ...] | None:
        """The indices of its words when it begins at `start`."""
        if not self.elements[0].matches(tokens[start]):
            return None
        return self._rest(tokens, (start,))

    def _rest(self, tokens: Sequence[str], found: tuple[int, ...]) -> tuple[int, ...] | None:
        if len(found) == len(self.elements):
            return found
        element = self.elements[len(found)]
        for index in range(found[-1] + 1, min(found[-1] + 2 + element.gap, len(tokens))):
            if tokens[index] in BORDERS:
                return None
            if element.matches(tokens[index]):
                whole = self._rest(tokens, (*found, index))
                if whole is not None:
                    return whole
        return None


class Phrases:
    """Patterns of one meaning, found in time that grows with the text and hardly with their number.

    spell: how the text that they are looked for in was spelled. single_words: the patterns of one word, so
    spelled; a stem stands for itself.
    """

    def __init__(self, patterns: Iterable[str], spell: Callable[[str], str] = plain) -> None:
        self.single_words: list[str] = []
        self._by_word: dict[str, list[_Pattern]] = defaultdict(list)
        self._by_start: dict[str, list[_Pattern]] = defaultdict(list)
        for text in patterns:
            for pattern in _compiled(_as_tokens(spell(text))):
                if len(pattern.elements) == 1:
                    self.single_words += sorted({*pattern.elements[0].words, *pattern.elements[0].stems})
                first = pattern.elements[0]
                for word in first.words:
                    self._by_word[word].append(pattern)
                for stem in first.stems:
                    self._by_start[stem[:_SHORTEST_KEY]].append(pattern)

    def all_in(self, tokens: Sequence[str]) -> Iterator[Occurrence]:
        """Every place where one of them stands, from left to right; they may overlap."""
        candidates = self._here(tokens) if len(tokens) < _LONG else self._anywhere(tuple(tokens))
        for start, pattern in candidates:
            found = pattern.at(tokens, start)
            if found is not None:
                yield Occurrence(pattern.rule([tokens[index] for index in found]), found)

    def _here(self, tokens: Sequence[str]) -> Iterator[tuple[int, _Pattern]]:
        for start, token in enumerate(tokens):
            for pattern in self._by_word.get(token, ()):
                yield start, pattern
            for pattern in self._by_start.get(token[:_SHORTEST_KEY], ()):
                yield start, pattern

    def _anywhere(self, tokens: tuple[str, ...]) -> Iterator[tuple[int, _Pattern]]:
        """The same of a long text, by its different words."""
        by_word, by_start = _places(tokens)
        found = [
            (start, pattern)
            for patterns, places in ((self._by_word, by_word), (self._by_start, by_start))
            for key in places.keys() & patterns.keys()
            for start in places[key]
            for pattern in patterns[key]
        ]
        yield from sorted(found, key=itemgetter(0))

    def first_in(self, tokens: Sequence[str]) -> Occurrence | None:
        """The first of them."""
        return next(self.all_in(tokens), None)

    def covered(self, tokens: Sequence[str]) -> set[int]:
        """The indices of all words that stand in one of them."""
        covered = {index for span in self.all_in(tokens) for index in span.tokens}
        if len(tokens) >= _LONG:
            # What nobody looked at stands as the same word before it does.
            covered.update(
                index
                for index in range(_REACH, len(tokens) - _REACH)
                if index - 1 in covered and _deep(tokens, index)
            )
        return covered


@lru_cache(maxsize=64)
def _places(tokens: tuple[str, ...]) -> tuple[Mapping[str, list[int]], Mapping[str, list[int]]]:
    """Where each word stands, and each beginning. A text is asked for many meanings, one after the other."""
    by_word, by_start = defaultdict(list), defaultdict(list)
    for index, token in enumerate(tokens):
        if _deep(tokens, index):
            continue
        by_word[token].append(index)
        by_start[token[:_SHORTEST_KEY]].append(index)
    for places in (*by_word.values(), *by_start.values()):
        del places[_MOST_PLACES // 2 : -_MOST_PLACES // 2]
    return by_word, by_start


def _deep(tokens: Sequence[str], index: int) -> bool:
    """Whether nothing but this word stands so far around that no pattern that begins here gets past it."""
    near = tokens[max(0, index - _REACH) : index + _REACH + 1]
    return len(near) == 2 * _REACH + 1 and len(set(near)) == 1


def check(pattern: str) -> None:
    """Raises ValueError, with what is wrong, for a pattern that could never be found or would be found
    anywhere."""
    _compiled(_as_tokens(plain(pattern)))


def samples(pattern: str) -> Iterator[tuple[str, ...]]:
    """Texts in which it stands; each of its alternatives is in one of them."""
    for each in _compiled(_as_tokens(plain(pattern))):
        options = [sorted({*element.words, *element.stems}) for element in each.elements]
        for number in range(max(map(len, options))):
            yield tuple(option[number % len(option)] for option in options)


def _as_tokens(pattern: str) -> str:
    """`don't` is one word of a text and `non-stop` are two."""
    return pattern.replace("'", "").replace("-", " ")


def _compiled(text: str) -> Sequence[_Pattern]:
    if not text.strip():
        raise ValueError("a phrase without words")
    parts = [part.split() for part in text.split(" & ")]
    if not all(parts):
        raise ValueError(f"{text!r}: nothing stands on one side of &")
    orders = [parts] if len(parts) == 1 else [parts, parts[::-1]]
    if len(parts) > 2:  # noqa: PLR2004 - either order of two; of three it would be six
        raise ValueError(f"{text!r}: & joins two")
    return [_Pattern(tuple(_elements(order, text))) for order in orders]


def _elements(parts: Sequence[Sequence[str]], text: str) -> Iterator[_Element]:
    gap = 0
    for number, words in enumerate(parts):
        gap = _NEAR if number else 0
        for word in words:
            if word == "...":
                gap = _GAP
                continue
            yield _element(word, gap, text)
            gap = 0
    if gap == _GAP:
        raise ValueError(f"{text!r}: nothing stands after the dots")


def _element(word: str, gap: int, text: str) -> _Element:
    options = word.split("|")
    stems = tuple(option.removesuffix("*") for option in options if option.endswith("*"))
    words = frozenset(option for option in options if not option.endswith("*"))
    for option in (*stems, *words):
        if option and re.fullmatch(r"[\w#+]+", option) is None:
            raise ValueError(f"{text!r}: no text has the word {option!r}")
    if "" in words or any(len(stem) < _SHORTEST_KEY for stem in stems):
        raise ValueError(f"{text!r}: a word is missing or a stem is shorter than {_SHORTEST_KEY} letters")
    return _Element(words, stems, gap)
