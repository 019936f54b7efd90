"""What a stranger may read: the subject of a mail and every short text light up on a locked phone.

So they name no specialty, no illness and no examination. Medical secrecy does not end at the lock
screen, and a phone is often a family's. Words are compared by their beginnings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from nextvisit.messages.template_lint import without_markup

LONGEST_SUBJECT = 60
"""Characters; about what a phone shows of a subject."""

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


def telling(text: str, language: str) -> list[str]:
    """The words of a text, before values are filled in, that tell a stranger too much."""
    stems = _EVERYWHERE + _BY_LANGUAGE.get(language.partition("-")[0].lower(), ())
    found = []
    for word in re.findall(r"\w+", without_markup(text)):
        folded = _fold(word)
        if any(folded == _fold(s) if s in _WHOLE_WORD else folded.startswith(_fold(s)) for s in stems):
            found.append(word)
    return found


def _fold(word: str) -> str:
    """Lower case without accents: `Skóra` and `skora` are one word."""
    plain = unicodedata.normalize("NFD", word.casefold().replace("ł", "l"))
    return "".join(char for char in plain if not unicodedata.combining(char))
