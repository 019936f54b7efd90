"""E-mail addresses that are nobody's: the domain `.example` is reserved (RFC 2606)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

WITH_MAILBOX: Final = 0.86
"""Share of the patients who gave an address."""

_DOMAINS = ("poczta.example", "skrzynka.example", "mail.example", "pochta.example")
_ASCII = str.maketrans(
    dict(zip("ąćęłńóśźżабвгдезийклмнопрстуфыэ", "acelnoszzabvgdeziyklmnoprstufye", strict=True))
    | {"ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"}
    | {"ъ": "", "ь": "", "ю": "yu", "я": "ya", "'": ""}
)


def a_mailbox(rng: Random, given: str, family: str, number: int) -> str:
    """The address of the patient with this number; no other number has the same."""
    # What is no plain letter loses its accent, or goes; the only digits are the number's.
    spelt = unicodedata.normalize("NFKD", f"{given}.{family}".lower().translate(_ASCII))
    name = re.sub(r"[^a-z-]+", ".", spelt.encode("ascii", "ignore").decode()).strip(".-")
    return f"{name}{number}@{rng.choice(_DOMAINS)}"
