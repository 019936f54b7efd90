"""What is written back at once to somebody's words, outside of any campaign, and in which words.

The words name nobody and no visit but the one that is asked about. A text without letters outside GSM's
alphabet is one part; Polish is written without its marks for that, as people do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from nextvisit.domain.emergency_numbers import emergency_numbers


class AutoReplyKind(StrEnum):
    """EMERGENCY: whom to call, to somebody who may need help now. STOP_CONFIRMED: that a STOP was heard.
    ASK_BACK: whether the writer means that slot of the offer.
    """

    EMERGENCY = "emergency"
    STOP_CONFIRMED = "stop_confirmed"
    ASK_BACK = "ask_back"


SENSE_FOR: Final[Mapping[AutoReplyKind, timedelta]] = MappingProxyType(
    {
        # A number that comes late does no harm, and an outage may last a night.
        AutoReplyKind.EMERGENCY: timedelta(hours=12),
        AutoReplyKind.STOP_CONFIRMED: timedelta(hours=24),
        AutoReplyKind.ASK_BACK: timedelta(hours=2),
    }
)
"""How long after somebody wrote it is still an answer to that."""

EMERGENCY_AGAIN: Final = timedelta(hours=1)
"""Within so long the number is not written to one address a second time."""


@dataclass(frozen=True, slots=True)
class _Words:
    """either: between two numbers. crisis: follows `emergency` where the country has such a line."""

    emergency: str
    crisis: str
    either: str
    stop_confirmed: str
    ask_back: str


_WORDS: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "de": _Words(
            emergency="Vielleicht liest das gerade niemand. Wenn Sie Hilfe brauchen, rufen Sie {numbers} an.",
            crisis="Zum Reden, Tag und Nacht: {line}.",
            either="oder",
            stop_confirmed="Wir senden Ihnen keine Einladungen mehr. Zu Terminen, die vereinbart sind, "
            "schreiben wir noch.",
            ask_back="Meinen Sie {slot}? Dann antworten Sie bitte {choice}.",
        ),
        "en": _Words(
            emergency="Nobody may be reading this now. If you need help, please call {numbers} at once.",
            crisis="To talk, day and night: {line}.",
            either="or",
            stop_confirmed="We will send you no more invitations. About booked visits we still write.",
            ask_back="Do you mean {slot}? Then please answer {choice}.",
        ),
        "pl": _Words(
            emergency="Byc moze nikt teraz tego nie czyta. Jesli trzeba pomocy, prosimy dzwonic: {numbers}.",
            crisis="Rozmowa w kryzysie, cala dobe: {line}.",
            either="lub",
            stop_confirmed="Nie bedziemy juz przysylac zaproszen. O umowionych wizytach nadal piszemy.",
            ask_back="Czy chodzi o {slot}? Jesli tak, prosimy odpisac {choice}.",
        ),
        "ru": _Words(
            emergency="Возможно, сейчас это никто не читает. Если нужна помощь, звоните: {numbers}.",
            crisis="Поговорить, круглосуточно: {line}.",
            either="или",
            stop_confirmed="Больше не присылаем приглашений. О назначенных визитах ещё пишем.",
            ask_back="Вы про {slot}? Тогда ответьте {choice}.",
        ),
        "uk": _Words(
            emergency="Можливо, зараз цього ніхто не читає. Якщо потрібна допомога, телефонуйте: {numbers}.",
            crisis="Поговорити, цілодобово: {line}.",
            either="або",
            stop_confirmed="Більше не надсилаємо запрошень. Про призначені візити ще пишемо.",
            ask_back="Ви про {slot}? Тоді дайте відповідь {choice}.",
        ),
    }
)

LANGUAGES: Final = tuple(_WORDS)


def emergency_words(language: str, country: str) -> str:
    """Whom to call in this country (ISO 3166) when it cannot wait."""
    words, numbers = _WORDS[language], emergency_numbers(country)
    text = words.emergency.format(numbers=f" {words.either} ".join(numbers.call))
    return text if numbers.crisis_line is None else f"{text} {words.crisis.format(line=numbers.crisis_line)}"


def stop_words(language: str) -> str:
    """That no invitation follows."""
    return _WORDS[language].stop_confirmed


def ask_back_words(language: str, slot: str, choice: int) -> str:
    """Whether this slot, as its offer labels it, is meant. choice: its number there."""
    return _WORDS[language].ask_back.format(slot=slot, choice=choice)


_CYRILLIC = re.compile("[Ѐ-ӿ]")
_UKRAINIAN = re.compile("[іїєґ]", re.IGNORECASE)


def language_to_answer_in(text: str, *wishes: str | None) -> str:
    """The first of `wishes`, best first, that there are words in; English at last.

    Who writes in Cyrillic reads Cyrillic, whatever language is on record.
    """
    spoken = [primary for wish in wishes if wish and (primary := _primary(wish)) in _WORDS]
    if _CYRILLIC.search(text):
        fallback = "uk" if _UKRAINIAN.search(text) else "ru"
        return next((each for each in spoken if each in {"ru", "uk"}), fallback)
    return next(iter(spoken), "en")


def _primary(tag: str) -> str:
    return re.split("[-_]", tag)[0].lower()
