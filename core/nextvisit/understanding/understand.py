"""A reply → what it means, by rules. What no rule knows is UNCLEAR and goes to a person.

First what stops us, in every language (`stops`); then everything else, in the writer's language and in those
that it may have been written in instead (`meanings`). Pure, and of a text of any length done within a bound.
"""

from __future__ import annotations

from dataclasses import replace

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.folding import shortened
from nextvisit.understanding.meanings import meaning
from nextvisit.understanding.model import MISSING, Context, Understood
from nextvisit.understanding.passages import unmarked, written
from nextvisit.understanding.spelling import by_spelling
from nextvisit.understanding.stops import stop_fact
from nextvisit.understanding.utterance import UNCLEAR
from nextvisit.understanding.vocabulary import Passage, Vocabularies, Vocabulary, built_in

_AGREES = {Intent.CHOICE, Intent.CONFIRM, Intent.WANTS_VISIT, Intent.CANCEL}
_ELSEWHERE = 0.8
"""How much surer a meaning is in the writer's own language than in another."""


def understand(
    text: str, language: str, context: Context, vocabularies: Vocabularies | None = None
) -> Understood:
    """What a reply means. `language` is the patient's; one we do not know is read as English.

    Of one that is not all there (`MISSING`), what is left may stop us and permits nothing. vocabularies: with
    a clinic's own words; what the program brings, if not given.
    """
    words = vocabularies or built_in()
    own = words.own(language)
    whole = shortened(text)
    read = Passage(written(whole, context.ours))
    stop = stop_fact(read, list(words.stopping(read, own)), context)
    if stop is not None:
        return stop
    if (beside := _beside(unmarked(whole, read.raw, context.ours), words, own, context)) is not None:
        return beside
    if MISSING in text:
        return UNCLEAR
    asked_back: Understood | None = None
    for vocabulary in words.reading(read, own):
        is_own = vocabulary.language == own.language
        found = meaning(vocabulary, read.spelled(vocabulary.spelling), context, is_own=is_own)
        if found.intent is not Intent.UNCLEAR and not is_own:
            # A no of the writer's own language is none in another.
            denied = found.intent in _AGREES and _denies(own, read)
            return UNCLEAR if denied else replace(found, confidence=found.confidence * _ELSEWHERE)
        if found.intent is not Intent.UNCLEAR:
            return found
        if read.spelled(vocabulary.spelling).words in vocabulary.unsure or found.rule or found.choice:
            # Known, and not sure: no other language is asked what else it might be.
            asked_back = found
            break
    return asked_back or by_spelling(own, read.spelled(own.spelling), context) or UNCLEAR


def _denies(own: Vocabulary, read: Passage) -> bool:
    tokens = own.without(read.spelled(own.spelling).tokens, "agreed")
    return own.says(tokens, "negation", "no", "doubt")


def _beside(left: str, words: Vocabularies, own: Vocabulary, context: Context) -> Understood | None:
    """What stops us in lines that are probably not the writer's, and whose nothing proves; perhaps they are.

    An emergency or a death counts; a stop there is mostly our own sentence on how to stop, and says nothing.
    """
    if not left.strip():
        return None
    unproven = Passage(left)
    found = stop_fact(unproven, list(words.stopping(unproven, own)), context)
    return found if found is not None and found.intent in (Intent.URGENT, Intent.DECEASED) else None
