"""What somebody wrote, without what they quoted and what their program added."""

from __future__ import annotations

import pytest

from nextvisit.understanding.passages import unmarked, written

OURS = "Zapraszamy na wizytę kontrolną.\nAby nie otrzymywać wiadomości, odpisz STOP."
QUOTED = "> " + OURS.replace("\n", "\n> ")

INTRODUCTIONS = [
    "On Wed, Sep 23, 2026 at 10:00 AM Clinic <desk@clinic.example> wrote:",
    "On Wed, 23 Sep 2026 at 10:00, A Clinic With A Long Name\n<desk@clinic.example> wrote:",
    "W dniu śr., 23 wrz 2026 o 10:00 Klinika <recepcja@klinika.pl> napisał(a):",
    "śr., 23 wrz 2026 o 10:00 Klinika <recepcja@klinika.pl> napisał(a):",
    "Am Mi., 23. Sept. 2026 um 10:00 Uhr schrieb Klinik <info@klinik.example>:",
    "ср, 23 сент. 2026 г. в 10:00, Клиника <a@b.ru>:",
    "23.09.2026, 10:00, Клиника пишет:",
    "ср, 23 вер. 2026 р. о 10:00 Клініка <a@b.ua> пише:",
    "-----Original Message-----",
    "________________________________",
    "-------- Oryginalna wiadomość --------",
    "Od: Klinika <recepcja@klinika.pl>\nWysłano: środa, 23 września 2026 10:00\nTemat: Wizyta",
    "Von: Klinik <info@klinik.example>\nGesendet: Mittwoch, 23. September 2026",
    "От: Клиника <a@b.ru>\nКому: пациент\nТема: Визит",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("quoted", [QUOTED, OURS], ids=["marked", "unmarked"])
def test_what_stands_under_the_introduction_of_a_quotation_is_not_theirs(
    introduction: str, quoted: str
) -> None:
    assert written(f"Tak, proszę\n\n{introduction}\n{quoted}") == "Tak, proszę"


def test_an_answer_below_or_between_quoted_lines_is_theirs() -> None:
    assert written(f"{INTRODUCTIONS[0]}\n{QUOTED}\n\nTak, proszę") == "Tak, proszę"
    assert written("> Friday?\nyes\n> STOP\nplease") == "yes\nplease"


@pytest.mark.parametrize(
    "added",
    [
        "-- \nJan Kowalski\nStop Sp. z o.o.",
        "Sent from my iPhone",
        "Wysłane z iPhone'a",
        "Get Outlook for Android",
        "Von meinem iPhone gesendet",
        "Отправлено с iPhone",
        "Надіслано з Gmail",
    ],
)
def test_what_a_program_adds_is_not_theirs(added: str) -> None:
    assert written(f"Tak\n\n{added}") == "Tak"


def test_our_own_lines_are_not_theirs_even_without_a_mark() -> None:
    assert written(f"Nie mogę\n{OURS}", OURS) == "Nie mogę"
    assert written("Tak\nSTOP", "Tak\nSTOP") == "Tak\nSTOP"  # too short to be surely ours


@pytest.mark.parametrize(
    "text",
    [
        "Liked “Zapraszamy na wizytę kontrolną.\nAby nie otrzymywać wiadomości, odpisz STOP.”",
        "Podoba mi się „Zapraszamy na wizytę…”",
        "Понравилось «zapraszamy na wizytę kontrolną»",
    ],
)
def test_our_own_words_that_a_phone_repeats_are_not_theirs(text: str) -> None:
    assert "zapraszamy" not in written(text, OURS).lower()
    assert "STOP" not in written(text, OURS)


@pytest.mark.parametrize(
    "text",
    [
        "Automatic reply: I am away. In an emergency please call 911.",
        "Abwesenheitsnotiz: bin im Urlaub, in dringenden Notfällen 112",
        "Automatyczna odpowiedź: jestem na urlopie. Aby się wypisać, odpisz STOP.",
    ],
)
def test_a_machines_answer_is_nobodys_words(text: str) -> None:
    assert written(text, OURS) == unmarked(text, written(text, OURS), OURS) == ""


def test_what_stands_below_a_signature_is_looked_at_for_what_cannot_wait() -> None:
    assert unmarked("yes\n--\nmy chest hurts", "yes") == "--\nmy chest hurts"
    assert unmarked(f"Tak\n\n{QUOTED}", "Tak") == ""


def test_what_they_put_in_quotes_themselves_is_theirs() -> None:
    assert "STOP i koniec tego" in written("piszę wyraźnie: „STOP i koniec tego”", OURS)


@pytest.mark.parametrize("text", ["", "   ", "> tylko cytat", "-- \npodpis", "Tak", "On my way: yes"])
def test_something_is_always_left_of_a_text(text: str) -> None:
    assert written(text).strip() or not text.strip()


def test_a_stop_of_theirs_below_nothing_of_ours_stays() -> None:
    assert (
        written("Dzień dobry,\nproszę nie pisać\nSTOP\nPozdrawiam")
        == "Dzień dobry,\nproszę nie pisać\nSTOP\nPozdrawiam"
    )
