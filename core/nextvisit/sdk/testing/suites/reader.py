"""What every second reader of replies must keep to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from nextvisit.sdk.hookspecs import IntentReaderPlugin
from nextvisit.sdk.ports import ReadsIntent
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.suites.leaks import Leaks

CANARY = "Kanarienvogel 4713"
_TEXTS = {
    "empty": "",
    "blank": " \n\t ",
    "a number": "2",
    "signs": "?!… --- 👍🏽",
    "zero": "tak\x00nie",
    "half a pair": "ja \ud83d",
    "lost": "nie \N{REPLACEMENT CHARACTER} przyjdę",
    "from right to left": "\u202eنعم شكرا",
    "invisible": "s\u200bt\u200bo\u200bp",
    "ten thousand letters": "proszę o termin. " * 588,
    "ten thousand letters in one word": "a" * 10_000,
    "ten thousand lines": "\n" * 10_000,
    "short": "nie",
    "plain": "please call me back tomorrow",
}
_by_text = pytest.mark.parametrize("text", _TEXTS.values(), ids=[name.replace(" ", "_") for name in _TEXTS])


class IntentReaderSuite:
    """Subclass as `class Test…(IntentReaderSuite)` and implement `plugin`; `settings` if it needs any."""

    def plugin(self) -> IntentReaderPlugin:
        """As its hook gives it."""
        raise NotImplementedError

    def settings(self) -> PluginSettings:
        """Those of a reader that works."""
        return self.plugin().settings()

    def reader(self) -> ReadsIntent:
        """A new one."""
        reader: ReadsIntent = self.plugin().build(self.settings())
        return reader

    def test_it_is_a_reader(self) -> None:
        assert isinstance(self.reader(), ReadsIntent)

    def test_it_says_what_it_can_and_what_it_takes(self) -> None:
        plugin = self.plugin()
        assert plugin.languages
        assert all(re.fullmatch(r"[a-z]{2,3}", each) for each in plugin.languages)
        assert plugin.memory > 0

    def test_check_answers(self) -> None:
        reader = self.reader()
        assert reader.check()
        assert reader.check(), "and may be asked again"

    @_by_text
    def test_it_scores_any_text_from_0_to_1(self, text: str) -> None:
        _are_scores(self.reader().scores(text, "pl"))

    def test_a_text_without_words_is_one_without_an_opinion(self) -> None:
        reader = self.reader()
        for text in ("", " \n\t ", "?!…"):
            assert not any(reader.scores(text, "en").values())

    @pytest.mark.parametrize("language", ["pt-BR", "xx", ""])
    def test_a_language_that_it_does_not_know_breaks_nothing(self, language: str) -> None:
        _are_scores(self.reader().scores("obrigado, até amanhã", language))

    @_by_text
    def test_the_same_text_gives_the_same_scores(self, text: str) -> None:
        reader = self.reader()
        first = dict(reader.scores(text, "pl"))
        reader.scores("something else in between", "en")
        assert dict(reader.scores(text, "pl")) == first
        assert dict(self.reader().scores(text, "pl")) == first

    def test_it_reads_in_another_thread_than_it_was_made_in(self) -> None:
        reader = self.reader()
        with ThreadPoolExecutor(1) as pool:
            there = pool.submit(reader.scores, "please call me", "en").result()
        assert dict(reader.scores("please call me", "en")) == dict(there)

    def test_nothing_of_the_patient_is_logged(self) -> None:
        leaks = Leaks()
        with leaks.watch():
            self.reader().scores(f"{CANARY}, please call me", "en")
        assert leaks.of([CANARY]) == []


def _are_scores(scores: Mapping[Intent, float]) -> None:
    assert isinstance(scores, Mapping)
    for intent, score in scores.items():
        assert isinstance(intent, Intent)
        assert 0.0 <= score <= 1.0, intent
