"""One or two words with a slip of the finger. It permits nothing: what it would book is asked back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rapidfuzz.distance import OSA

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.folding import BORDERS, Folded, is_number, squeeze
from nextvisit.understanding.meanings import meaning
from nextvisit.understanding.model import Context, Understood
from nextvisit.understanding.utterance import UNCLEAR
from nextvisit.understanding.vocabulary import Vocabulary

_GROUPS: Final = ("yes", "no", "cancel", "reschedule", "confirm", "too_expensive", "wants_visit", "declines")
_LEAST: Final = 5
_LONG: Final = 7
_FEW: Final = 2
_AGREES: Final = {Intent.CHOICE, Intent.CONFIRM, Intent.CANCEL}


def by_spelling(vocabulary: Vocabulary, folded: Folded, context: Context) -> Understood | None:
    """A long word, one slip away from a word that we know, and from words of one intent only."""
    words = [token for token in folded.tokens if token not in BORDERS]
    if not words or len(words) > _FEW or folded.asks:
        return None  # in longer messages a slip has too many neighbours
    meanings = {}
    for number, word in enumerate(words):
        for near in _near(word, vocabulary):
            fixed = tuple(near if index == number else each for index, each in enumerate(words))
            found = meaning(
                vocabulary, Folded(fixed, " ".join(fixed), " ".join(fixed), asks=False), context, is_own=True
            )
            meanings[found.intent] = found
    if len(meanings) != 1:
        return None
    (found,) = meanings.values()
    if found.intent in _AGREES:
        return replace(UNCLEAR, choice=found.choice, source="spelling", rule=found.rule)
    return replace(found, confidence=0.6, source="spelling")


def _near(word: str, vocabulary: Vocabulary) -> Iterable[str]:
    """The first letter stays: `nie…` and `не…` at the head of a word would turn it around."""
    if len(word) < _LEAST or is_number(word):
        return
    most = 2 if len(word) >= _LONG else 1
    single = {each for group in _GROUPS for each in vocabulary[group].single_words}
    for other in single:
        slip = len(other) >= _LEAST and OSA.distance(word, other, score_cutoff=most) <= most
        if word != other and word[0] == other[0] and (squeeze(word) == other or slip):
            yield other
