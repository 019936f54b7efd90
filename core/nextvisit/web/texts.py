"""What the patient pages say, by language. Nothing here may be embarrassing over a shoulder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PageTexts:
    """One language. `{visit}` is filled in with the visit's day and hour.

    urgent, unread, crisis: for somebody who may need help now. read: what was typed is for a person. sure,
    sure_visit: what is asked when that does not go with the button that was pressed.
    """

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
    urgent: str
    unread: str
    crisis: str
    read: str
    chosen: str
    sure: str
    sure_button: str
    sure_visit: str
    back: str
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
            urgent="Jeśli potrzebna jest pomoc, prosimy zadzwonić od razu:",
            unread="Wiadomość do nas dotarła, ale być może nikt jej teraz nie czyta.",
            crisis="Rozmowa w kryzysie, całą dobę:",
            read="Dziękujemy. Ktoś z nas przeczyta, co Państwo napisali.",
            chosen="Dziękujemy. Rezerwujemy termin: {visit}.",
            sure="Czy zarezerwować termin: {visit}?",
            sure_button="Tak, proszę zarezerwować",
            sure_visit="Czy umówić wizytę?",
            back="Wróć do pytania",
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
            urgent="Если нужна помощь, звоните сразу:",
            unread="Сообщение дошло до нас, но, возможно, сейчас рядом никого нет.",
            crisis="Поговорить, круглосуточно:",
            read="Спасибо. Ваши слова прочтёт человек.",
            chosen="Спасибо. Записываем вас: {visit}.",
            sure="Записать вас на {visit}?",
            sure_button="Да, запишите",
            sure_visit="Записать вас на визит?",
            back="Вернуться к вопросу",
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
            urgent="If you need help, please call at once:",
            unread="Your message has reached us, but nobody may be reading it just now.",
            crisis="To talk, day and night:",
            read="Thank you. A person will read what you wrote.",
            chosen="Thank you. We are booking {visit} for you.",
            sure="Shall we book {visit} for you?",
            sure_button="Yes, please book it",
            sure_visit="Would you like a visit?",
            back="Back to the question",
            inactive="This link is no longer active.",
            booked="Your visit: {visit}. If you cannot come, please call us.",
            unsubscribe="Stop receiving messages from us?",
            unsubscribe_button="Unsubscribe",
            trouble="We cannot take your answer just now. Please try again in a minute.",
            slow_down="Too many attempts. Please try again in a minute.",
            call_us="Telephone:",
        ),
        "de": PageTexts(
            invite="Wir möchten gern einen Termin mit Ihnen vereinbaren.",
            offer="Bitte wählen Sie einen Termin.",
            note="Haben Sie eine Frage? Bitte schreiben Sie uns oder rufen Sie an.",
            wants_visit="Ich möchte einen Termin",
            too_expensive="Das ist mir zu teuer",
            other_times="Keiner dieser Termine passt",
            question_label="Ihre Frage (bitte nichts über Ihre Gesundheit)",
            question="Frage senden",
            stop="Bitte senden Sie mir keine Nachrichten mehr",
            thanks="Vielen Dank. Ihre Antwort ist angekommen.",
            stopped="Vielen Dank. Wir senden Ihnen keine Einladungen mehr.",
            urgent="Wenn Sie Hilfe brauchen, rufen Sie bitte sofort an:",
            unread="Ihre Nachricht ist angekommen, aber vielleicht liest sie gerade niemand.",
            crisis="Zum Reden, Tag und Nacht:",
            read="Vielen Dank. Ein Mensch liest, was Sie geschrieben haben.",
            chosen="Vielen Dank. Wir buchen für Sie: {visit}.",
            sure="Sollen wir für Sie buchen: {visit}?",
            sure_button="Ja, bitte buchen",
            sure_visit="Möchten Sie einen Termin?",
            back="Zurück zur Frage",
            inactive="Dieser Link ist nicht mehr aktiv.",
            booked="Ihr Termin: {visit}. Wenn Sie nicht kommen können, rufen Sie uns bitte an.",
            unsubscribe="Keine Nachrichten mehr von uns erhalten?",
            unsubscribe_button="Abmelden",
            trouble="Wir können Ihre Antwort gerade nicht annehmen. Bitte versuchen Sie es in einer Minute.",
            slow_down="Zu viele Versuche. Bitte versuchen Sie es in einer Minute.",
            call_us="Telefon:",
        ),
        "uk": PageTexts(
            invite="Запрошуємо вас записатися на візит.",
            offer="Будь ласка, оберіть час.",
            note="Маєте запитання? Напишіть чи зателефонуйте нам.",
            wants_visit="Хочу записатися",
            too_expensive="Для мене дорого",
            other_times="Жоден час не підходить",
            question_label="Ваше запитання (нічого особистого, будь ласка)",
            question="Надіслати запитання",
            stop="Більше не надсилайте мені повідомлень",
            thanks="Дякуємо. Ми отримали вашу відповідь.",
            stopped="Дякуємо. Ми більше не надсилатимемо запрошень.",
            urgent="Якщо потрібна допомога, телефонуйте одразу:",
            unread="Ваше повідомлення дійшло до нас, але, можливо, зараз його ніхто не читає.",
            crisis="Поговорити, цілодобово:",
            read="Дякуємо. Ваші слова прочитає людина.",
            chosen="Дякуємо. Записуємо вас: {visit}.",
            sure="Записати вас на {visit}?",
            sure_button="Так, запишіть",
            sure_visit="Записати вас на візит?",
            back="Повернутися до запитання",
            inactive="Це посилання більше не діє.",
            booked="Ви записані: {visit}. Якщо плани зміняться, зателефонуйте нам.",
            unsubscribe="Відписатися від наших повідомлень?",
            unsubscribe_button="Відписатися",
            trouble="Зараз ми не можемо прийняти відповідь. Будь ласка, спробуйте за хвилину.",
            slow_down="Забагато спроб. Будь ласка, спробуйте за хвилину.",
            call_us="Телефон:",
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
