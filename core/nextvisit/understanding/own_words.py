"""A clinic's own words: a file of phrases by language and meaning, added to what the program brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, create_model

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import Part, SourceFile, read
from nextvisit.understanding.patterns import Phrases, check, samples
from nextvisit.understanding.vocabulary import BUILT_IN, GROUPS, Vocabularies, extended, vocabularies

if TYPE_CHECKING:
    from nextvisit.understanding.lexicon import Lexicon

_AGREEING: Final = frozenset({"filler", "yes", "confirm", "wants_visit", "farewell"})
_STOPPING: Final = frozenset({"urgent", "deceased", "opt_out", "opt_out_words", "hold", "cancels", "ends"})
_MASKING: Final[Mapping[str, str]] = MappingProxyType(
    {"not_urgent": "urgent", "not_deceased": "deceased", "not_opt_out": "opt_out"}
)
"""What takes a phrase out of a text, and what it must not take out of every text."""

_TURNING: Final = ("negation", "no", "doubt", "opt_out_words", "cancels", "ends")
_REFUSING: Final = ("declines", "cancel", "cancels", "opt_out", "opt_out_words", "urgent", "deceased")
_MEANING_YES: Final = ("yes", "wants_visit", "confirm", "filler")

_LONG: Final = 4
"""Letters of a word that means the same in no other language by chance."""

_PhraseList = Annotated[list[str], Field(min_length=1)]


class _Words(Part):
    """One language."""

    @property
    def groups(self) -> Mapping[str, list[str]]:
        """Phrases by group."""
        return {name: found for name in GROUPS if (found := getattr(self, name)) is not None}


def _optional(names: Iterable[str], kind: Any) -> dict[str, Any]:
    return dict.fromkeys(names, (kind | None, None))


_OneLanguage = create_model("OneLanguage", __base__=_Words, **_optional(GROUPS, _PhraseList))
_OwnWordsFile = create_model("OwnWordsFile", __base__=Part, **_optional(BUILT_IN, _OneLanguage))


def with_own_words(source: SourceFile) -> Vocabularies:
    """The languages, with a clinic's words. Raises InvalidFile with every fault at its place."""
    file, faults = read(source, _OwnWordsFile)
    lexicons = dict(BUILT_IN)
    for language, lexicon in BUILT_IN.items() if file is not None else ():
        words: _Words | None = getattr(file, language)
        if words is not None:
            faults += _faults(words, lexicon)
            lexicons[language] = extended(lexicon, words.groups)
    if faults:
        raise InvalidFile(faults)
    return vocabularies(lexicons)


def _faults(words: _Words, lexicon: Lexicon) -> Iterator[Fault]:
    for group, phrases in words.groups.items():
        for phrase in phrases:
            try:
                check(phrase)
            except ValueError as error:
                yield words.place.fault_at(group, str(error))
                continue
            clash = _clash(phrase, group, lexicon)
            if clash is not None:
                meaning = f"`{clash.word}` stands in `{clash.group}`"
                yield words.place.fault_at(group, f"`{phrase}` cannot be in `{group}`: {meaning}")


@dataclass(frozen=True, slots=True)
class _Clash:
    word: str
    group: str


def _clash(phrase: str, group: str, lexicon: Lexicon) -> _Clash | None:
    """What it would turn around: a denial or a stop that would permit, or a yes that would stop.

    A phrase that takes out what only looks like a stop has to say more than the stop does.
    """
    if group in _AGREEING:
        foreign = (_hidden(phrase, each, _TURNING, least=_LONG) for each in _LEXICONS if each is not lexicon)
        own = _hidden(phrase, lexicon, _TURNING) or _says(phrase, lexicon, (*_TURNING, *_REFUSING))
        return own or next(filter(None, foreign), None)
    if group == "agreed":
        return _hidden(phrase, lexicon, _TURNING) or _says(phrase, lexicon, _REFUSING)
    if group in _MASKING:
        hides = (_MASKING[group], *(_TURNING if group == "not_opt_out" else ()))
        return _hidden(phrase, lexicon, hides) or _says(phrase, lexicon, (_MASKING[group],), as_long=True)
    if group in _STOPPING:
        return _hidden(phrase, lexicon, _MEANING_YES) or _says(phrase, lexicon, _MEANING_YES)
    return None


_LEXICONS: Final = tuple(BUILT_IN.values())


def _hidden(phrase: str, lexicon: Lexicon, groups: Sequence[str], least: int = 1) -> _Clash | None:
    """A word of the language, of so many letters at least, that this phrase would find."""
    own = Phrases([phrase])
    for group in groups:
        for word in Phrases(getattr(lexicon, group)).single_words:
            if len(word) >= least and own.first_in([word]) is not None:
                return _Clash(word, group)
    return None


def _says(phrase: str, lexicon: Lexicon, groups: Sequence[str], *, as_long: bool = False) -> _Clash | None:
    """What the language makes of the phrase itself. as_long: only if it says no more than that."""
    filler = Phrases(lexicon.filler)
    for tokens in samples(phrase):
        for group in groups:
            for found in Phrases(getattr(lexicon, group)).all_in(tokens):
                more = set(range(len(tokens))) - set(found.tokens) - filler.covered(tokens)
                if not (as_long and more):
                    return _Clash(found.rule, group)
    return None
