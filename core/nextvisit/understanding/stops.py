"""What stops us, whatever else a text says: an emergency, a death, a STOP, or what may be one.

Read tolerantly: in every language, anywhere in a text of any length. What may be a stop and may not be is a
HOLD, so that neither a withdrawal nor a further message follows from a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from rapidfuzz.distance import OSA

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.dates import read_time
from nextvisit.understanding.folding import ASKS, BORDERS, is_number, squeeze
from nextvisit.understanding.model import Context, Understood
from nextvisit.understanding.patterns import Occurrence
from nextvisit.understanding.vocabulary import (
    TAKEN,
    Passage,
    Tokens,
    Vocabulary,
    clause_around,
    is_negated,
)

_STOP: Final = {"latin": "stop", "romanised": "stop", "cyrillic": "стоп"}
_BARE: Final = 5
"""Words of a clause that is nothing but a stop, politely put."""
_BEFORE: Final = 2
"""So many words before a phrase a negation turns it around."""
_SHORT: Final = 4
_FEW: Final = 2
_SMALL: Final = ("filler", "yes", "no", "negation", "doubt", "question", "busy", "confirm")
_EMERGENCY_NUMBERS: Final = frozenset({"112", "911", "999", "000", "103", "104", "110", "118"})
_SENTENCES: Final = 8
"""Stops in one text that are looked at; if none of those is beyond doubt, a person reads it."""
_LEAST_FOR_SPELLING: Final = 4
_LONG: Final = 7
"""Letters of a word that no other word is one slip away from."""
_WEAKENING: Final = (
    "doubt",
    "yes",
    "agreed",
    "wants_visit",
    "confirm",
    "cancel",
    "reschedule",
    "other_times",
)
_LONG_ENOUGH: Final = 6
_KNOWN: Final = ("yes", "no", "filler", "cancel", "confirm", "wants_visit", "question", "busy", "declines")


def stop_fact(text: Passage, vocabularies: Sequence[Vocabulary], context: Context) -> Understood | None:
    """The worst of what stops us; None when nothing does."""
    own = vocabularies[0]
    if text.spelled(own.spelling).words in _EMERGENCY_NUMBERS:
        return Understood(Intent.URGENT, rule="an emergency number")
    asks = [(each, _without_idioms(text, each, vocabularies, "opt_out")) for each in vocabularies]
    stop = _first(_stop(tokens, each, context, own) for each, tokens in asks)
    surely = stop is not None and stop.intent is Intent.OPT_OUT
    for intent, group in ((Intent.URGENT, "urgent"), (Intent.DECEASED, "deceased")):
        for each in vocabularies:
            tokens = _without_idioms(text, each, vocabularies, group)
            found = (span for span in each[group].all_in(tokens) if not _is_chance(span, tokens, each, own))
            for span in found:
                return _by(each, intent, span, stops=surely)
    if (broken := _over_borders(text, vocabularies, own)) is not None:
        return replace(broken, stops=surely)
    if (slip := _misspelt_emergency(text.spelled(own.spelling).tokens, own)) is not None:
        return slip
    held = _first(_hold(tokens, each, context, own) for each, tokens in asks)
    return stop or held or _stop_over_borders(text, own)


def _over_borders(text: Passage, vocabularies: Sequence[Vocabulary], own: Vocabulary) -> Understood | None:
    """An emergency or a death in a sentence that a line's end or a comma cuts."""
    if BORDERS.isdisjoint(text.spelled(own.spelling).tokens):
        return None
    for intent, group in ((Intent.URGENT, "urgent"), (Intent.DECEASED, "deceased")):
        for each in (each for each in vocabularies if each.language == own.language):
            tokens = _without_borders(_without_idioms(text, each, vocabularies, group))
            span = each[group].first_in(tokens)
            if span is not None:
                return _by(each, intent, span)
    return None


def _stop_over_borders(text: Passage, own: Vocabulary) -> Understood | None:
    span = own["opt_out"].first_in(
        _without_borders(own.without(text.spelled(own.spelling).tokens, "not_opt_out"))
    )
    return None if span is None else replace(_by(own, Intent.HOLD, span), confidence=0.6)


def _without_borders(tokens: Tokens) -> Tokens:
    return [token for token in tokens if token not in BORDERS]


