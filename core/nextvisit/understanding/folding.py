"""One spelling for what people type: case, accents, punctuation, look-alike letters, held-down keys."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

# Lower-case pairs of letters that look alike when typed in capitals: CTOП, TAK, HI.
_PAIRS = {"a": "а", "b": "в", "c": "с", "e": "е", "h": "н", "i": "і", "k": "к", "m": "м", "o": "о", "p": "р"}
_PAIRS |= {"t": "т", "x": "х", "y": "у"}
_TO_CYRILLIC = str.maketrans(_PAIRS)
_TO_LATIN = str.maketrans({cyrillic: latin for latin, cyrillic in _PAIRS.items()} | {"ѕ": "s", "ј": "j"})
_RARE: Final = {"ӏ": "і", "һ": "н", "ԁ": "d", "ԛ": "q", "ԝ": "w", "ı": "i", "ɑ": "a", "ɡ": "g", "ѵ": "v"}
# Greek letters by the capitals that look like others: ΣTOΠ.
_GREEK: Final = dict(zip("αβεηικμνορτυχσςπφ", "abehikmnoptyxсспф", strict=True))
# Letters that Unicode does not take apart, and signs that stand for others.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "’": "'", "ʼ": "'", "`": "'", "´": "'"} | _RARE | _GREEK
)
_SIGNS = dict.fromkeys("👍👌✅✔💯☑", " ok ") | dict.fromkeys("🛑🚫", " stop ")
NO_SIGN: Final = "thumbsdown"
"""A sign that says no, as a word that every language has."""

_SIGNS |= dict.fromkeys("👎❌✖🙅⛔", f" {NO_SIGN} ")
_FRIENDLY: Final = frozenset("🙏🙂😊😀😃😄😁☺🥰❤💕💙💚💛💜🌷🌹🌸🌺💐👋😉🤗🎉😘✨☀⭐🍀🤝😇💪")
_FROWNS: Final = re.compile(r"[:;=]['-]?[(\[/\\|]")
BORDER: Final = "|"
"""The token that parts clauses."""

ASKS: Final = "?"
"""The token that parts clauses of which the first is a question."""

BORDERS: Final = frozenset({BORDER, ASKS})

_LONGEST: Final = 20_000
"""Letters that are read of one text: its head and its end, where people put what matters."""
_UNREAD: Final = "emoji"
_LEET: Final = re.compile(r"(?<=[^\W\d_])[013](?=[^\W\d_])")
_HELD_DOWN: Final = re.compile(r"([^\W\d_])\1{2,}")
_SPELLED: Final = 3
"""So many single letters in a row are one word: T A K, S.T.O.P."""

Script = Literal["latin", "cyrillic"]

_ROMAN: Final = str.maketrans(
    dict(zip("абвгґдеєэзиіїйыклмнопрстуфхц", "abvggdeeeziiiiiklmnoprstufhc", strict=True))
    | {"щ": "sh", "ш": "sh", "ч": "ch", "ж": "zh", "ю": "iu", "я": "ia", "ъ": "", "ь": ""}
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in one spelling.

    tokens: its words, and `BORDER` where punctuation parts clauses. words: the words alone, joined by
    single spaces. marked: as it was, with . : / - , for the date grammar. coded: with signs that make numbers
    amounts, or words something else than said.
    """

    tokens: tuple[str, ...]
    words: str
    marked: str
    asks: bool
    coded: bool = False


def fold(text: str, script: Script) -> Folded:
    """`script` is that of the language that it is read in; look-alikes are turned into it."""
    return fold_plain(plain(text), script)


def fold_plain(text: str, script: Script) -> Folded:
    """The same of a text that is `plain` already."""
    asks = "?" in text
    coded = _CODED.search(text) is not None
    marked = re.sub(r"[^\w\s.:/,;!?\-#+\n']|_", " ", text)
    marked = _SPELT.sub(lambda match: re.sub(r"[\s.\-]", "", match.group()), marked)
    if script == "cyrillic" or not marked.isascii():
        whole = _is_disguised(marked)
        marked = _WORD.sub(lambda match: _undisguised(match.group(), script, whole=whole), marked)
    tokens = tokenised(marked)
    return Folded(tokens, " ".join(token for token in tokens if token not in BORDERS), marked, asks, coded)


def romanised_plain(text: str) -> Folded:
    """A Russian or Ukrainian text in Latin letters, in the spelling that `romanised` gives to words."""
    folded = fold_plain(text, "latin")
    return Folded(
        tuple(romanised(token) for token in folded.tokens),
        romanised(folded.words),
        romanised(folded.marked),
        folded.asks,
        folded.coded,
    )


def plain(text: str) -> str:
    """Without case, accents and what is not seen."""
    # NFKC first: full-width and stylised letters become plain ones.
    text = shortened(unicodedata.normalize("NFKC", _FROWNS.sub(" :( ", text.replace("№", "#"))))
    text = text.replace(":(", f" {_UNREAD} ")
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    if not text.isascii():
        text = "".join(_sign(char) for char in text)
        text = "".join(
            c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c)
        )
    text = text.casefold()
    text = _HELD_DOWN.sub(r"\1\1", text)
    text = _LEET.sub(lambda digit: {"0": "o", "1": "i", "3": "e"}[digit.group()], text)
    text = text.translate(_LETTERS)
    return text if text.isascii() else "".join(c for c in text if unicodedata.category(c) != "Cf")


