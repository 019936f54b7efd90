"""Phrases, and where they stand in a text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nextvisit.understanding import patterns
from nextvisit.understanding.folding import fold
from nextvisit.understanding.patterns import Phrases, check
from nextvisit.understanding.trial import CONTEXTS
from nextvisit.understanding.understand import understand

TEXTS = st.text("abc ,.?", max_size=60)


def found(pattern: str, text: str) -> tuple[int, ...] | None:
    span = Phrases([pattern]).first_in(fold(text, "latin").tokens)
    return None if span is None else span.tokens


@pytest.mark.parametrize(
    ("pattern", "text", "tokens"),
    [
        ("stop it", "please stop it", (1, 2)),
        ("bol* ... klat*", "boli mnie dziś w klatce", (0, 4)),
        ("bol* ... klat*", "boli mnie od rana bardzo w klatce", None),  # four words in between
        ("bol* & klat*", "w klatce coś mnie bardzo boli", (1, 5)),
        ("nie|nigdy pisz*", "nigdy piszcie", (0, 1)),
        ("nie ... pisz*", "nie, piszcie proszę", None),  # another clause
        ("don't text", "Don't text", (0, 1)),
        ("non-stop", "non stop", (0, 1)),
        ("żyć", "ZYC", (0,)),
        ("a b", "a, b", None),
        ("a b", "a b?", (0, 1)),
    ],
)
def test_a_pattern_stands_where_it_stands(pattern: str, text: str, tokens: tuple[int, ...] | None) -> None:
    assert found(pattern, text) == tokens


@given(st.lists(st.sampled_from(["a", "b", "a b", "a ... c", "ab*", "a & c", "b|c a"]), min_size=1), TEXTS)
@example(["a"], "?a.a.a")
@example(["a ... c"], "a a a x x c")
@example(["a"], " ".join(["a"] * 40))
def test_a_long_text_is_searched_as_a_short_one_is(patterns: list[str], text: str) -> None:
    phrases = Phrases(patterns)
    tokens = fold(text, "latin").tokens
    long = (*tokens, "|", *(["x"] * 100))
    assert phrases.covered(long) == phrases.covered(tokens)


@pytest.mark.parametrize("pattern", ["", " ", "a ...", "a & b & c", "x & ", "a||b", "k*", "(", "a.b", "&"])
def test_a_pattern_that_no_text_can_have_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check(pattern)


@pytest.mark.parametrize("word", ["nie", "не", "in", "1", "stop", ".", "> a\n", "a, "])
@pytest.mark.parametrize("language", ["de", "en", "pl", "ru", "uk"])
def test_no_text_is_more_work_than_a_letter_is(
    monkeypatch: pytest.MonkeyPatch, word: str, language: str
) -> None:
    """Counted in phrases that are tried, not in time; `bench replies` has the milliseconds."""
    tried = 0
    at = patterns._Pattern.at

    def counted(self: patterns._Pattern, tokens: Sequence[str], start: int) -> tuple[int, ...] | None:
        nonlocal tried
        tried += 1
        return at(self, tokens, start)

    monkeypatch.setattr(patterns._Pattern, "at", counted)
    understand(f"{word} " * 20_000, language, CONTEXTS["O"])
    assert tried < 250_000
