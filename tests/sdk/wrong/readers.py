"""Second readers that are wrong about what a score is, or say what a patient wrote."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from typing import Any

import structlog

from nextvisit.sdk.hookspecs import IntentReaderPlugin
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_reader import FakeReader
from nextvisit.sdk.testing.suites import IntentReaderSuite
from tests.sdk.wrong import announced_in, wrong

FIRST = next(iter(Intent))


def kit_of(reader: Any) -> type[IntentReaderSuite]:
    """A class as an author would write it."""

    class TestReader(IntentReaderSuite):
        def plugin(self) -> IntentReaderPlugin:
            return IntentReaderPlugin("wrong", PluginSettings, frozenset({"pl"}), 1, lambda _: reader())

    return TestReader


OF_ANY_TEXT = tuple(
    f"{test}[{text}]"
    for test in ("it_scores_any_text_from_0_to_1", "the_same_text_gives_the_same_scores")
    for text in (
        "empty", "blank", "a_number", "signs", "zero", "half_a_pair", "lost", "from_right_to_left", "invisible",
        "ten_thousand_letters", "ten_thousand_letters_in_one_word", "ten_thousand_lines", "short", "plain",
    )
)  # fmt: skip
OF_ANY_LANGUAGE = tuple(
    f"a_language_that_it_does_not_know_breaks_nothing[{each}]" for each in ("pt-BR", "xx", "")
)


@wrong("is not from 0 to 1", *OF_ANY_TEXT, *OF_ANY_LANGUAGE, "a_text_without_words_is_one_without_an_opinion",
       "it_reads_in_another_thread_than_it_was_made_in", "nothing_of_the_patient_is_logged")  # fmt: skip
class ScoresInPercent(FakeReader):
    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        return {FIRST: 70.0}


@wrong("it has an opinion on a text without words", "a_text_without_words_is_one_without_an_opinion")
class GuessesAtNothing(FakeReader):
    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        return {FIRST: 0.5}


@wrong("the same text has other scores", *OF_ANY_TEXT[14:], "it_reads_in_another_thread_than_it_was_made_in",
       "a_text_without_words_is_one_without_an_opinion")  # fmt: skip
class ThrowsDice(FakeReader):
    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        return {FIRST: random.random()}


@wrong(
    "read in another thread, the same text has other scores", "it_reads_in_another_thread_than_it_was_made_in"
)
class KnowsItsOwnThreadOnly(FakeReader):
    def __init__(self) -> None:
        super().__init__({"call": FIRST})
        self._thread = threading.get_ident()

    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        return super().scores(text, language) if threading.get_ident() == self._thread else {}


@wrong("a log, or what was printed,", "nothing_of_the_patient_is_logged")
class LogsTexts(FakeReader):
    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        structlog.get_logger("reader").debug("text.read", text=text)
        return super().scores(text, language)


@wrong("scores raised UnicodeEncodeError", *(each for each in OF_ANY_TEXT if "half_a_pair" in each))
class StumblesOverHalfACharacter(FakeReader):
    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        text.encode()
        return super().scores(text, language)


globals().update({f"Test{each.__name__}": kit_of(each) for each in announced_in(globals())})
