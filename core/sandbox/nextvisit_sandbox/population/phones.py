"""Phone numbers as reception desks type them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

    from nextvisit_sandbox.population.names import Language

WITHOUT_MOBILE: Final = 0.06
"""Share of the patients who gave no mobile number."""

_POLISH_MOBILE = ("501", "502", "505", "510", "512", "515", "530", "533", "570", "575", "600", "604", "661")
_RUSSIAN_MOBILE = ("903", "905", "909", "910", "912", "915", "916", "921", "925", "926", "960", "985")
_POLISH_NATIONAL: Final = 9
_RUSSIAN_TRUNK: Final = 11
_US_NATIONAL: Final = 10


def a_mobile(rng: Random, language: Language, taken: set[str]) -> str:
    """Digits of an international number that nobody has yet, without `+`."""
    while True:
        if language == "ru" and rng.random() < 0.6:
            digits = f"7{rng.choice(_RUSSIAN_MOBILE)}{rng.randrange(10**7):07d}"
        else:
            digits = f"48{rng.choice(_POLISH_MOBILE)}{rng.randrange(10**6):06d}"
        if digits not in taken:
            taken.add(digits)
            return digits


def a_landline(rng: Random) -> str:
    """A Warsaw landline as people write it."""
    n = f"{rng.randrange(10**5):05d}"
    return rng.choice((f"22 62{n[0]} {n[1:3]} {n[3:]}", f"(22) 62{n}", f"+48 22 62{n}"))


def as_written(rng: Random, digits: str) -> str:
    """One of the ways in which a number gets into a patient's record."""
    if digits.startswith("7"):
        a, b, c, d = digits[1:4], digits[4:7], digits[7:9], digits[9:]
        return rng.choice((f"8 ({a}) {b}-{c}-{d}", f"+7 {a} {b}-{c}-{d}", f"8{a}{b}{c}{d}", f"+{digits}"))
    a, b, c = digits[2:5], digits[5:8], digits[8:]
    return rng.choice(
        (
            f"{a} {b} {c}",
            f"{a}{b}{c}",
            f"+48 {a}-{b}-{c}",
            f"+48 {a} {b} {c}",
            f"+{digits}",
            f"0048 {a} {b} {c}",
            f"(+48) {a}-{b}-{c}",
        )
    )


def digits_of(raw: str) -> str:
    """The international number meant by a raw writing, by this clinic's habits; digits only."""
    digits = re.sub(r"\D", "", raw)
    if digits.startswith("00"):
        return digits[2:]
    if "+" in raw:
        return digits
    if len(digits) == _POLISH_NATIONAL:
        return f"48{digits}"
    if len(digits) == _RUSSIAN_TRUNK and digits.startswith("8"):
        return f"7{digits[1:]}"
    if len(digits) == _US_NATIONAL:  # Synthea's people
        return f"1{digits}"
    return digits
