"""A short reply → an intent, by rules. What no rule knows is UNCLEAR and goes to a person.

The order is the meaning: opt-out before all, in every language; then emergencies, in every language;
then what is certain (a number out of the offer, a time), then phrases, then single words. Spelling is
forgiven only where a slip cannot turn a meaning around: `стопп` is an opt-out, but `nie` is never
close to anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from rapidfuzz.distance import OSA

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.dates import Mention, read_mention, resolve
from nextvisit.understanding.folding import Folded, fold, squeeze
from nextvisit.understanding.lexicon import Lexicon, compile_patterns
from nextvisit.understanding.lexicons import de, en, pl, ru, uk
from nextvisit.understanding.model import MISSING, Context, Understood

_LEXICONS = {module.LEXICON.language: module.LEXICON for module in (pl, ru, en, uk, de)}
_FEW_WORDS = 3
_LASTS = frozenset({"non", "not", "wont", "нон", "hoh"})
_LEAST_FOR_SPELLING = 4
_LONG_WORD = 7
_UNCLEAR = Understood(Intent.UNCLEAR, confidence=0.0, source="none")


def understand(text: str, language: str, context: Context) -> Understood:
    """What a reply means. `language` is the patient's; one we do not know is read as English.

    A reply that means nothing in it is read in the languages it may have been written in instead. Of one that
    is not all there, what is left may stop us and permits nothing.
    """
    own = _LEXICONS.get(language.partition("-")[0].lower(), _LEXICONS["en"])
    if _opts_out(text, own):
        pending = context.appointment_pending and not _beyond_doubt(text)
        if not (pending and MISSING in text):
            return Understood(Intent.CANCEL if pending else Intent.OPT_OUT)
    if _is_urgent(text):
        return Understood(Intent.URGENT, source="pattern")
    if MISSING in text:
        return _UNCLEAR
    found = _understand_in(own, text, context)
    if found is not _UNCLEAR or _fold(text, own).words in own.unsure:
        return found
    for lexicon in _others(own):
        found = _understand_in(lexicon, text, context)
        if found is not _UNCLEAR:
            return replace(found, confidence=found.confidence * 0.8)
    spelt = _by_spelling(own, _fold(text, own), context)
    return spelt or _UNCLEAR


def _others(own: Lexicon) -> Iterable[Lexicon]:
    """Other scripts first, where words cannot be confused; then English, which everybody has heard."""
    yield from (lexicon for lexicon in _LEXICONS.values() if lexicon.script != own.script)
    if own.language != "en":
        yield _LEXICONS["en"]


def _fold(text: str, lexicon: Lexicon) -> Folded:
    return fold(text, lexicon.script)


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    # The lexicons are constants, so this is a table that builds itself on first use.
    return compile_patterns(patterns)


def _matches(patterns: tuple[str, ...], folded: Folded) -> bool:
    return _compiled(patterns).search(folded.words) is not None


def _beyond_doubt(text: str) -> bool:
    """A word or a phrase that means nothing but "write to me no more"."""
    for lexicon in _LEXICONS.values():
        folded = _fold(text, lexicon)
        words = folded.words.split()
        if not words:
            continue
        if words[0] in lexicon.opt_out_words or folded.words in lexicon.opt_out_words:
            return not _is_visit_phrase(lexicon, folded)
        if len(words) <= _FEW_WORDS and _says_stop(words) and not _is_urgent(text):
            return True
        if _matches(lexicon.opt_out, folded):
            return True
        if len(words) == 1 and _slip(words[0], lexicon.opt_out_words) and not _is_known(words[0]):
            return True
    return False


def _says_stop(words: Sequence[str]) -> bool:
    """`non stop` says how long something lasts."""
    return any(
        squeeze(word) in ("stop", "стоп") and before not in _LASTS
        for before, word in zip(["", *words], words, strict=False)
    )


def _is_urgent(text: str) -> bool:
    return any(_matches(lexicon.urgent, _fold(text, lexicon)) for lexicon in _LEXICONS.values())


def _is_visit_phrase(lexicon: Lexicon, folded: Folded) -> bool:
    """`rezygnacja z wizyty` gives up a visit and not the messages."""
    return folded.words.split()[0] not in ("stop", "стоп") and _matches(lexicon.cancel, folded)


def _opts_out(text: str, own: Lexicon) -> bool:
    return _beyond_doubt(text) or _fold(text, own).words in own.ambiguous_opt_out


def _understand_in(lexicon: Lexicon, text: str, context: Context) -> Understood:
    folded = _fold(text, lexicon)
    if not folded.words or folded.words in lexicon.unsure:
        return _UNCLEAR
    if _matches(lexicon.wrong_number, folded):
        return Understood(Intent.WRONG_NUMBER, source="pattern")
    number = _number(lexicon, folded)
    if number is not None:
        return _by_number(number, context)
    local = context.now.astimezone(context.zone)
    mention = read_mention(folded.marked, lexicon.time, local.date())
    if mention is not None:
        return _by_time(mention, lexicon, folded, context)
    return _by_phrase(lexicon, folded, context) or _by_word(lexicon, folded, context) or _UNCLEAR


def _number(lexicon: Lexicon, folded: Folded) -> int | None:
    """The one number of a message that is nothing but a number, politely put. -1 is the last."""
    rest = folded.words.replace("#", "# ").split()
    numbers = [_as_number(word, lexicon) for word in rest]
    said = [number for number in numbers if number is not None]
    others = [word for word, number in zip(rest, numbers, strict=True) if number is None]
    if lexicon.language == "en":
        # "The second one": `one` is a number only when it is alone.
        said = said[:1] if len(said) > 1 and rest[-1] == "one" else said
    if len(said) != 1 or not all(word in lexicon.filler for word in others):
        return None
    # 15:00 or 05.12 is no choice.
    return None if re.search(r"\d\s*[.:/-]\s*\d", folded.marked) else said[0]


def _as_number(word: str, lexicon: Lexicon) -> int | None:
    if re.fullmatch(r"[0-9]", word):
        return int(word)
    return lexicon.ordinals.get(word)


def _by_number(number: int, context: Context) -> Understood:
    if context.offer:
        choice = len(context.offer) if number == -1 else number
        return Understood(Intent.CHOICE, choice) if 1 <= choice <= len(context.offer) else _UNCLEAR
    if context.appointment_pending:
        prompt = {1: Intent.CONFIRM, 2: Intent.CANCEL, 3: Intent.RESCHEDULE}.get(number)
        return Understood(prompt) if prompt is not None else _UNCLEAR
    return _UNCLEAR


def _by_time(mention: Mention, lexicon: Lexicon, folded: Folded, context: Context) -> Understood:
    """A time was named; what for depends on what was asked."""
    wanted = resolve(mention, context.now, context.zone)
    for patterns, intent in ((lexicon.human, Intent.HUMAN), (lexicon.too_expensive, Intent.TOO_EXPENSIVE)):
        if _matches(patterns, folded):
            return Understood(intent, wanted=wanted, source="pattern")
    if context.offer:
        return _choice(mention, lexicon, folded, context) or Understood(
            Intent.OTHER_TIMES, wanted=wanted, confidence=0.9, source="date"
        )
    if context.appointment_pending:
        return _time_while_pending(lexicon, folded, wanted)
    for patterns, intent in ((lexicon.cancel, Intent.CANCEL), (lexicon.declines, Intent.DECLINES)):
        if _matches(patterns, folded):
            return Understood(intent, confidence=0.8, source="pattern")
    if _matches(lexicon.reschedule, folded):
        return Understood(Intent.RESCHEDULE, wanted=wanted, source="date")
    if wanted is None:
        return _UNCLEAR
    return Understood(Intent.WANTS_VISIT, wanted=wanted, confidence=0.9, source="date")


def _choice(mention: Mention, lexicon: Lexicon, folded: Folded, context: Context) -> Understood | None:
    """The one offered slot that can be meant. A question, or a bare part of the day, only wishes."""
    offer = context.offer or ()
    if folded.asks or mention.several or (mention.day or mention.at) is None:
        return None
    meant = _meant(mention, offer, context)
    if len(meant) != 1 or _matches(lexicon.cancel, folded):
        return None
    exact = mention.day is not None and mention.at is not None and mention.bound is None
    return Understood(Intent.CHOICE, meant[0], offer[meant[0] - 1], 1.0 if exact else 0.8, source="date")


def _time_while_pending(lexicon: Lexicon, folded: Folded, wanted: datetime | None) -> Understood:
    """I will be there on Friday: repeats the visit. Friday alone: asks for another day."""
    agrees = _matches(lexicon.confirm, folded) or folded.words.split()[0] in lexicon.yes_words
    if agrees and not _matches(lexicon.cancel, folded):
        return Understood(Intent.CONFIRM, confidence=0.8, source="pattern")
    return Understood(Intent.RESCHEDULE, wanted=wanted, confidence=0.9, source="date")


def _meant(mention: Mention, offer: tuple[datetime, ...], context: Context) -> list[int]:
    return [index for index, start in enumerate(offer, 1) if mention.admits(start.astimezone(context.zone))]


def _by_phrase(lexicon: Lexicon, folded: Folded, context: Context) -> Understood | None:
    elsewhere = Intent.RESCHEDULE if context.appointment_pending and not context.offer else Intent.OTHER_TIMES
    for patterns, intent in (
        (lexicon.reschedule, Intent.OTHER_TIMES if context.offer else Intent.RESCHEDULE),
        (lexicon.other_times, elsewhere),
        (lexicon.cancel, Intent.CANCEL),
        (lexicon.human, Intent.HUMAN),
        # "No, too expensive" is about the price.
        (lexicon.too_expensive, Intent.TOO_EXPENSIVE),
        (lexicon.declines, Intent.DECLINES),
        (lexicon.wants_visit, Intent.WANTS_VISIT),
    ):
        if _matches(patterns, folded):
            return Understood(intent, confidence=0.9, source="pattern")
    if folded.asks or _matches(lexicon.question, _head(folded)):
        return Understood(Intent.QUESTION, confidence=0.7, source="pattern")
    if _matches(lexicon.confirm, folded) and folded.words.split()[0] not in lexicon.no_words:
        intent = Intent.CONFIRM if context.appointment_pending else Intent.WANTS_VISIT
        return Understood(intent, confidence=0.8, source="pattern")
    return None


def _head(folded: Folded) -> Folded:
    """The first two words: where a question without its mark begins."""
    return Folded(" ".join(folded.words.split()[:2]), "", folded.asks)


def _by_word(lexicon: Lexicon, folded: Folded, context: Context) -> Understood | None:
    words = folded.words.split()
    yes = folded.words in lexicon.yes_words or words[0] in lexicon.yes_words
    no = folded.words in lexicon.no_words or words[0] in lexicon.no_words
    if yes == no or (yes and any(word in lexicon.no_words for word in words)):
        return None
    if any(word.isdigit() for word in words):
        return None  # "No 2" may refuse the second or choose it
    sure = 1.0 if len(words) <= _FEW_WORDS else 0.6
    if no:
        intent = Intent.CANCEL if context.appointment_pending and not context.offer else Intent.DECLINES
        return Understood(intent, confidence=sure)
    if context.offer and len(context.offer) == 1:
        return Understood(Intent.CHOICE, 1, confidence=sure)
    pending = context.appointment_pending and not context.offer
    return Understood(Intent.CONFIRM if pending else Intent.WANTS_VISIT, confidence=sure)


def _by_spelling(lexicon: Lexicon, folded: Folded, context: Context) -> Understood | None:
    """One long word, one slip away from a word that we know, and from words of one intent only."""
    words = folded.words.split()
    if not words or len(words) > 2:  # noqa: PLR2004 - in longer messages a slip has too many neighbours
        return None
    known = tuple(word for word in lexicon.yes_words + lexicon.no_words if " " not in word)
    fixes = {near for word in words for near in _near(word, known)}
    fixes |= {near for word in words for near in _near(word, _single_words(lexicon))}
    fixes |= {squeeze(word) for word in words if squeeze(word) != word and squeeze(word) in known}
    meanings = {
        found
        for fix in fixes
        if (
            found := _by_phrase(lexicon, fold(fix, lexicon.script), context)
            or _by_word(lexicon, fold(fix, lexicon.script), context)
        )
    }
    if len({found.intent for found in meanings}) != 1:
        return None
    return replace(next(iter(meanings)), confidence=0.6, source="spelling")


def _single_words(lexicon: Lexicon) -> tuple[str, ...]:
    """Patterns of one word; a stem stands for itself."""
    groups = (lexicon.cancel, lexicon.reschedule, lexicon.confirm, lexicon.too_expensive, lexicon.wants_visit)
    return tuple(p.removesuffix("*") for group in groups for p in group if " " not in p)


def _near(word: str, known: Iterable[str]) -> list[str]:
    if len(word) < _LEAST_FOR_SPELLING:
        return []
    most = 2 if len(word) >= _LONG_WORD else 1
    # The first letter stays: `nie…` and `не…` at the head of a word would turn it around.
    return [
        other
        for other in known
        if len(other) >= _LEAST_FOR_SPELLING
        and word[0] == other[0]
        and OSA.distance(word, other, score_cutoff=most) <= most
    ]


def _slip(word: str, opt_out_words: tuple[str, ...]) -> bool:
    """Whether a word is an opt-out with a slip of the finger. Two swapped letters are one slip."""
    if len(word) < _LEAST_FOR_SPELLING:
        return False
    return any(
        squeeze(word) == squeeze(other)
        or (len(other) >= _LEAST_FOR_SPELLING and OSA.distance(word, other, score_cutoff=1) <= 1)
        for other in opt_out_words
    )


def _is_known(word: str) -> bool:
    """A word with a meaning of its own is no misspelt opt-out."""
    for lexicon in _LEXICONS.values():
        if word in lexicon.yes_words or word in lexicon.no_words or word in lexicon.filler:
            return True
        if _matches(lexicon.cancel + lexicon.confirm + lexicon.wants_visit, Folded(word, word, asks=False)):
            return True
    # Steps, shops, stoops and feet (Polish `stopa`) are not requests.
    return word in (
        "step",
        "steps",
        "shop",
        "stoop",
        "stopa",
        "stopy",
        "stope",
        "top",
        "столп",
        "столпа",
        "slop",
    )
