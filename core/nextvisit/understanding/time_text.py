"""Taking words of a time out of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

GAP: Final = " | "
"""Stands where something was taken out, as a border does."""


def alternatives(words: Iterable[str]) -> str:
    return _joined(tuple(words))


@cache
def _joined(words: tuple[str, ...]) -> str:
    # The words are those of the lexicons, so this is a table that builds itself on first use.
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def take(pattern: str, text: str) -> tuple[re.Match[str] | None, str]:
    """The first match, and the text without it."""
    found = re.search(pattern, text)
    return (found, f"{text[: found.start()]}{GAP}{text[found.end() :]}") if found else (None, text)