def _without_idioms(
    text: Passage, vocabulary: Vocabulary, vocabularies: Sequence[Vocabulary], group: str
) -> Tokens:
    """The tokens, without what looks like the meaning and is none: in this language, in the writer's, and in
    English, in which machines write everywhere.
    """
    own = vocabularies[0]
    tokens: Tokens = text.spelled(vocabulary.spelling).tokens
    english = [each for each in vocabularies if each.language == "en"]
    for each in {id(each): each for each in (own, vocabulary, *english)}.values():
        if each.spelling == vocabulary.spelling:
            tokens = each.without(tokens, f"not_{group}")
    return tokens


def _is_chance(span: Occurrence, tokens: Tokens, vocabulary: Vocabulary, own: Vocabulary) -> bool:
    """Whether a short word of another language only looks like one of this: the German article `die`, the
    Polish `od`.
    """
    if vocabulary.language == own.language:
        return False
    if len(span.tokens) == 1 and len(tokens[span.tokens[0]]) <= _SHORT:
        return True
    if own.spelling != vocabulary.spelling or len(span.tokens) > _FEW:
        return False
    return _spoken(own, tokens) > _spoken(vocabulary, tokens)


def _spoken(vocabulary: Vocabulary, tokens: Tokens) -> int:
    """How many of the words belong to the small ones of a language."""
    return len({index for group in _SMALL for index in vocabulary[group].covered(tokens)})


def _misspelt_emergency(tokens: Tokens, own: Vocabulary) -> Understood | None:
    """A long word that is one slip away from an emergency, and is no other word."""
    known = [word for word in own["urgent"].single_words if len(word) >= _LONG_ENOUGH]
    for token in tokens:
        if len(token) < _LONG_ENOUGH or own.says([token], *_KNOWN):
            continue
        for word in known:
            if token[0] == word[0] and OSA.distance(token, word, score_cutoff=1) <= 1:
                rule = f"{own.language}: {word}"
                return Understood(Intent.URGENT, confidence=0.6, source="spelling", rule=rule)
    return None


def _first(found: Iterable[Understood | None]) -> Understood | None:
    """An opt-out of any language before a hold of another."""
    said = [each for each in found if each is not None]
    sure = [each for each in said if each.intent is Intent.OPT_OUT]
    return next(iter(sure or said), None)


def _by(vocabulary: Vocabulary, intent: Intent, span: Occurrence, *, stops: bool = False) -> Understood:
    return Understood(intent, source="pattern", stops=stops, rule=f"{vocabulary.language}: {span.rule}")


def _stop(tokens: Tokens, vocabulary: Vocabulary, context: Context, own: Vocabulary) -> Understood | None:
    """A bare keyword, or a sentence that says so; what weakens it makes it a hold."""
    hold: Understood | None = None
    for span in islice(vocabulary["opt_out"].all_in(tokens), _SENTENCES):
        denied = is_negated(vocabulary, tokens, span, _BEFORE) or _is_denied_after(vocabulary, tokens, span)
        if not (denied or _is_weakened(tokens, set(span.tokens), vocabulary, context)):
            return _by(vocabulary, Intent.OPT_OUT, span)
        hold = hold or _by(vocabulary, Intent.HOLD, span)
    return hold or _bare(tokens, vocabulary, context, own)


def _bare(tokens: Tokens, vocabulary: Vocabulary, context: Context, own: Vocabulary) -> Understood | None:
    """A keyword and polite words. What more is said must not be about something that is wanted; a "stop, no,
    I meant the second" at the head of a text is an interjection.
    """
    stops = _stops(tokens, vocabulary, own)
    marked = vocabulary["opt_out_words"].covered(tokens) | stops
    hold: Understood | None = None
    for clause in _bare_clauses(tokens, marked, vocabulary):
        said = " ".join(tokens[index] for index in clause if index in marked)
        rule = f"{vocabulary.language}: {said}"
        others = [TAKEN if index in clause else token for index, token in enumerate(tokens)]
        alone = _is_polite([token for token in others if token not in BORDERS], vocabulary)
        itself = not stops.isdisjoint(clause)
        last = all(token in BORDERS for token in tokens[clause.stop :])
        if vocabulary.says([tokens[index] for index in clause], "negation"):
            alone = last = False  # "nie stop"
        if (alone or (itself and (last or not vocabulary.says(tokens, "negation")))) and not _is_weakened(
            tokens, set(clause), vocabulary, context
        ):
            return Understood(Intent.OPT_OUT, rule=rule)
        hold = hold or Understood(Intent.HOLD, rule=rule)
    single = [token for token in tokens if token not in BORDERS]
    return hold or (_misspelt(single[0], vocabulary) if len(single) == 1 else None)


