"""Phrases in corpus/*.tsv: part, context, expected intent (and choice or wanted time), phrase.

The `held_out` part was written before the rules were first run on anything. On that first run it scored
pl 21, ru 21 and en 20 of 24. The four opt-outs that it missed were then taught, because missing one is
not tolerable, and moved to `tuned`; the rest is scored as it is and not tuned to. Author and phrases are
of one mind, so patients will score lower: what is not understood goes to a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.model import Context, Understood
from nextvisit.understanding.understand import understand

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, ten o'clock in Warsaw
OFFER = tuple(
    datetime(2026, 11, day, hour, minute, tzinfo=WARSAW)
    for day, hour, minute in ((24, 9, 0), (25, 15, 0), (26, 17, 30))
)
CONTEXTS = {
    "none": Context(NOW, WARSAW),
    "offer": Context(NOW, WARSAW, offer=OFFER),
    "pending": Context(NOW, WARSAW, appointment_pending=True),
}
CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of the corpus."""

    part: str
    language: str
    context: str
    expected: str
    text: str

    def holds(self) -> bool:
        got = understand(self.text, self.language, CONTEXTS[self.context])
        return _agrees(got, self.expected)


def _agrees(got: Understood, expected: str) -> bool:
    intent, _, detail = expected.partition(" ")
    if got.intent is not Intent(intent):
        return False
    if intent == "choice":
        return got.choice == int(detail)
    if detail:
        return got.wanted is not None and f"{got.wanted.astimezone(WARSAW):%Y-%m-%dT%H:%M}" == detail
    return True


def _phrases(part: str) -> Iterator[Phrase]:
    for path in sorted(CORPUS.glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = line.split("\t")
            if len(fields) == 4:
                fields.insert(1, path.stem)
            if fields[0] == part:
                yield Phrase(*fields)


@pytest.mark.parametrize(
    "phrase", list(_phrases("tuned")), ids=lambda phrase: f"{phrase.language}:{phrase.context}:{phrase.text}"
)
def test_a_known_phrase_is_understood(phrase: Phrase) -> None:
    got = understand(phrase.text, phrase.language, CONTEXTS[phrase.context])
    assert _agrees(got, phrase.expected), f"{got} instead of {phrase.expected}"


@pytest.mark.parametrize("language", ["pl", "ru", "en"])
def test_phrases_that_were_never_tuned_to_stay_at_their_score(language: str) -> None:
    phrases = [phrase for phrase in _phrases("held_out") if phrase.language == language]
    missed = [phrase for phrase in phrases if not phrase.holds()]
    assert len(phrases) >= 20
    assert len(missed) <= MISSED[language], [(phrase.text, phrase.expected) for phrase in missed]


@pytest.mark.parametrize("language", ["pl", "ru", "en"])
def test_what_is_missed_is_never_acted_upon_as_a_booking(language: str) -> None:
    for phrase in _phrases("held_out"):
        if phrase.language == language and not phrase.holds():
            got = understand(phrase.text, language, CONTEXTS[phrase.context])
            assert got.intent not in (Intent.CHOICE, Intent.CONFIRM), phrase.text


MISSED = {"pl": 1, "ru": 2, "en": 3}
