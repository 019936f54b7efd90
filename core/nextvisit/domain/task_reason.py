"""Why staff is asked to do something, and how that is said to staff.

A reply's intent that nobody answers becomes the reason of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from nextvisit.domain.reply_holds import UNTIL_READ
from nextvisit.sdk.replies import Intent

RECEPTION: Final = "reception"
"""Who is asked when no campaign says whom."""

ADMINISTRATOR: Final = "administrator"
"""Who is asked to mend what the appliance cannot work with."""


class TaskReason(StrEnum):
    """A code; it is stored, logged and audited, so it never says who or what about."""

    # the campaign
    CAMPAIGN = "campaign"
    SILENCE = "silence"
    NONE_FREE = "none_free"
    SLOT_GONE = "slot_gone"
    OFFER_UNSENT = "offer_unsent"
    BOOKING_FAILED = "booking_failed"
    # what a reply means
    WANTS_VISIT = "wants_visit"
    DECLINES = "declines"
    TOO_EXPENSIVE = "too_expensive"
    QUESTION = "question"
    CHOICE = "choice"
    OTHER_TIMES = "other_times"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    CONFIRM = "confirm"
    HUMAN = "human"
    URGENT = "urgent"
    WRONG_NUMBER = "wrong_number"
    UNCLEAR = "unclear"
    DECEASED = "deceased"
    HOLD = "hold"
    ALREADY_BOOKED = "already_booked"
    RUNNING_LATE = "running_late"
    FOR_ANOTHER = "for_another"
    SCORE = "score"
    COMPLAINT = "complaint"
    OTHER_LANGUAGE = "other_language"
    # who wrote
    REPLY_WITHOUT_JOURNEY = "reply_without_journey"
    OVERTAKEN = "overtaken"
    SHARED_ADDRESS = "shared_address"
    UNKNOWN_SENDER = "unknown_sender"
    # what we sent
    SEND_UNKNOWN = "send_unknown"
    RESTORE_UNKNOWN = "restore_unknown"
    UNREACHABLE = "unreachable"
    # who it is
    IDENTITY_CHANGED = "identity_changed"
    # what somebody has to mend
    CAMPAIGN_FAULTY = "campaign_faulty"
    CHANNEL_DOWN = "channel_down"


CANNOT_WAIT: Final = (TaskReason.URGENT, TaskReason.DECEASED)
"""Such tasks come first, in this order: somebody may need help now, or is owed a word by a person."""

NEVER_SILENTLY: Final = frozenset({*CANNOT_WAIT, TaskReason.HOLD})
"""Whoever ends such a task says what came of it."""

_SAYS_ENOUGH: Final = frozenset({Intent.CANCEL, Intent.RESCHEDULE, Intent.RUNNING_LATE, Intent.COMPLAINT})
"""What reception can act on without a conversation."""


def outside_of_a_journey(intent: Intent) -> TaskReason:
    """Of a reply that no open journey hears."""
    if intent in UNTIL_READ or intent in _SAYS_ENOUGH:
        return TaskReason(intent)
    return TaskReason.REPLY_WITHOUT_JOURNEY


WORDS: Mapping[str, Mapping[TaskReason, str]] = MappingProxyType(
    {
        "de": {
            TaskReason.CAMPAIGN: "die Kampagne bittet darum",
            TaskReason.SILENCE: "hat nicht geantwortet",
            TaskReason.NONE_FREE: "möchte einen Termin, und keiner ist frei",
            TaskReason.SLOT_GONE: "hat einen Termin gewählt, der inzwischen vergeben ist",
            TaskReason.OFFER_UNSENT: "möchte einen Termin, und die Vorschläge gingen nicht hinaus",
            TaskReason.BOOKING_FAILED: "das MIS hat die Buchung abgelehnt",
            TaskReason.WANTS_VISIT: "möchte einen Termin",
            TaskReason.DECLINES: "möchte keinen Termin",
            TaskReason.TOO_EXPENSIVE: "findet es zu teuer",
            TaskReason.QUESTION: "hat eine Frage",
            TaskReason.CHOICE: "hat einen Termin gewählt",
            TaskReason.OTHER_TIMES: "möchte andere Zeiten",
            TaskReason.CANCEL: "möchte einen Termin absagen",
            TaskReason.RESCHEDULE: "möchte einen Termin verlegen",
            TaskReason.CONFIRM: "bestätigt etwas, wonach wir nicht gefragt haben",
            TaskReason.HUMAN: "möchte mit einem Menschen sprechen",
            TaskReason.URGENT: "braucht vielleicht sofort Hilfe",
            TaskReason.WRONG_NUMBER: "sagt, dass die Nummer falsch ist",
            TaskReason.UNCLEAR: "hat etwas geschrieben, das wir nicht verstanden haben",
            TaskReason.DECEASED: "ist vielleicht verstorben",
            TaskReason.HOLD: "möchte vielleicht nicht mehr angeschrieben werden",
            TaskReason.ALREADY_BOOKED: "hat schon einen Termin",
            TaskReason.RUNNING_LATE: "verspätet sich",
            TaskReason.FOR_ANOTHER: "fragt für jemand anderen",
            TaskReason.SCORE: "hat eine Bewertung abgegeben",
            TaskReason.COMPLAINT: "beschwert sich",
            TaskReason.OTHER_LANGUAGE: "möchte in einer anderen Sprache angeschrieben werden",
            TaskReason.REPLY_WITHOUT_JOURNEY: "hat außerhalb eines Gesprächs geschrieben",
            TaskReason.OVERTAKEN: "eine Antwort wurde erst nach einer späteren gelesen",
            TaskReason.SHARED_ADDRESS: "jemand von mehreren mit dieser Nummer oder Adresse hat geschrieben",
            TaskReason.UNKNOWN_SENDER: "jemand hat geschrieben, den das MIS nicht kennt",
            TaskReason.UNREACHABLE: "ist unter keiner bekannten Nummer oder Adresse zu erreichen",
            TaskReason.SEND_UNKNOWN: "eine Nachricht ging vielleicht hinaus, vielleicht nicht",
            TaskReason.RESTORE_UNKNOWN: "nach einer Wiederherstellung: gingen manche Nachrichten hinaus?",
            TaskReason.IDENTITY_CHANGED: "ist laut MIS jetzt jemand anderes; bitte klären",
            TaskReason.CAMPAIGN_FAULTY: "die Kampagne ist angehalten, weil etwas in ihr nicht stimmt",
            TaskReason.CHANNEL_DOWN: "ein Kanal ist angehalten, weil er nicht arbeitet",
        },
        "en": {
            TaskReason.CAMPAIGN: "the campaign asks for it",
            TaskReason.SILENCE: "has not answered",
            TaskReason.NONE_FREE: "wants a visit, and no time is free",
            TaskReason.SLOT_GONE: "chose a time that is taken by now",
            TaskReason.OFFER_UNSENT: "wants a visit, and times could not be sent",
            TaskReason.BOOKING_FAILED: "the MIS refused the booking",
            TaskReason.WANTS_VISIT: "wants a visit",
            TaskReason.DECLINES: "does not want a visit",
            TaskReason.TOO_EXPENSIVE: "finds it too expensive",
            TaskReason.QUESTION: "asks a question",
            TaskReason.CHOICE: "chose a time",
            TaskReason.OTHER_TIMES: "wants other times",
            TaskReason.CANCEL: "wants to cancel a visit",
            TaskReason.RESCHEDULE: "wants to move a visit",
            TaskReason.CONFIRM: "confirms something that we did not ask",
            TaskReason.HUMAN: "wants to speak to a person",
            TaskReason.URGENT: "may need help now",
            TaskReason.WRONG_NUMBER: "says that this is the wrong number",
            TaskReason.UNCLEAR: "wrote something that we did not understand",
            TaskReason.DECEASED: "may have died",
            TaskReason.HOLD: "may not want to be written to any more",
            TaskReason.ALREADY_BOOKED: "has an appointment already",
            TaskReason.RUNNING_LATE: "is running late",
            TaskReason.FOR_ANOTHER: "asks for somebody else",
            TaskReason.SCORE: "has given a score",
            TaskReason.COMPLAINT: "complains",
            TaskReason.OTHER_LANGUAGE: "asks to be written to in another language",
            TaskReason.REPLY_WITHOUT_JOURNEY: "wrote outside of a conversation",
            TaskReason.OVERTAKEN: "an answer was read only after a later one",
            TaskReason.SHARED_ADDRESS: "one of several with this number or mailbox wrote",
            TaskReason.UNKNOWN_SENDER: "somebody wrote whom the MIS does not know",
            TaskReason.UNREACHABLE: "cannot be reached at any number or mailbox that we know",
            TaskReason.SEND_UNKNOWN: "a message may or may not have gone out",
            TaskReason.RESTORE_UNKNOWN: "after a restore nobody knows of some messages whether they went out",
            TaskReason.IDENTITY_CHANGED: "is somebody else by now, says the MIS; find out who",
            TaskReason.CAMPAIGN_FAULTY: "the campaign is paused because something in it is wrong",
            TaskReason.CHANNEL_DOWN: "a channel is paused because it does not work",
        },
        "pl": {
            TaskReason.CAMPAIGN: "prosi o to kampania",
            TaskReason.SILENCE: "nie ma odpowiedzi od pacjenta",
            TaskReason.NONE_FREE: "chce umówić wizytę, a nie ma wolnych terminów",
            TaskReason.SLOT_GONE: "wybrany termin jest już zajęty",
            TaskReason.OFFER_UNSENT: "chce umówić wizytę, a nie udało się wysłać terminów",
            TaskReason.BOOKING_FAILED: "system placówki odrzucił rezerwację",
            TaskReason.WANTS_VISIT: "chce umówić wizytę",
            TaskReason.DECLINES: "nie chce wizyty",
            TaskReason.TOO_EXPENSIVE: "uważa, że to za drogo",
            TaskReason.QUESTION: "ma pytanie",
            TaskReason.CHOICE: "termin jest wybrany",
            TaskReason.OTHER_TIMES: "prosi o inne terminy",
            TaskReason.CANCEL: "chce odwołać wizytę",
            TaskReason.RESCHEDULE: "chce przełożyć wizytę",
            TaskReason.CONFIRM: "potwierdza coś, o co nie pytaliśmy",
            TaskReason.HUMAN: "chce porozmawiać z człowiekiem",
            TaskReason.URGENT: "może pilnie potrzebować pomocy",
            TaskReason.WRONG_NUMBER: "twierdzi, że to pomyłka i numer jest błędny",
            TaskReason.UNCLEAR: "przyszła odpowiedź, której nie zrozumieliśmy",
            TaskReason.DECEASED: "być może nie żyje",
            TaskReason.HOLD: "być może nie chce już dostawać wiadomości",
            TaskReason.ALREADY_BOOKED: "ma już umówioną wizytę",
            TaskReason.RUNNING_LATE: "spóźni się",
            TaskReason.FOR_ANOTHER: "pyta w imieniu kogoś innego",
            TaskReason.SCORE: "wystawia ocenę",
            TaskReason.COMPLAINT: "składa skargę",
            TaskReason.OTHER_LANGUAGE: "prosi o wiadomości w innym języku",
            TaskReason.REPLY_WITHOUT_JOURNEY: "przyszła wiadomość poza rozmową",
            TaskReason.OVERTAKEN: "odpowiedź odczytano dopiero po późniejszej",
            TaskReason.SHARED_ADDRESS: "przyszła wiadomość od jednej z kilku osób z tym numerem lub adresem",
            TaskReason.UNKNOWN_SENDER: "przyszła wiadomość od osoby, której nie zna system placówki",
            TaskReason.UNREACHABLE: "nie ma kontaktu pod żadnym znanym numerem ani adresem",
            TaskReason.SEND_UNKNOWN: "nie wiadomo, czy wiadomość została wysłana",
            TaskReason.RESTORE_UNKNOWN: "po odtworzeniu kopii nie wiadomo, czy niektóre wiadomości wysłano",
            TaskReason.IDENTITY_CHANGED: "według systemu placówki to teraz ktoś inny; proszę to wyjaśnić",
            TaskReason.CAMPAIGN_FAULTY: "kampania jest wstrzymana, bo coś w niej jest nie tak",
            TaskReason.CHANNEL_DOWN: "kanał jest wstrzymany, bo nie działa",
        },
        "ru": {
            TaskReason.CAMPAIGN: "об этом просит кампания",
            TaskReason.SILENCE: "нет ответа",
            TaskReason.NONE_FREE: "хочет записаться, а свободного времени нет",
            TaskReason.SLOT_GONE: "выбранное время уже занято",
            TaskReason.OFFER_UNSENT: "хочет записаться, а варианты времени не удалось отправить",
            TaskReason.BOOKING_FAILED: "МИС отклонила запись",
            TaskReason.WANTS_VISIT: "хочет записаться",
            TaskReason.DECLINES: "не хочет записываться",
            TaskReason.TOO_EXPENSIVE: "считает, что это дорого",
            TaskReason.QUESTION: "есть вопрос",
            TaskReason.CHOICE: "время выбрано",
            TaskReason.OTHER_TIMES: "просит другое время",
            TaskReason.CANCEL: "хочет отменить визит",
            TaskReason.RESCHEDULE: "хочет перенести визит",
            TaskReason.CONFIRM: "подтверждает то, о чём мы не спрашивали",
            TaskReason.HUMAN: "хочет поговорить с человеком",
            TaskReason.URGENT: "возможно, нужна срочная помощь",
            TaskReason.WRONG_NUMBER: "говорит, что это не тот номер",
            TaskReason.UNCLEAR: "пришёл ответ, который мы не поняли",
            TaskReason.DECEASED: "возможно, умер(ла)",
            TaskReason.HOLD: "возможно, больше не хочет получать сообщения",
            TaskReason.ALREADY_BOOKED: "уже записан(а)",
            TaskReason.RUNNING_LATE: "опаздывает",
            TaskReason.FOR_ANOTHER: "спрашивает за другого человека",
            TaskReason.SCORE: "ставит оценку",
            TaskReason.COMPLAINT: "жалуется",
            TaskReason.OTHER_LANGUAGE: "просит писать на другом языке",
            TaskReason.REPLY_WITHOUT_JOURNEY: "пришло сообщение вне разговора",
            TaskReason.OVERTAKEN: "ответ прочитан только после более позднего",
            TaskReason.SHARED_ADDRESS: "написал кто-то из тех, у кого общий номер или адрес",
            TaskReason.UNKNOWN_SENDER: "написал кто-то, кого МИС не знает",
            TaskReason.UNREACHABLE: "нет связи ни по одному известному номеру или адресу",
            TaskReason.SEND_UNKNOWN: "неизвестно, ушло ли сообщение",
            TaskReason.RESTORE_UNKNOWN: "после восстановления неизвестно, ушли ли некоторые сообщения",
            TaskReason.IDENTITY_CHANGED: "в МИС это теперь другой человек; до выяснения никто не пишет",
            TaskReason.CAMPAIGN_FAULTY: "кампания приостановлена: в ней ошибка",
            TaskReason.CHANNEL_DOWN: "канал приостановлен: он не работает",
        },
        "uk": {
            TaskReason.CAMPAIGN: "про це просить кампанія",
            TaskReason.SILENCE: "немає відповіді",
            TaskReason.NONE_FREE: "хоче записатися, а вільного часу немає",
            TaskReason.SLOT_GONE: "обраний час уже зайнято",
            TaskReason.OFFER_UNSENT: "хоче записатися, а варіанти часу не вдалося надіслати",
            TaskReason.BOOKING_FAILED: "МІС відхилила запис",
            TaskReason.WANTS_VISIT: "хоче записатися",
            TaskReason.DECLINES: "не хоче записуватися",
            TaskReason.TOO_EXPENSIVE: "вважає, що це дорого",
            TaskReason.QUESTION: "є запитання",
            TaskReason.CHOICE: "час обрано",
            TaskReason.OTHER_TIMES: "просить інший час",
            TaskReason.CANCEL: "хоче скасувати візит",
            TaskReason.RESCHEDULE: "хоче перенести візит",
            TaskReason.CONFIRM: "підтверджує те, про що ми не питали",
            TaskReason.HUMAN: "хоче поговорити з людиною",
            TaskReason.URGENT: "можливо, потрібна термінова допомога",
            TaskReason.WRONG_NUMBER: "каже, що це не той номер",
            TaskReason.UNCLEAR: "надійшла відповідь, якої ми не зрозуміли",
            TaskReason.DECEASED: "можливо, помер(ла)",
            TaskReason.HOLD: "можливо, більше не хоче отримувати повідомлення",
            TaskReason.ALREADY_BOOKED: "уже має запис",
            TaskReason.RUNNING_LATE: "запізнюється",
            TaskReason.FOR_ANOTHER: "питає за іншу людину",
            TaskReason.SCORE: "ставить оцінку",
            TaskReason.COMPLAINT: "скаржиться",
            TaskReason.OTHER_LANGUAGE: "просить писати іншою мовою",
            TaskReason.REPLY_WITHOUT_JOURNEY: "надійшло повідомлення поза розмовою",
            TaskReason.OVERTAKEN: "відповідь прочитано лише після пізнішої",
            TaskReason.SHARED_ADDRESS: "написав хтось із тих, у кого спільний номер або адреса",
            TaskReason.UNKNOWN_SENDER: "написав хтось, кого МІС не знає",
            TaskReason.UNREACHABLE: "немає зв'язку за жодним відомим номером чи адресою",
            TaskReason.SEND_UNKNOWN: "невідомо, чи пішло повідомлення",
            TaskReason.RESTORE_UNKNOWN: "після відновлення невідомо, чи пішли деякі повідомлення",
            TaskReason.IDENTITY_CHANGED: "у МІС це тепер інша людина; до з'ясування ніхто не пише",
            TaskReason.CAMPAIGN_FAULTY: "кампанію призупинено: у ній помилка",
            TaskReason.CHANNEL_DOWN: "канал призупинено: він не працює",
        },
    }
)


def in_words(reason: TaskReason, language: str) -> str:
    """For staff; English for a language without words of its own."""
    return WORDS.get(language.partition("-")[0].lower(), WORDS["en"])[reason]
