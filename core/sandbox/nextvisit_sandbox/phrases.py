"""What patients write on their phones, and how they read an offer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

Words: TypeAlias = Mapping[str, tuple[str, ...]]

# A Latin letter in the place of a Cyrillic one, as phones with two keyboards produce it.
_DA_WITH_LATIN_A: Final = "д" + chr(0x61)

YES: Final[Words] = {
    "pl": ("tak", "Tak", "TAK", "tak!", "taak", "Tak, poproszę"),
    "ru": ("да", "Да", "ДА", "да!", "даа", _DA_WITH_LATIN_A, "Да, хочу"),
    "en": ("yes", "Yes", "YES", "yess", "Yes, please"),
}
STOP: Final[Words] = {
    "pl": ("STOP", "stop", "Stop."),
    "ru": ("СТОП", "Стоп", "стоп!"),
    "en": ("STOP", "Stop"),
}
QUESTION: Final[Words] = {
    "pl": ("Czy trzeba być na czczo?", "Czy potrzebuję skierowania?", "Ile trwa taka wizyta?"),
    "ru": ("А нужно направление?", "Сколько длится приём?", "Можно прийти с ребёнком?"),
    "en": ("Do I need a referral?", "How long does it take?"),
}
TOO_EXPENSIVE: Final[Words] = {
    "pl": ("za drogo", "Za drogo", "to dla mnie za drogo"),
    "ru": ("дорого", "Слишком дорого", "дорого для меня"),
    "en": ("too expensive", "Too expensive for me"),
}
_TOMORROW: Final = {"pl": "jutro o", "ru": "завтра в", "en": "tomorrow at"}
_WEEKDAYS: Final[Words] = {
    "pl": ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"),
    "ru": (
        "в понедельник в",
        "во вторник в",
        "в среду в",
        "в четверг в",
        "в пятницу в",
        "в субботу в",
        "в воскресенье в",
    ),
    "en": (
        "monday at",
        "tuesday at",
        "wednesday at",
        "thursday at",
        "friday at",
        "saturday at",
        "sunday at",
    ),
}
_OPTION = re.compile(r"(\d)\)\s*(?:[^\d\s]+\s+)?(\d\d)\.(\d\d)(?:\.\d{4})?,?\s+(\d\d):(\d\d)")
_DAY_BEGINS, _DAY_ENDS = time(6), time(22)
_SATURDAY: Final = 5
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Option:
    """One numbered time of an offer, in the clinic's wall time."""

    number: str
    at: datetime


def say(words: Words, language: str, chance: float) -> str:
    """One of the ways to say it."""
    choices = words.get(language, words["en"])
    return choices[int(chance * len(choices))]


def read_options(text: str, today: date) -> list[Option]:
    """The times of `1) wt. 01.12 15:00  2) …`; a date that has passed belongs to the next year."""
    options = []
    for number, day, month, hour, minute in _OPTION.findall(text):
        try:
            at = datetime(today.year, int(month), int(day), int(hour), int(minute))  # noqa: DTZ001 - wall time
        except ValueError:
            continue  # A number that only looks like a date; a patient would not choose it either.
        if at.date() < today:
            at = at.replace(year=today.year + 1)
        options.append(Option(number, at))
    return options


def day_and_hour(language: str, at: datetime, now: datetime) -> str:
    """A time as people write it to somebody who knows what day it is today; at night they name the date."""
    clock = f"{at:%H:%M}".lstrip("0")
    if not _DAY_BEGINS <= now.time() < _DAY_ENDS:
        return f"{at:%d.%m} {at:%H:%M}"
    days = (at.date() - now.date()).days
    if days == 1:
        words = _TOMORROW.get(language, _TOMORROW["en"])
        return f"{words} {at.hour if at.minute == 0 and language == 'pl' else clock}"
    if 1 < days < _WEEK:
        return f"{_WEEKDAYS.get(language, _WEEKDAYS['en'])[at.weekday()]} {clock}"
    return f"{at:%d.%m} {at:%H:%M}"


def wished_time(chance: float, today: date) -> datetime:
    """A time that a patient proposes unasked: a working day within the next days, a full hour."""
    day = today + timedelta(days=1 + int(chance * 3))
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, 9 + int(chance * 1000) % 8)  # noqa: DTZ001 - wall time
