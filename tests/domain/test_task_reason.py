"""Why staff is asked: a code with words in every language that patients are understood in."""

from __future__ import annotations

import pkgutil

import pytest

from nextvisit.domain.task_reason import WORDS, TaskReason, in_words
from nextvisit.sdk.replies import Intent
from nextvisit.understanding import lexicons

LANGUAGES = sorted(each.name for each in pkgutil.iter_modules(lexicons.__path__))


def test_every_language_of_the_site_has_words() -> None:
    assert set(WORDS) == set(LANGUAGES)
    assert {"en", "pl", "ru"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words_of_its_own(language: str) -> None:
    words = WORDS[language]
    assert set(words) == set(TaskReason)
    assert len(set(words.values())) == len(TaskReason)


def test_a_language_without_words_gets_english_ones() -> None:
    assert in_words(TaskReason.HUMAN, "pl-PL") == WORDS["pl"][TaskReason.HUMAN]
    assert in_words(TaskReason.HUMAN, "fi") == "wants to speak to a person"


def test_what_a_reply_means_is_a_reason_unless_it_ends_everything() -> None:
    assert {each.value for each in Intent} - {each.value for each in TaskReason} == {"opt_out"}


def test_a_language_with_script_and_region_is_that_language() -> None:
    reason = next(iter(TaskReason))
    assert in_words(reason, "pl-Latn-PL") == in_words(reason, "pl") == WORDS["pl"][reason]
    assert WORDS["pl"][reason] != WORDS["en"][reason]
