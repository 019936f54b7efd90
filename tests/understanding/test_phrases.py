"""Replies of patients with what they mean. Dangerous: none; and how many are understood does not fall."""

from __future__ import annotations

from collections import Counter

import pytest

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.trial import CONTEXTS, Asked, Expected, Trial, Verdict, judge
from nextvisit.understanding.understand import understand
from tests.understanding.trials import name_of, trials

PHRASES = trials("phrases")
UNSEEN = trials("unseen")
"""1,400 that were written by others who had not seen the lexicons; docs/benchmarks.md says how the rules did
when they first read them. They are no measure any more, because what was dangerous has been mended since.
"""

REPORTED = trials("reported")
"""What strangers found: from public reports on programs like this one, from an administrator, from an attacker."""

LEAST_UNDERSTOOD = {
    "phrases": {"de": 95, "en": 95, "pl": 95, "ru": 95, "uk": 95},
    "unseen": {"de": 60, "en": 62, "pl": 65, "ru": 72, "uk": 73},
}
"""Of a hundred; rules alone."""

ELSEWHERE: tuple[Asked, ...] = ("I", "O", "S", "P")
_AGREES = {Intent.WANTS_VISIT, Intent.CONFIRM, Intent.CHOICE}


def verdict(trial: Trial) -> Verdict:
    return judge(trial.expect, understand(trial.text, trial.lang, trial.asked))


@pytest.mark.parametrize("trial", [*PHRASES, *UNSEEN], ids=name_of)
def test_no_reply_is_read_dangerously(trial: Trial) -> None:
    assert verdict(trial) is not Verdict.DANGER


@pytest.mark.parametrize("trial", REPORTED, ids=name_of)
def test_what_was_read_wrongly_once_is_not_any_more(trial: Trial) -> None:
    assert verdict(trial) is Verdict.RIGHT


@pytest.mark.parametrize("file", ["phrases", "unseen"])
@pytest.mark.parametrize("language", ["de", "en", "pl", "ru", "uk"])
def test_so_many_replies_are_understood(file: str, language: str) -> None:
    counts = Counter(verdict(trial) for trial in trials(file) if trial.lang == language)
    assert 100 * counts[Verdict.RIGHT] / counts.total() >= LEAST_UNDERSTOOD[file][language], counts


def expected_elsewhere(trial: Trial) -> Expected:
    """Whoever agrees may be taken at the word where one time, or a visit, is asked about."""
    meant = trial.expect
    if not _AGREES & set(meant.intents):
        return meant
    intents = (*meant.intents, Intent.CONFIRM, Intent.WANTS_VISIT, Intent.CHOICE)
    return Expected(intents=tuple(dict.fromkeys(intents)), choice=meant.choice or 1, wanted=meant.wanted)


@pytest.mark.parametrize("asked", ELSEWHERE)
@pytest.mark.parametrize("trial", PHRASES, ids=name_of)
def test_nor_where_something_else_was_asked(trial: Trial, asked: Asked) -> None:
    if trial.context in {asked, "N"} or (asked == "O" and trial.expect.wanted):
        return  # a score is given to nobody else; a time that is wished for may be one of those offered
    got = understand(trial.text, trial.lang, CONTEXTS[asked])
    assert judge(expected_elsewhere(trial), got) is not Verdict.DANGER, got
