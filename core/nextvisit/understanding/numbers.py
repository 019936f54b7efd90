"""A number: one of the offered times, or a score."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.folding import BORDERS, is_number
from nextvisit.understanding.model import Understood
from nextvisit.understanding.utterance import UNCLEAR, Utterance
from nextvisit.understanding.vocabulary import TAKEN, Vocabulary

_HIGHEST_SCORE: Final = 10
_LAST: Final = -1


def score(said: Utterance) -> Understood | None:
    if not said.context.asks_score:
        return None
    words = [token for token in said.tokens if token not in BORDERS]
    if re.search(r"\d\s*[.,:]\s*\d|-\s*\d", said.folded.marked):
        return None
    words = _without_out_of_ten(words, said.vocabulary)
    numbers = [number for word in words if (number := _score(word, said.vocabulary)) is not None]
    others = [word for word in words if _score(word, said.vocabulary) is None]
    if len(numbers) != 1 or said.is_denied(others):
        return None
    if said.left_of(others):
        return replace(UNCLEAR, score=numbers[0])
    return Understood(Intent.SCORE, score=numbers[0])


def number(said: Utterance) -> Understood | None:
    """A message that is nothing but a number, politely put."""
    # 15:00, 05.12 and -1 are no choice.
    if said.context.asks_score or re.search(r"\d\s*[.:/]\s*\d|(?<!\w)-\s*\d", said.folded.marked):
        return None
    words = [token for token in said.tokens if token not in BORDERS]
    places = [_place(word, said.vocabulary) for word in words]
    chosen = [place for place in places if place is not None]
    others = [TAKEN if _place(token, said.vocabulary) is not None else token for token in said.tokens]
    if said.vocabulary.language == "en" and len(chosen) > 1 and words[-1] == "one":
        chosen = chosen[:1]  # "the second one"
    if len(chosen) != 1 or any(word != TAKEN for word in said.left_of(others)):
        return None
    days = {start.astimezone(said.context.zone).day for start in said.context.offer or ()}
    if any(word[:1].isdigit() and not is_number(word) for word in words) and chosen[0] in days:
        return UNCLEAR  # "the 2nd", where one of the offered days is one
    if _is_offered_hour(words, said):
        return UNCLEAR  # "trzecia", where one of the times is at three
    return _by_number(said, chosen[0])


def _by_number(said: Utterance, number: int) -> Understood:
    context = said.context
    if context.offer:
        choice = len(context.offer) if number == _LAST else number
        if number == _LAST and choice == 1:
            return replace(UNCLEAR, choice=1)
        if not 1 <= choice <= len(context.offer):
            return UNCLEAR
        return (
            replace(UNCLEAR, choice=choice)
            if said.is_denied(said.tokens)
            else Understood(Intent.CHOICE, choice)
        )
    return UNCLEAR


def _is_offered_hour(words: Sequence[str], said: Utterance) -> bool:
    hours = {said.vocabulary.time.hours.get(word) for word in words if word in said.vocabulary.ordinals}
    return any(start.astimezone(said.context.zone).hour in hours for start in said.context.offer or ())


def _place(word: str, vocabulary: Vocabulary) -> int | None:
    return int(word) if re.fullmatch(r"[0-9]", word) else vocabulary.ordinals.get(word)


def _score(word: str, vocabulary: Vocabulary) -> int | None:
    if re.fullmatch(r"[0-9]{1,2}", word):
        return int(word) if int(word) <= _HIGHEST_SCORE else None
    return vocabulary.scores.get(word)


def _without_out_of_ten(words: list[str], vocabulary: Vocabulary) -> list[str]:
    """`9/10` and `nine out of ten` are nine."""
    if len(words) > 1 and _score(words[-1], vocabulary) == _HIGHEST_SCORE:
        scores = [word for word in words if _score(word, vocabulary) is not None]
        if len(scores) == 2:  # noqa: PLR2004 - the score, and out of what
            return words[:-1]
    return words
