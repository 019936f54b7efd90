"""A lexicon made ready to be looked up, and all languages together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal

from nextvisit.understanding.folding import (
    BORDERS,
    NO_SIGN,
    Folded,
    Script,
    fold_plain,
    plain,
    romanised,
    romanised_plain,
)
from nextvisit.understanding.lexicon import Lexicon, TimeWords
from nextvisit.understanding.lexicons import de, en, pl, ru, uk
from nextvisit.understanding.patterns import Occurrence, Phrases

TAKEN: Final = "·"
"""Stands for a word that is not to be read again."""

Spelling = Literal["latin", "cyrillic", "romanised"]
Tokens = Sequence[str]

GROUPS: Final = tuple(
    each.name
    for each in fields(Lexicon)
    if each.name not in ("language", "script", "ordinals", "scores", "time", "unsure")
)
"""A lexicon's groups of patterns."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One language in one spelling. groups: a lexicon's groups of patterns by their names."""

    language: str
    spelling: Spelling
    groups: Mapping[str, Phrases]
    ordinals: Mapping[str, int]
    scores: Mapping[str, int]
    unsure: frozenset[str]
    time: TimeWords

    def __getitem__(self, group: str) -> Phrases:
        return self.groups[group]

    def says(self, tokens: Tokens, *groups: str) -> bool:
        """Whether a phrase of one of the groups stands in them."""
        return any(self.groups[group].first_in(tokens) is not None for group in groups)

    def without(self, tokens: Tokens, group: str) -> Tokens:
        """The tokens, with `TAKEN` for those that stand in a phrase of the group."""
        taken = self.groups[group].covered(tokens)
        return [TAKEN if index in taken else token for index, token in enumerate(tokens)] if taken else tokens


class Passage:
    """A text, folded once for each spelling in which it is read."""

    def __init__(self, text: str) -> None:
        self.raw = text
        self.plain = plain(text)
        self._folded: dict[Spelling, Folded] = {}

    def spelled(self, spelling: Spelling) -> Folded:
        """In that spelling."""
        if spelling not in self._folded:
            self._folded[spelling] = (
                romanised_plain(self.plain) if spelling == "romanised" else fold_plain(self.plain, spelling)
            )
        return self._folded[spelling]

    @property
    def scripts(self) -> Sequence[Script]:
        """Those of its letters."""
        letters = {char for char in self.plain if char.isalpha()}
        found: dict[Script, bool] = {
            "cyrillic": any("а" <= char <= "ӿ" for char in letters),
            "latin": any("a" <= char <= "z" for char in letters),
        }
        return [script for script, has_it in found.items() if has_it]


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """All languages. romanised: those that people also write in Latin letters, so written."""

    native: Mapping[str, Vocabulary]
    romanised: Mapping[str, Vocabulary]

    def own(self, language: str) -> Vocabulary:
        """That of a language tag; one that we do not know is read as English."""
        return self.native.get(language.partition("-")[0].lower(), self.native["en"])

    def stopping(self, text: Passage, own: Vocabulary) -> Iterable[Vocabulary]:
        """In which to look for what stops us: all of the text's scripts, the writer's first."""
        yield own
        scripts = text.scripts
        if own.language in self.romanised and "cyrillic" not in scripts:
            yield from self.romanised.values()
        yield from (each for each in self.native.values() if each is not own and each.spelling in scripts)

    def reading(self, text: Passage, own: Vocabulary) -> Iterable[Vocabulary]:
        """In which to look for everything else, until one of them knows it: the writer's own, then other
        scripts, where words cannot be confused, then English, which everybody has heard.
        """
        scripts = text.scripts
        if own.language in self.romanised and "cyrillic" not in scripts:
            yield self.romanised[own.language]
        yield own
        others = [
            each
            for each in self.native.values()
            if each.spelling != own.spelling and each.spelling in scripts
        ]
        yield from (each for each in others if each.language != "en")
        if own.language != "en" and ("latin" in scripts or not scripts):
            yield self.native["en"]


@cache
def built_in() -> Vocabularies:
    """What the program brings."""
    return vocabularies(BUILT_IN)


BUILT_IN: Final[Mapping[str, Lexicon]] = MappingProxyType(
    {module.LEXICON.language: module.LEXICON for module in (pl, ru, en, uk, de)}
)


def vocabularies(lexicons: Mapping[str, Lexicon]) -> Vocabularies:
    """Raises ValueError for a pattern that is none."""
    native = {name: _vocabulary(each, each.script, plain) for name, each in lexicons.items()}
    cyrillic = {name: each for name, each in lexicons.items() if each.script == "cyrillic"}
    latin = {name: _vocabulary(_in_latin(each), "romanised", _romanised) for name, each in cyrillic.items()}
    return Vocabularies(native, latin)


def extended(lexicon: Lexicon, words: Mapping[str, Sequence[str]]) -> Lexicon:
    """With a clinic's own phrases, by group. Raises KeyError for a group that there is not."""
    if unknown := words.keys() - set(GROUPS):
        raise KeyError(min(unknown))
    longer: dict[str, Any] = {group: (*getattr(lexicon, group), *more) for group, more in words.items()}
    return replace(lexicon, **longer)


_DENYING: Final = frozenset({"no", "negation"})


def _vocabulary(lexicon: Lexicon, spelling: Spelling, spell: Callable[[str], str]) -> Vocabulary:
    return Vocabulary(
        language=lexicon.language,
        spelling=spelling,
        groups={
            group: Phrases((*getattr(lexicon, group), *((NO_SIGN,) if group in _DENYING else ())), spell)
            for group in GROUPS
        },
        ordinals={spell(word): place for word, place in lexicon.ordinals.items()},
        scores={spell(word): score for word, score in lexicon.scores.items()},
        unsure=frozenset(map(spell, lexicon.unsure)),
        time=lexicon.time,
    )


def _romanised(pattern: str) -> str:
    # The marks of the pattern language are no letters and stay as they are.
    return romanised(plain(pattern))


def _in_latin(lexicon: Lexicon) -> Lexicon:
    time = lexicon.time
    return replace(
        lexicon, time=replace(time, **{each.name: _spelt(getattr(time, each.name)) for each in fields(time)})
    )


def _spelt(value: Any) -> Any:
    match value:
        case tuple():
            return tuple(dict.fromkeys(map(_romanised, value)))
        case Mapping():
            return {_romanised(key): meant for key, meant in value.items()}
        case _:
            return value


def clause_around(tokens: Tokens, index: int) -> range:
    """The indices of the clause in which a word stands."""
    start = end = index
    while start and tokens[start - 1] not in BORDERS:
        start -= 1
    while end < len(tokens) and tokens[end] not in BORDERS:
        end += 1
    return range(start, end)


def is_negated(vocabulary: Vocabulary, tokens: Tokens, span: Occurrence, within: int) -> bool:
    """Whether a negation that is not part of the phrase stands in its gaps, or at most so many words before
    it in its clause.
    """
    clause = clause_around(tokens, span.tokens[0])
    reach = range(max(clause.start, span.tokens[0] - within), span.tokens[-1])
    near = [tokens[index] for index in reach if index not in span.tokens]
    return vocabulary.says(near, "negation")
