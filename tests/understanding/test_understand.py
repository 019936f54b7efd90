"""Promises of `understand` that hold beyond the corpus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.messages.labels import slot_label
from nextvisit.sdk.replies import Intent
from nextvisit.understanding.model import Context
from nextvisit.understanding.trial import CONTEXTS
from nextvisit.understanding.understand import understand

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLAIN = Context(NOW, WARSAW)
PENDING = Context(NOW, WARSAW, appointment_pending=True)

MONTHS = {
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
}
LANGUAGES = tuple(MONTHS)
AT = {"pl": "o", "ru": "в", "en": "at", "de": "um", "uk": "о"}

visits = st.builds(
    lambda days, hour, quarter: (
        datetime(2026, 11, 24, hour, quarter * 15, tzinfo=WARSAW) + timedelta(days=days)
    ),
    st.integers(0, 360),
    st.integers(8, 19),
    st.integers(0, 3),
)
spoken = st.sampled_from(LANGUAGES)


@given(visits, spoken)
def test_a_time_written_out_is_read_back(visit: datetime, language: str) -> None:
    month = MONTHS[language].split()[visit.month - 1]
    text = f"{visit.day} {month} {AT[language]} {visit:%H:%M}"
    assert understand(text, language, PLAIN).wanted == visit


@given(visits, spoken)
def test_our_own_label_is_read_back(visit: datetime, language: str) -> None:
    assert understand(slot_label(visit, WARSAW, language), language, PLAIN).wanted == visit


@given(st.lists(visits, min_size=1, max_size=5, unique=True), st.data(), spoken)
def test_the_label_of_an_offered_slot_chooses_it(
    offer: list[datetime], data: st.DataObject, language: str
) -> None:
    index = data.draw(st.integers(0, len(offer) - 1))
    context = Context(NOW, WARSAW, offer=tuple(offer))
    got = understand(slot_label(offer[index], WARSAW, language), language, context)
    assert (got.intent, got.choice) == (Intent.CHOICE, index + 1)


@given(
    st.sampled_from(
        ["stop", "стоп", "unsubscribe", "wypisz", "отписаться", "відписатися", "abmelden", "не пишите"]
    ),
    st.sampled_from(["", "!", ".", "!!!", " ", "…", " 🛑"]),
    st.sampled_from([str.lower, str.upper, str.title]),
    spoken,
    st.sampled_from([PLAIN, PENDING, Context(NOW, WARSAW, offer=(NOW + timedelta(days=1),))]),
)
def test_an_opt_out_is_one_in_every_language_and_situation(
    word: str, tail: str, case: Callable[[str], str], language: str, context: Context
) -> None:
    assert understand(case(word) + tail, language, context).intent is Intent.OPT_OUT


@given(
    st.sampled_from(["stop", "стоп", "stopp", "unsubscribe", "отписаться", "wypisz"]),
    st.data(),
)
def test_a_key_held_down_does_not_hide_an_opt_out(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    times = data.draw(st.integers(2, 6))
    typed = word[:place] + word[place] * times + word[place + 1 :]
    assert understand(typed, "pl", PLAIN).intent is Intent.OPT_OUT


@pytest.mark.parametrize("word", ["nie", "no", "нет", "ні", "nein", "не", "n", "нет!", "NIE", "HET", "nope"])
@pytest.mark.parametrize("language", ["pl", "ru", "en", "uk", "de"])
@pytest.mark.parametrize("context", [PLAIN, PENDING])
def test_a_no_is_never_an_opt_out(word: str, language: str, context: Context) -> None:
    assert understand(word, language, context).intent is not Intent.OPT_OUT


@given(st.integers(0, 99))
def test_a_bare_number_means_nothing_while_nothing_was_asked(number: int) -> None:
    for language in LANGUAGES:
        assert understand(str(number), language, PLAIN).intent is Intent.UNCLEAR


@given(st.text(max_size=200), spoken, st.sampled_from([PLAIN, PENDING, Context(NOW, WARSAW, offer=(NOW,))]))
def test_any_text_is_answered_within_the_contract(text: str, language: str, context: Context) -> None:
    got = understand(text, language, context)
    assert 0 <= got.confidence <= 1
    assert got.wanted is None or got.wanted.tzinfo is not None
    # With an unclear one it is what is asked back about.
    assert got.choice is None or got.intent in {Intent.CHOICE, Intent.UNCLEAR}
    assert got.choice is not None or got.intent is not Intent.CHOICE
    assert got.choice is None or got.choice <= len(context.offer or ())


@pytest.mark.parametrize(
    ("text", "language"),
    [("nie jutro", "pl"), ("не в среду", "ru"), ("not Monday", "en"), ("nicht morgen", "de")],
)
def test_a_refused_day_is_not_wanted(text: str, language: str) -> None:
    assert understand(text, language, PLAIN).wanted is None


def test_an_hour_that_exists_twice_or_never_is_still_an_answer() -> None:
    context = Context(datetime(2026, 3, 27, 9, tzinfo=UTC), WARSAW)
    assert understand("29.03 02:30", "pl", context).wanted is not None


def test_an_emergency_is_found_in_a_language_that_is_not_the_patients() -> None:
    assert understand("болит в груди, не могу дышать", "pl", PLAIN).intent is Intent.URGENT
    assert understand("chest pain since morning", "ru", PLAIN).intent is Intent.URGENT


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [
        ("krwawię non stop", "pl", Intent.URGENT),
        ("bleeding won't stop", "en", Intent.URGENT),
        ("non stop wymiotuję", "pl", Intent.HOLD),
        ("Schmerzen non stop", "de", Intent.HOLD),
        ("боль нон-стоп", "ru", Intent.HOLD),
        ("please stop", "en", Intent.OPT_OUT),
        ("стоп, пожалуйста", "ru", Intent.OPT_OUT),
    ],
)
def test_what_does_not_stop_is_no_refusal(text: str, language: str, intent: Intent) -> None:
    assert understand(text, language, PLAIN).intent is intent


def test_one_offered_slot_is_taken_by_a_yes_and_several_are_not() -> None:
    tomorrow = NOW + timedelta(days=1)
    one = Context(NOW, WARSAW, offer=(tomorrow,))
    two = Context(NOW, WARSAW, offer=(tomorrow, tomorrow + timedelta(hours=1)))
    assert understand("tak", "pl", one).choice == 1
    assert understand("tak", "pl", two).choice is None


GONE = "\N{REPLACEMENT CHARACTER}"
ONE_TIME = Context(NOW, WARSAW, offer=(datetime(2026, 11, 24, 10, tzinfo=WARSAW),))


@pytest.mark.parametrize("context", [PLAIN, PENDING, ONE_TIME], ids=["plain", "pending", "offer"])
@pytest.mark.parametrize(
    "words", ["tak", "1", "24.11 o 10:00", "odwołuję wizytę", "nie", "rezygnuję", "anuluj", "pomyłka"]
)
def test_a_reply_that_is_not_all_there_permits_nothing(words: str, context: Context) -> None:
    for text in (f"{words}{GONE}", f"{GONE}{words}", f"{GONE} {words} {GONE}"):
        assert understand(text, "pl", context).intent in {Intent.UNCLEAR, Intent.HOLD}


@pytest.mark.parametrize(
    ("words", "intent"),
    [("STOP", Intent.OPT_OUT), ("стоп", Intent.OPT_OUT), ("boli mnie w klatce", Intent.URGENT)],
)
def test_a_reply_that_is_not_all_there_may_stop_us(words: str, intent: Intent) -> None:
    for text in (f"{words}{GONE}", f"{GONE}{words}"):
        assert understand(text, "pl", PENDING).intent is intent


def test_what_stops_us_is_told_beside_what_is_worse() -> None:
    got = understand("Mąż zmarł. Proszę przestać pisać", "pl", PLAIN)
    assert (got.intent, got.stops) == (Intent.DECEASED, True)
    got = understand("Krwawię. STOP", "pl", PLAIN)
    assert (got.intent, got.stops) == (Intent.URGENT, True)


@pytest.mark.parametrize(
    ("text", "language"), [("rezygnuję", "pl"), ("cancel", "en"), ("отказ", "ru"), ("Anuluj", "pl")]
)
def test_a_word_that_gives_up_a_visit_is_never_a_withdrawal(text: str, language: str) -> None:
    assert understand(text, language, PENDING).intent is Intent.CANCEL
    assert understand(text, language, PLAIN).intent is Intent.HOLD


def test_a_day_with_a_slip_is_asked_back() -> None:
    got = understand("piatwk pasuje", "pl", CONTEXTS["O"])
    assert (got.intent, got.choice) == (Intent.UNCLEAR, 2)


def test_a_time_with_something_else_beside_it_is_asked_back() -> None:
    got = understand("friday, if the bus runs", "en", CONTEXTS["O"])
    assert got.intent is Intent.UNCLEAR
    got = understand("friday tralala", "en", CONTEXTS["O"])
    assert (got.intent, got.choice) == (Intent.UNCLEAR, 2)


@pytest.mark.parametrize(
    ("text", "language", "other"),
    [
        ("yes please", "pl", "en"),
        ("Да, запишите меня", "pl", "ru"),
        ("так, запишіть мене", "en", "uk"),
        ("da, zapishite menya", "ru", "ru"),
        ("tak, zapyshit mene", "uk", "uk"),
    ],
)
def test_a_reply_in_another_language_is_read_in_it(text: str, language: str, other: str) -> None:
    got = understand(text, language, PLAIN)
    assert got.intent is Intent.WANTS_VISIT
    assert got.rule.startswith(other)


@pytest.mark.parametrize(
    ("text", "score"),
    [("9/10", 9), ("8 out of 10", 8), ("10", 10), ("0", 0), ("nine out of ten", 9), ("8.", 8)],
)
def test_a_score_is_read_where_one_was_asked_for(text: str, score: int) -> None:
    got = understand(text, "en", CONTEXTS["N"])
    assert (got.intent, got.score) == (Intent.SCORE, score)


@pytest.mark.parametrize("text", ["11", "7 or 8", "not 10", "-1", "7.5", "it took 3 hours"])
def test_what_is_no_score_is_none(text: str) -> None:
    assert understand(text, "en", CONTEXTS["N"]).intent is not Intent.SCORE