def _bare_clauses(tokens: Tokens, marked: set[int], vocabulary: Vocabulary) -> Iterator[range]:
    """Clauses in which nothing but polite words stands beside the marked ones."""
    seen = -1
    for index in sorted(marked):
        if index <= seen:
            continue
        clause = clause_around(tokens, index)
        seen = clause.stop
        rest = [TAKEN if each in marked else tokens[each] for each in clause]
        if len(rest) <= _BARE and _is_polite(rest, vocabulary):
            yield clause


def _stops(tokens: Tokens, vocabulary: Vocabulary, own: Vocabulary) -> set[int]:
    """Where the word itself stands, which every language has. The writer's own knows best what stands beside
    it."""
    if vocabulary is not own and vocabulary.spelling == own.spelling:
        return set()
    stop = _STOP[vocabulary.spelling]
    return {index for index, token in enumerate(tokens) if token[:1] == stop[0] and squeeze(token) == stop}


def _is_polite(rest: Sequence[str], vocabulary: Vocabulary) -> bool:
    polite = {index for group in ("filler", "yes", "no") for index in vocabulary[group].covered(rest)}
    return all(token == TAKEN or index in polite for index, token in enumerate(rest))


def _misspelt(word: str, vocabulary: Vocabulary) -> Understood | None:
    """A single word with a slip of the finger; two swapped letters are one slip. Perhaps it is another
    word."""
    if len(word) < _LEAST_FOR_SPELLING or vocabulary.says([word], *_KNOWN):
        return None
    for other in vocabulary["opt_out_words"].single_words:
        slips = OSA.distance(word, other, score_cutoff=1)
        if slips > 1 and squeeze(word) != squeeze(other):
            continue
        swapped, held = sorted(word) == sorted(other), squeeze(word) == squeeze(other)
        sure = swapped or held or len(other) >= _LONG
        rule = f"{vocabulary.language}: {other}"
        return Understood(
            Intent.OPT_OUT if sure else Intent.HOLD, confidence=0.6, source="spelling", rule=rule
        )
    return None


def _is_denied_after(vocabulary: Vocabulary, tokens: Tokens, span: Occurrence) -> bool:
    """ "Löschen Sie meine Nummer nicht": a phrase without a negation of its own, and one behind it."""
    if vocabulary.says([tokens[index] for index in span.tokens], "negation"):
        return False
    clause = clause_around(tokens, span.tokens[0])
    return vocabulary.says(tokens[span.tokens[-1] + 1 : clause.stop], "negation")


def _is_weakened(tokens: Tokens, own: set[int], vocabulary: Vocabulary, context: Context) -> bool:
    """Whether it is a question, holds in part or until something ("don't call, text me"), or stands beside
    something that is wanted: a time, a number, a visit, a yes. own: the tokens that say the stop.
    """
    rest = [TAKEN if index in own else token for index, token in enumerate(tokens)]
    here = clause_around(tokens, min(own))
    if ASKS in tokens[here.stop : here.stop + 1]:
        return True
    if vocabulary.says(tokens[here.start : here.start + 2], "question"):
        return True
    if vocabulary.says(vocabulary.without(rest, "filler"), *_WEAKENING):
        return True
    if context.offer and any(is_number(token) or token in vocabulary.ordinals for token in rest):
        return True
    said = read_time(" ".join(rest), vocabulary.time, context.now.astimezone(context.zone).date())
    return said.mention is not None or said.excludes


def _hold(tokens: Tokens, vocabulary: Vocabulary, context: Context, own: Vocabulary) -> Understood | None:
    """A word of a stop among others, or a stop in part."""
    span = vocabulary["hold"].first_in(tokens)
    if span is not None:
        return replace(_by(vocabulary, Intent.HOLD, span), confidence=0.8)
    ends = vocabulary["ends"].covered(tokens)
    for clause in _bare_clauses(tokens, ends, vocabulary):
        said = " ".join(tokens[index] for index in clause if index in ends)
        return Understood(Intent.HOLD, confidence=0.8, rule=f"{vocabulary.language}: {said}")
    cancels = set() if context.appointment_pending else vocabulary["cancels"].covered(tokens)
    for clause in _bare_clauses(tokens, cancels, vocabulary):
        said = " ".join(tokens[index] for index in clause if index in cancels)
        return Understood(Intent.HOLD, confidence=0.8, rule=f"{vocabulary.language}: {said}")
    if _stops(tokens, vocabulary, own) or vocabulary.says(tokens, "opt_out_words"):
        return Understood(Intent.HOLD, confidence=0.6, rule=f"{vocabulary.language}: stop")
    return None
