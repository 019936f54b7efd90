"""What a text says of a time. Now is Wednesday 2026-09-23, 11:00."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.understanding.dates import TimeReading, read_time, resolve
from nextvisit.understanding.folding import fold, plain, romanised_plain
from nextvisit.understanding.trial import NOW
from nextvisit.understanding.vocabulary import built_in


def read(language: str, text: str) -> TimeReading:
    vocabulary = built_in().native[language]
    return read_time(fold(text, vocabulary.spelling).marked, vocabulary.time, NOW.date())  # type: ignore[arg-type]


def wanted(language: str, text: str) -> str | None:
    mention = read(language, text).mention
    at = None if mention is None else resolve(mention, NOW, NOW.tzinfo)  # type: ignore[arg-type]
    return None if at is None else f"{at:%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        # half and quarter hours
        ("de", "morgen halb vier", "09-24 15:30"),
        ("de", "Freitag um halb zehn", "09-25 09:30"),
        ("de", "Freitag Viertel nach neun", "09-25 09:15"),
        ("de", "Freitag viertel vor 10", "09-25 09:45"),
        ("pl", "w piątek o wpół do czwartej", "09-25 15:30"),
        ("pl", "jutro kwadrans po dziewiątej", "09-24 09:15"),
        ("pl", "jutro za kwadrans dziesiąta", "09-24 09:45"),
        ("ru", "в пятницу в полчетвертого", "09-25 15:30"),
        ("ru", "завтра в половине десятого", "09-24 09:30"),
        ("ru", "завтра без четверти десять", "09-24 09:45"),
        ("uk", "у п'ятницю о пів на четверту", "09-25 15:30"),
        ("uk", "завтра чверть на десяту", "09-24 09:15"),
        ("en", "friday half past nine", "09-25 09:30"),
        ("en", "oct 5th quarter past nine", "10-05 09:15"),
        ("en", "tomorrow at quarter to ten", "09-24 09:45"),
        # weeks
        ("en", "in a fortnight", "10-07 12:00"),
        ("en", "the week after next", "10-05 12:00"),
        ("en", "in two weeks on thursday", "10-08 12:00"),
        ("de", "übernächsten Montag", "10-05 12:00"),
        ("de", "übernächste Woche", "10-05 12:00"),
        ("de", "in zwei Wochen am Donnerstag", "10-08 12:00"),
        ("pl", "za dwa tygodnie we czwartek", "10-08 12:00"),
        ("pl", "za 2 tyg", "10-07 12:00"),
        ("pl", "w przyszły wtorek po 16", "09-29 16:00"),
        ("ru", "через неделю в четверг часа в 4", "10-01 16:00"),
        ("ru", "через две недели", "10-07 12:00"),
        ("uk", "через тиждень у четвер", "10-01 12:00"),
        # days of a month
        ("ru", "приду 1 числа", "10-01 12:00"),
        ("ru", "5-го", "10-05 12:00"),
        ("uk", "1 числа", "10-01 12:00"),
        ("pl", "5-tego października", "10-05 12:00"),
        ("en", "on the 5th", "10-05 12:00"),
        ("de", "am 5. Oktober", "10-05 12:00"),
        # parts of a day
        ("ru", "послезавтра утром", "09-25 09:00"),
        ("uk", "післязавтра після обіду", "09-25 14:00"),
        ("en", "day after tomorrow at noon", "09-25 12:00"),
        ("de", "Freitag Nachmittag", "09-25 14:00"),
        # one slip
        ("en", "day after tomorow at noon", "09-25 12:00"),
        ("pl", "poniedziłek rano", "09-28 09:00"),
        ("ru", "в понедельнк", "09-28 12:00"),
    ],
)
def test_a_time_is_read(language: str, text: str, expected: str) -> None:
    assert wanted(language, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("zavtra v 10", "09-24 10:00"), ("v pyatnicu posle obeda", "09-25 14:00")]
)
def test_a_time_in_latin_letters_is_read(text: str, expected: str) -> None:
    words = built_in().romanised["ru"].time
    mention = read_time(romanised_plain(plain(text)).marked, words, NOW.date()).mention
    assert mention is not None
    assert f"{resolve(mention, NOW, NOW.tzinfo):%m-%d %H:%M}" == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pl", "7 lat temu byłam u was"),
        ("pl", "mam 2 pytania"),
        ("en", "i have two kids"),
        ("ru", "мне 70 лет"),
        ("de", "ich habe so viel zu tun"),
        ("uk", "мені 70 років"),
    ],
)
def test_what_is_no_time_is_none(language: str, text: str) -> None:
    assert read(language, text).mention is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pl", "po piątku"),
        ("ru", "до вторника"),
        ("en", "before friday"),
        ("de", "ab Freitag"),
        ("uk", "після п'ятниці"),
        ("pl", "wtorek lub środa"),
    ],
)
def test_a_day_that_only_bounds_a_time_is_no_day(language: str, text: str) -> None:
    mention = read(language, text).mention
    assert mention is not None
    assert mention.several


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pl", "nie w piątek"),
        ("en", "not friday"),
        ("ru", "только не в понедельник"),
        ("de", "nicht am Freitag"),
    ],
)
def test_a_time_that_does_not_suit_is_no_wish(language: str, text: str) -> None:
    reading = read(language, text)
    assert reading.mention is None
    assert reading.excludes


def test_what_is_left_beside_a_time_is_handed_back() -> None:
    assert read("pl", "w piątek o 16 wyjeżdżam").rest.split() == ["w", "|", "|", "wyjezdzam"]


def test_a_word_that_was_put_right_is_told() -> None:
    assert read("en", "5 septembre").respelled
    assert not read("en", "5 september").respelled


@pytest.mark.parametrize("days", range(1, 60, 7))
def test_an_unlikely_day_is_not_made_up(days: int) -> None:
    day = NOW + timedelta(days=days)
    assert wanted("pl", f"{day:%d.%m.%Y} o {day:%H:%M}") == f"{day:%m-%d %H:%M}"
