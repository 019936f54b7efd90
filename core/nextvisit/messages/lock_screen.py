"""What a stranger may read: the subject of a mail and every short text light up on a locked phone.

So they name no specialty, no illness and no examination. Medical secrecy does not end at the lock
screen, and a phone is often a family's. Words are compared by their beginnings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from nextvisit.messages.model import Template
from nextvisit.messages.sms import measure

LONGEST_SUBJECT = 60
"""Characters; about what a phone shows of a subject."""

MOST_PARTS = 4
"""Parts of an SMS, counted on the template itself; the cost is per part."""

# Shared by many languages, in Latin and in Cyrillic letters, after folding (see `_fold`).
_EVERYWHERE = (
    *("cardio", "kardio", "dermat", "gynae", "gynec", "gineko", "gynak", "onco", "onko", "psych", "venere"),
    *("wenero", "urolog", "prokto", "proctol", "nephro", "nefro", "neuro", "diabet", "hepat", "mammo"),
    *("endokry", "endocr", "androl", "hiv", "aids", "chemo", "botox", "ivf"),
    *("кардио", "кардіо", "дермат", "гинеко", "гінеко", "онко", "психи", "психі", "психо", "венеро"),
    *("уролог", "прокто", "нефро", "невро", "диабет", "діабет", "гепати", "маммо", "мамогр", "эндокр"),
    *("ендокр", "андрол", "вич", "спид", "снід", "химиотер", "хіміотер", "эко"),
)
_BY_LANGUAGE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            *("heart", "skin", "cancer", "tumor", "tumour", "pregnan", "std", "sti", "depress", "addict"),
            *("alcohol", "colonosc", "smear", "biops", "mole", "prostat", "diagnos", "abort", "fertil"),
        ),
        "pl": (
            *(
                "serc",
                "skora",
                "skory",
                "skore",
                "skorn",
                "rak",
                "nowotw",
                "guz",
                "ciaz",
                "depres",
                "uzalez",
                "alkohol",
                "kolonosk",
            ),
            *("cytolog", "biops", "znamio", "znamie", "prostat", "diagnoz", "rozpozn", "choro", "plodno"),
        ),
        "ru": (
            *("сердц", "сердеч", "кожа", "коже", "кожи", "кожн", "рак", "опухол", "беремен", "депресс"),
            *("зависим", "алкогол", "колоноск", "мазок", "биопс", "родинк", "простат", "диагноз", "болезн"),
        ),
        "uk": (
            *("серц", "шкір", "рак", "пухлин", "вагітн", "депрес", "залежн", "алкогол", "колоноск"),
            *("мазок", "біопс", "родимк", "простат", "діагноз", "хворо"),
        ),
        "de": (
            *("herz", "haut", "krebs", "tumor", "schwanger", "depress", "sucht", "alkohol", "darmsp"),
            *("abstrich", "biops", "muttermal", "prostat", "diagnos", "krankh"),
        ),
    }
)
# Short stems are whole words: `rak` must not forbid `Rakowice`, nor `вич` every patronymic's end.
_WHOLE_WORD = frozenset(
    {"rak", "рак", "вич", "спид", "снід", "hiv", "aids", "std", "sti", "эко", "ivf", "mole"}
)
_STOP = re.compile(r"\b(?:stop|стоп)\b", re.IGNORECASE)


def lint(template: Template, *, invitation: bool = False) -> list[str]:
    """Everything that speaks against sending this template to somebody's phone.

    invitation: the message opens a campaign that is no service, so its SMS says how to opt out.
    """
    faults: list[str] = []
    for part, text in (("email_subject", template.email_subject), ("short", template.short)):
        if text is not None:
            faults += [
                f"{part}: `{word}` tells a stranger too much" for word in _telling(text, template.language)
            ]
    if template.email_subject is not None:
        length = len(_without_markup(template.email_subject))
        if length > LONGEST_SUBJECT:
            faults.append(f"email_subject: {length} characters; a phone shows about {LONGEST_SUBJECT}")
    if template.short is not None:
        parts = measure(_without_markup(template.short)).parts
        if parts > MOST_PARTS:
            faults.append(f"short: {parts} SMS parts before any value is filled in; at most {MOST_PARTS}")
        if invitation and not _STOP.search(template.short):
            faults.append("short: an invitation says how to opt out (STOP)")
    return faults


def _telling(text: str, language: str) -> list[str]:
    stems = _EVERYWHERE + _BY_LANGUAGE.get(language.partition("-")[0].lower(), ())
    found = []
    for word in re.findall(r"\w+", _without_markup(text)):
        folded = _fold(word)
        if any(folded == _fold(s) if s in _WHOLE_WORD else folded.startswith(_fold(s)) for s in stems):
            found.append(word)
    return found


def _without_markup(text: str) -> str:
    """The template's own words; what Jinja fills in is not known yet."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", text, flags=re.DOTALL)


def _fold(word: str) -> str:
    """Lower case without accents: `Skóra` and `skora` are one word."""
    plain = unicodedata.normalize("NFD", word.casefold().replace("ł", "l"))
    return "".join(char for char in plain if not unicodedata.combining(char))