def _sign(char: str) -> str:
    """An emoji is a word that we do not know, unless it is only friendly."""
    if unicodedata.category(char) != "So" or char == "\N{REPLACEMENT CHARACTER}":
        return char
    return " " if char in _FRIENDLY else f" {_UNREAD} "


def shortened(text: str) -> str:
    """Its head and its end, if it is very long."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}\n{text[-_LONGEST // 2 :]}"


_CODED: Final = re.compile(r"[%€$£<>{}\[\]=~\"]")
_WORD: Final = re.compile(r"[^\W\d_]+")


def _is_disguised(text: str) -> bool:
    """Nothing but letters that look alike, of one script: HET. The English `he` is no Russian `не`."""
    letters = {char for char in text if char.isalpha()}
    return all(ord(char) in _TO_CYRILLIC for char in letters) or all(
        ord(char) in _TO_LATIN for char in letters
    )


def _undisguised(word: str, script: Script, *, whole: bool) -> str:
    """A word of two scripts in one; a stop; and what is written in look-alikes wholly.

    The Ukrainian `ні` beside Latin words is no `hi`.
    """
    cyrillic = any("а" <= char <= "ӿ" for char in word)
    latin = any("a" <= char <= "z" for char in word)
    if whole or (cyrillic and latin) or squeeze(word.translate(_TO_LATIN)) == "stop":
        return one_script(word, script)
    return word


_SPELT = re.compile(rf"(?<!\S)(?:[^\W\d_][\s.\-]){{{_SPELLED - 1},}}[^\W\d_](?![\w'])")


def tokenised(marked: str) -> tuple[str, ...]:
    """Words, and a border where a clause ends; several of those are one."""
    marked = re.sub(r"(?<=\d),(?=\d)", " ", marked)
    text = _PUNCTUATION.sub(
        lambda run: f" {ASKS if ASKS in run.group() else BORDER} ", marked.replace("'", "")
    )
    parts = _SEPARATE.sub(" ", text).replace("#", " # ").split()
    tokens: list[str] = []
    for part in parts:
        if part in BORDERS and (not tokens or tokens[-1] in BORDERS):
            if tokens and part == ASKS:
                tokens[-1] = ASKS
        else:
            tokens.append(part)
    return tuple(tokens[:-1] if tokens[-1:] == [BORDER] else tokens)


_PUNCTUATION: Final = re.compile(r"(?:[,;!?\n|]|\.(?=\s|$|\.)|\s-+(?=\s))(?:[\s,;!?\n|.]*[,;!?\n|.])?")
_SEPARATE: Final = re.compile(r"[^\w\s#+|?]")


def romanised(text: str) -> str:
    """Cyrillic in Latin letters, and the many ways in which people write those as one.

    Not a transliteration that can be undone: `хочу`, `hochu`, `khochu` and `xo4u` are all `hochu`.
    """
    text = text.translate(_ROMAN).replace("'", "")
    for spelling, one in _SPELLINGS:
        text = text.replace(spelling, one)
    return re.sub(r"([a-z])\1", r"\1", text)


_SPELLINGS: Final = (
    *(("shch", "sh"), ("sch", "sh"), ("tsch", "ch"), ("kh", "h"), ("ts", "c"), ("tz", "c"), ("x", "h")),
    *(("w", "v"), ("ja", "ia"), ("ya", "ia"), ("ju", "iu"), ("yu", "iu"), ("jo", "e"), ("yo", "e")),
    *(("io", "e"), ("je", "e"), ("ye", "e"), ("ie", "e"), ("iy", "i"), ("ij", "i"), ("yi", "i")),
    *(("ii", "i"), ("y", "i"), ("j", "i"), ("q", "k")),
)
"""Ways to write a letter, and the one that stands for all of them; longer ones first."""


def one_script(word: str, script: Script) -> str:
    """A word in one script. Mixed words, and words of look-alikes only, become the language's own."""
    cyrillic = any("а" <= char <= "ӿ" for char in word)
    latin = any("a" <= char <= "z" for char in word)
    to_cyrillic, to_latin = word.translate(_TO_CYRILLIC), word.translate(_TO_LATIN)
    pure_cyrillic = not any("a" <= char <= "z" for char in to_cyrillic)
    pure_latin = not any("а" <= char <= "ӿ" for char in to_latin)
    if script == "cyrillic" and latin and pure_cyrillic:
        return to_cyrillic
    if script == "latin" and cyrillic and pure_latin:
        return to_latin
    if cyrillic and latin:
        return to_cyrillic if pure_cyrillic else to_latin if pure_latin else word
    return word


def is_number(word: str) -> bool:
    """Whether it is written in the digits 0 to 9. Unicode has more, and not all are numbers to Python."""
    return word.isascii() and word.isdigit()


def squeeze(word: str) -> str:
    """A held-down key let go: `стоооппп` → `стоп`."""
    return re.sub(r"(.)\1+", r"\1", word)
