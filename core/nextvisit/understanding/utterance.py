"""A text that is being read in one language: what stands in it, what is left of it, what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.folding import BORDERS, Folded, is_number
from nextvisit.understanding.model import Context, Understood
from nextvisit.understanding.patterns import Occurrence
from nextvisit.understanding.vocabulary import Tokens, Vocabulary, is_negated

UNCLEAR: Final = Understood(Intent.UNCLEAR, confidence=0.0, source="none")

_BEFORE: Final = 3
"""So many words before a phrase a negation turns it around: `nie chciałabym się zapisać`."""

_NAME: Final = 2
"""Words after a farewell that may be a name."""

_REFUSING: Final = frozenset({"busy", "cancel", "declines"})

_MEANINGFUL: Final = (
    "negation",
    "no",
    "doubt",
    "cancel",
    "cancels",
    "declines",
    "busy",
    "other_times",
    "reschedule",
    "human",
    "question",
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text that is being read in one language: what is in it, and what that comes to."""

    vocabulary: Vocabulary
    folded: Folded
    context: Context
    is_own: bool

    @property
    def tokens(self) -> Tokens:
        return self.folded.tokens

    @property
    def asks(self) -> bool:
        """Whether it is a question, with its mark or by how it begins."""
        head = self.vocabulary.without(self.vocabulary.without(self.tokens[:2], "wants_visit"), "agreed")
        return self.folded.asks or self.vocabulary.says(head, "question")

    def find(self, group: str) -> Occurrence | None:
        """The first phrase of the group. "I cannot wait" refuses nothing."""
        tokens = self.vocabulary.without(self.tokens, "agreed") if group in _REFUSING else self.tokens
        return self.vocabulary[group].first_in(tokens)

    def bare(self, group: str) -> Occurrence | None:
        """A phrase of the group beside which nothing of weight stands."""
        span = self.find(group)
        return None if span is None or self.left_of(self.beside(span)) else span

    def beside(self, span: Occurrence) -> list[str]:
        return [token for index, token in enumerate(self.tokens) if index not in span.tokens]

    def agreed(self) -> Occurrence | None:
        for group in ("agreed", "yes", "confirm"):
            span = self.find(group)
            if span is not None and not is_negated(self.vocabulary, self.tokens, span, _BEFORE):
                return span
        return None

    def left_of(self, tokens: Tokens) -> list[str]:
        """Words that nothing accounts for."""
        known: set[int] = set()
        for group in ("filler", "yes", "agreed", "wants_visit", "confirm", "farewell"):
            known |= self.vocabulary[group].covered(tokens)
        left = {index for index, token in enumerate(tokens) if index not in known and token not in BORDERS}
        return [tokens[index] for index in sorted(left - self._name(tokens, left))]

    def _name(self, tokens: Tokens, left: set[int]) -> set[int]:
        """What stands at the end, after a farewell, if it can be a name."""
        ends = [max(span.tokens) for span in self.vocabulary["farewell"].all_in(tokens)]
        if not ends:
            return set()
        tail = sorted(index for index in left if index > min(ends))
        words = [tokens[index] for index in tail]
        parted = any(token in BORDERS for token in tokens[tail[0] :]) if tail else False
        means = self.vocabulary.says(words, *_MEANINGFUL)
        is_name = len(tail) <= _NAME and not (parted or means or any(map(is_number, words)))
        return set(tail) if is_name else set()

    def is_refused(self, tokens: Tokens) -> bool:
        """Whether a word is left that turns a yes around."""
        rest = self.vocabulary.without(tokens, "agreed")
        return self.vocabulary.says(rest, "negation", "no")

    def is_denied(self, tokens: Tokens) -> bool:
        """Whether something is left that turns a yes around, or doubts it, or asks, or is no plain text."""
        rest = self.vocabulary.without(tokens, "agreed")
        doubted = self.vocabulary.says(rest, "doubt")
        return self.asks or self.folded.coded or doubted or self.is_refused(tokens)

    def by(self, intent: Intent, span: Occurrence) -> Understood:
        return Understood(intent, confidence=0.9, source="pattern", rule=self.rule(span))

    def rule(self, span: Occurrence) -> str:
        return f"{self.vocabulary.language}: {span.rule}"

    def yes(self, span: Occurrence) -> Understood:
        offer, pending = self.context.offer, self.context.appointment_pending
        found = self.by(Intent.WANTS_VISIT, span)
        if offer is not None and len(offer) == 1:
            return replace(found, intent=Intent.CHOICE, choice=1, wanted=offer[0])
        return replace(found, intent=Intent.CONFIRM) if pending and offer is None else found

    def wants(self) -> Understood | None:
        """A visit is asked for in words, or agreed to, or that is what is not wanted."""
        for group in ("wants_visit", "confirm"):
            for span in self.vocabulary[group].all_in(self.tokens):
                found = self._wish(span, group)
                if found is not None:
                    return found
        return None

    def _wish(self, span: Occurrence, group: str) -> Understood | None:
        offer, pending = self.context.offer, self.context.appointment_pending
        if is_negated(self.vocabulary, self.tokens, span, _BEFORE):
            if not pending or offer:
                return self.by(Intent.DECLINES, span)
            # "I will not be there" gives the visit up; "I did not want to confirm" says nothing of the kind.
            near = is_negated(self.vocabulary, self.tokens, span, within=1)
            near = near and not self.asks and len(self.left_of(self.beside(span))) <= 1
            return self.by(Intent.CANCEL, span) if near else replace(UNCLEAR, rule=self.rule(span))
        rest = self.beside(span)
        left = self.left_of(rest)
        denied = self.denies(rest)
        single = offer is not None and len(offer) == 1
        if single or (pending and offer is None):
            if left or denied or self.asks or (not single and group == "wants_visit"):
                return replace(UNCLEAR, choice=1 if single and not denied else None, rule=self.rule(span))
            return self.yes(span)
        if denied or (group == "confirm" and (left or self.asks)):
            return replace(UNCLEAR, rule=self.rule(span))
        return self.by(Intent.WANTS_VISIT, span)

    def denies(self, tokens: Tokens) -> bool:
        rest = self.vocabulary.without(tokens, "agreed")
        return self.vocabulary.says(rest, "negation", "doubt")

    def given_up(self, span: Occurrence, intent: Intent, wants: Understood | None) -> Understood:
        """A refusal. Not where it is itself denied, or doubted, or something is wanted beside."""
        beside = self.beside(span)
        denied = is_negated(self.vocabulary, self.tokens, span, _BEFORE)
        asked_for = wants is not None and wants.intent is Intent.WANTS_VISIT
        if denied or asked_for:
            return replace(UNCLEAR, rule=self.rule(span))
        if intent is Intent.CANCEL and self.asks:
            return Understood(Intent.QUESTION, confidence=0.7, source="pattern")
        doubted = self.context.appointment_pending and self.vocabulary.says(beside, "doubt")
        if intent is Intent.CANCEL and doubted:
            return replace(UNCLEAR, rule=self.rule(span))
        return self.by(intent, span)
