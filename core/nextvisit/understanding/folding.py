"""One spelling for what people type: case, accents, punctuation, look-alike letters, held-down keys."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

# Lower-case pairs of letters that look alike when typed in capitals: CTOП, TAK, HI.
_PAIRS = {"a": "а", "b": "в", "c": "с", "e": "е", "h": "н", "i": "і", "k": "к", "m": "м", "o": "о", "p": "р"}
_PAIRS |= {"t": "т", "x": "х", "y": "у"}
_TO_CYRILLIC = str.maketrans(_PAIRS)
_TO_LATIN = str.maketrans({cyrillic: latin for latin, cyrillic in _PAIRS.items()})
# Letters that Unicode does not take apart.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "’": "'", "ʼ": "'", "`": "'", "№": "#"})
_SIGNS = {"👍": " ok ", "👌": " ok ", "✅": " ok ", "🙏": " ", "👎": " no ", "🛑": " stop "}

Script = Literal["latin", "cyrillic"]


@dataclass(frozen=True, slots=True)
class Folded:
    """`words` joined by single spaces without punctuation; `marked` keeps . : / - , for the date grammar."""

    words: str
    marked: str
    asks: bool


def fold(text: str, script: Script) -> Folded:
    """`script` is that of the patient's language; look-alikes are turned into it."""
    # NFKC first: full-width and stylised letters become plain ones.
    plain = unicodedata.normalize("NFKC", text)[:2000]
    for sign, word in _SIGNS.items():
        plain = plain.replace(sign, word)
    plain = plain.casefold().translate(_LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    asks = "?" in plain
    marked = re.sub(r"[^\w\s.:/,;!?\-#+\n']", " ", plain)
    marked = re.sub(r"[^\W\d_]+", lambda match: one_script(match.group(), script), marked)
    words = re.sub(r"[^\w\s#+]|_", " ", marked.replace("'", ""))
    return Folded(" ".join(words.split()), marked, asks)


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


def squeeze(word: str) -> str:
    """A held-down key let go: `стоооппп` → `стоп`."""
    return re.sub(r"(.)\1+", r"\1", word)
