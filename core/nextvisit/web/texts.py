"""What the patient pages say, by language. Nothing here may be embarrassing over a shoulder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PageTexts:
    """One language. `{visit}` is filled in with the visit's day and hour."""

    invite: str
    offer: str
    note: str
    wants_visit: str
    too_expensive: str
    other_times: str
    question_label: str
    question: str
    stop: str
    thanks: str
    stopped: str
    inactive: str
    booked: str
    unsubscribe: str
    unsubscribe_button: str
    trouble: str
    slow_down: str
    call_us: str


TEXTS: Mapping[str, PageTexts] = MappingProxyType(
    {
        "pl": PageTexts(
            invite="Zapraszamy do kontaktu w sprawie wizyty.",
            offer="Prosimy wybrać termin.",
            note="Mają Państwo pytanie? Prosimy napisać albo zadzwonić.",
            wants_visit="Chcę umówić wizytę",
            too_expensive="Dla mnie za drogo",
            other_times="Żaden termin mi nie pasuje",
            question_label="Pytanie (prosimy nie podawać danych o zdrowiu)",
            question="Wyślij pytanie",
            stop="Proszę nie przysyłać mi więcej wiadomości",
            thanks="Dziękujemy. Odpowiedź dotarła do nas.",
            stopped="Dziękujemy. Nie będziemy już przysyłać zaproszeń.",
            inactive="Ten link nie jest już aktywny.",
            booked="Umówiona wizyta: {visit}. W razie zmiany planów prosimy o telefon.",
            unsubscribe="Czy zrezygnować z wiadomości od nas?",
            unsubscribe_button="Rezygnuję",
            trouble="Chwilowo nie możemy przyjąć odpowiedzi. Prosimy spróbować za minutę.",
            slow_down="Zbyt wiele prób. Prosimy spróbować za minutę.",
            call_us="Telefon:",
        ),
        "ru": PageTexts(
            invite="Приглашаем вас записаться на визит.",
            offer="Пожалуйста, выберите время.",
            note="Есть вопрос? Напишите или позвоните нам.",
            wants_visit="Хочу записаться",
            too_expensive="Для меня дорого",
            other_times="Ни одно время не подходит",
            question_label="Ваш вопрос (ничего личного, пожалуйста)",
            question="Отправить вопрос",
            stop="Больше не присылайте мне сообщений",
            thanks="Спасибо. Мы получили ваш ответ.",
            stopped="Спасибо. Мы больше не будем присылать приглашения.",
            inactive="Эта ссылка больше не действует.",
            booked="Вы записаны: {visit}. Если планы изменятся, позвоните нам.",
            unsubscribe="Отписаться от наших сообщений?",
            unsubscribe_button="Отписаться",
            trouble="Сейчас мы не можем принять ответ. Пожалуйста, попробуйте через минуту.",
            slow_down="Слишком много попыток. Пожалуйста, попробуйте через минуту.",
            call_us="Телефон:",
        ),
        "en": PageTexts(
            invite="We would like to arrange a visit with you.",
            offer="Please choose a time.",
            note="A question? Please write or call us.",
            wants_visit="I would like a visit",
            too_expensive="Too expensive for me",
            other_times="None of these times suits me",
            question_label="Your question (please leave out anything about your health)",
            question="Send the question",
            stop="Please send me no more messages",
            thanks="Thank you. Your answer has reached us.",
            stopped="Thank you. We will send you no more invitations.",
            inactive="This link is no longer active.",
            booked="Your visit: {visit}. If you cannot come, please call us.",
            unsubscribe="Stop receiving messages from us?",
            unsubscribe_button="Unsubscribe",
            trouble="We cannot take your answer just now. Please try again in a minute.",
            slow_down="Too many attempts. Please try again in a minute.",
            call_us="Telephone:",
        ),
    }
)
"""The languages that the pages speak."""


def choose_language(*wishes: str | None, fallback: Sequence[str]) -> str:
    """The first of `wishes`, then of `fallback`, that the pages speak; English at last."""
    for wish in (*wishes, *fallback):
        if wish is not None and (primary := wish.lower().replace("_", "-").split("-")[0]) in TEXTS:
            return primary
    return "en"
