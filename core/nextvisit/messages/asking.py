"""Words by which a text asks its reader to write back, in the languages that the appliance understands."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[.!?;\n]+")
_ASKS = re.compile(
    r"\b(?:stop|стоп"
    r"|reply|respond|(?:answer|text) (?:yes|no|\d)"
    r"|odpisz|odpowiedz|proszę o odpowiedź|wyślij"
    r"|antworte|antworten sie"
    r"|ответьте|отправьте|пришлите"
    r"|дайте відповідь|відповідайте|надішліть)\b",
    re.IGNORECASE,
)
_STOP = re.compile(r"\b(?:stop|стоп)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(?:no|not|never|nie|nicht|не)\b|n['’]t\b", re.IGNORECASE)


def asks_to_write_back(text: str) -> str | None:
    """The first word by which it asks for an answer; None where it asks for none, or not to answer."""
    for sentence in _SENTENCE.split(text):
        found = _ASKS.search(sentence)
        if found is not None and _NOT.search(sentence[: found.start()] + sentence[found.end() :]) is None:
            return found[0]
    return None


def says_stop(text: str) -> bool:
    """Whether it names the word that ends our messages."""
    return _STOP.search(text) is not None
