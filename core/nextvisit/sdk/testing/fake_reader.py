"""A second reader of replies that says what it was told to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.hookspecs import IntentReaderPlugin
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.settings import PluginSettings


class FakeReader:
    """Knows words: a text that holds one means what that word means, surely."""

    def __init__(self, words: Mapping[str, Intent] | None = None) -> None:
        self._words = dict(words or {})
        self._fault: NextVisitError | None = None
        self._meanwhile: Callable[[], object] | None = None
        self.read: list[str] = []

    def break_down(self, fault: NextVisitError | None) -> None:
        """From now on every call raises `fault`; None: it works again."""
        self._fault = fault

    def meanwhile(self, work: Callable[[], object] | None) -> None:
        """From now on every reading does this first: waits, or raises what no reader may."""
        self._meanwhile = work

    def check(self) -> str:
        """As the port says."""
        if self._fault is not None:
            raise self._fault
        return "fake reader"

    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        """As the port says."""
        del language
        self.check()
        if self._meanwhile is not None:
            self._meanwhile()
        self.read.append(text)
        return {intent: 1.0 for word, intent in self._words.items() if word in text.lower()}


PLUGIN = IntentReaderPlugin("fake", PluginSettings, frozenset({"pl", "en"}), 1, lambda _: FakeReader())
