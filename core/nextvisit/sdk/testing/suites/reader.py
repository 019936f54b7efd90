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
from nextvisit.sdk.testing.suites.calls import ask_now
from nextvisit.sdk.testing.suites.leaks import Leaks
from nextvisit.sdk.testing.suites.verdict import place_of, require

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

    nextvisit_canaries = (CANARY,)

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
        reader = self.reader()
        require(
            isinstance(reader, ReadsIntent),
            "it is no reader",
            where=type(reader).__name__,
            right="all methods of the port ReadsIntent: check and scores",
        )

    def test_it_says_what_it_can_and_what_it_takes(self) -> None:
        plugin = self.plugin()
        right = "IntentReaderPlugin(…, languages={'pl'}, memory=bytes in each process that reads)"
        known = plugin.languages and all(re.fullmatch(r"[a-z]{2,3}", each) for each in plugin.languages)
        require(known, "its languages are no languages", where=f"{plugin.slug}, languages", right=right)
        require(plugin.memory > 0, "it takes no memory", where=f"{plugin.slug}, memory", right=right)

    def test_check_answers(self) -> None:
        reader = self.reader()
        for _ in range(2):
            answer = ask_now(reader, "check")
            require(answer, "check says nothing", where=place_of(reader, "check"), right="name and version")

    @_by_text
    def test_it_scores_any_text_from_0_to_1(self, text: str) -> None:
        _scores(self.reader(), text, "pl")

    def test_a_text_without_words_is_one_without_an_opinion(self) -> None:
        reader = self.reader()
        for text in ("", " \n\t ", "?!…"):
            require(
                not any(_scores(reader, text, "en").values()),
                "it has an opinion on a text without words",
                where=place_of(reader, "scores"),
                right="no scores",
            )

    @pytest.mark.parametrize("language", ["pt-BR", "xx", ""])
    def test_a_language_that_it_does_not_know_breaks_nothing(self, language: str) -> None:
        _scores(self.reader(), "obrigado, até amanhã", language)

    @_by_text
    def test_the_same_text_gives_the_same_scores(self, text: str) -> None:
        reader = self.reader()
        first = _scores(reader, text, "pl")
        _scores(reader, "something else in between", "en")
        for again in (_scores(reader, text, "pl"), _scores(self.reader(), text, "pl")):
            _require_same(reader, first, again, "read again, or by another process,")

    def test_it_reads_in_another_thread_than_it_was_made_in(self) -> None:
        reader = self.reader()
        with ThreadPoolExecutor(1) as pool:
            there = pool.submit(_scores, reader, "please call me", "en").result()
        _require_same(reader, _scores(reader, "please call me", "en"), there, "read in another thread,")

    def test_nothing_of_the_patient_is_logged(self) -> None:
        reader, leaks = self.reader(), Leaks()
        with leaks.watch():
            _scores(reader, f"{CANARY}, please call me", "en")
        leaks.require_none([CANARY], "a log, or what was printed,", where=place_of(reader, "scores"))


def _scores(reader: ReadsIntent, text: str, language: str) -> dict[Intent, float]:
    """As the port wants them."""
    scores, where = ask_now(reader, "scores", text, language), place_of(reader, "scores")
    right = "a mapping of Intent to a share from 0 to 1"
    require(isinstance(scores, Mapping), f"it gives a {type(scores).__name__}", where=where, right=right)
    for intent, score in scores.items():
        require(isinstance(intent, Intent), "it scores what is no Intent", where=where, right=right)
        require(0.0 <= score <= 1.0, f"the score of {intent} is not from 0 to 1", where=where, right=right)
    return dict(scores)


def _require_same(
    reader: ReadsIntent, first: Mapping[Intent, float], again: Mapping[Intent, float], how: str
) -> None:
    require(
        again == first,
        f"{how} the same text has other scores",
        where=place_of(reader, "scores"),
        right="pure once it is loaded: no chance, no time, nothing that it remembers",
    )
