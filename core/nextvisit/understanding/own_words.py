"""A clinic's own words: a file of phrases by language and meaning, added to what the program brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, create_model

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import Part, SourceFile, read
from nextvisit.understanding.patterns import Phrases, check
from nextvisit.understanding.vocabulary import BUILT_IN, GROUPS, Vocabularies, extended, vocabularies

if TYPE_CHECKING:
    from nextvisit.understanding.lexicon import Lexicon

_PERMITTING: Final = frozenset(
    {"filler", "yes", "agreed", "wants_visit", "confirm", "farewell"}
    | {"not_urgent", "not_deceased", "not_opt_out"}
)
"""What weakens a stop or lets something be booked."""

_TURNING: Final = ("negation", "no", "doubt", "opt_out_words", "cancels")

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
            hidden = _hidden(phrase, lexicon) if group in _PERMITTING else None
            if hidden is not None:
                meaning = f"`{hidden.word}` stands in `{hidden.group}`"
                yield words.place.fault_at(group, f"`{phrase}` cannot be in `{group}`: {meaning}")


@dataclass(frozen=True, slots=True)
class _Hidden:
    word: str
    group: str


def _hidden(phrase: str, lexicon: Lexicon) -> _Hidden | None:
    """A word that turns a meaning around and that this phrase would take out of every text."""
    own = Phrases([phrase])
    for group in _TURNING:
        for word in Phrases(getattr(lexicon, group)).single_words:
            if own.first_in([word]) is not None:
                return _Hidden(word, group)
    return None
