"""Values of another's system replaced by others of the same shape, the same one by the same one everywhere.

The key is made anew with each instance and never leaves it: nobody finds out who stands behind a pseudonym.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from itertools import chain, islice, product
from typing import Final
from urllib.parse import quote, unquote

# A letter that was read by another charset is no letter, and tells as much.
_TOKEN: Final = re.compile(r"(?:[^\W_]|[^\x00-\x7f\s])+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ISO: Final = re.compile(
    r"(?P<prefix>(?:eq|ne|ge|le|gt|lt|sa|eb|ap)?)(?P<date>\d{4}-\d\d-\d\d)"
    r"(?P<rest>(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?)?(?:Z|[+-]\d\d:?\d\d)?)"
)
_MONTH: Final = re.compile(r"(\d{4})-(\d\d)")
_YEAR: Final = re.compile(r"1[89]\d\d|20\d\d")
_DOTTED: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})(?P<rest>(?: \d\d:\d\d(?::\d\d)?)?)")
_HTTP: Final = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_RECENT: Final = timedelta(days=3 * 365)
_ASIDE: Final = 180
"""Days by which a date of long ago is moved besides, this way or that: a birth date is a person's."""
_ASIDE_OF_A_YEAR: Final = 3 * _ASIDE
"""Of a year without a day: with less, a shift of whole years would leave it where the constant puts it."""
_OPAQUE: Final = 16
"""From so many letters and digits on, which of them stand where singles somebody out."""
_TRIES: Final = 100
_MOST: Final = 20_000


class Pseudonyms:
    """kept: values, and parts of values without a space, that stay as they are; codes, which name nobody.

    shift: by so much every instant and date is moved, whole weeks into the past. today: when is recorded. A
    date of more than three years before is moved by some days more or less, each by its own, the same one
    alike: whoever knows when was recorded knows the shift.
    """

    def __init__(self, kept: frozenset[str] = frozenset(), *, today: date) -> None:
        self._today = today
        self._key = secrets.token_bytes(32)
        self.shift = -timedelta(weeks=60 + secrets.randbelow(400))
        self._kept = kept
        self._reserved = {each.lower() for each in kept}
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, value: str, *, keep: bool = True, birth: bool = False) -> str:
        """keep: False replaces what would be kept. birth: a date is somebody's, however late it is."""
        if keep and value in self._kept:
            return value
        if (moved := self._moved(value, birth=birth)) is not None:
            return moved
        if (bare := html.unescape(unquote(value))) != value:
            # Each letter escaped would be replaced by its own, which a child breaks.
            made = self.of(bare, keep=keep)
            return quote(made, safe="/:?#[]@!$&'()*+,;= ") if unquote(value) != value else made
        # Words that stand between spaces are somebody's, whatever else they may mean.
        keep = keep and not any(each.isspace() for each in value)
        pieces, end = [], 0
        for found in _UUID.finditer(value):
            pieces += [self._tokens(value[end : found.start()], keep=keep), self._uuid(found[0])]
            end = found.end()
        return "".join([*pieces, self._tokens(value[end:], keep=keep)])

    def names(self, value: str) -> bool:
        """Whether it, or something that it stands in, is kept."""
        return any(value in each for each in self._kept)

    def is_instant(self, value: str) -> bool:
        """Whether it is one that is moved, and not replaced."""
        return self._moved(value) is not None

    def apart(self) -> Pseudonyms:
        """Others, for values that stand beside the true ones: by them nobody learns what these become."""
        return Pseudonyms(today=self._today)

    def number(self, written: str) -> str:
        """Of a JSON number: its digits, up to an exponent."""
        mantissa, exponent, rest = re.fullmatch(r"([^eE]*)([eE]?)(.*)", written, re.DOTALL).groups()  # type: ignore[union-attr]
        return "".join(
            [re.sub(r"\d+", lambda found: self._token(found[0], keep=True), mantissa), exponent, rest]
        )

    def _moved(self, value: str, *, birth: bool = False) -> str | None:
        try:
            if found := _ISO.fullmatch(value):
                day = self._day(date.fromisoformat(found["date"]), birth=birth)
                return f"{found['prefix']}{day.isoformat()}{found['rest']}"
            if found := _MONTH.fullmatch(value):
                return self._day(date(int(found[1]), int(found[2]), 15), birth=birth).isoformat()[:7]
            if _YEAR.fullmatch(value):
                return str(self._day(date(int(value), 7, 1), _ASIDE_OF_A_YEAR, birth=birth).year)
            if found := _DOTTED.fullmatch(value):
                day = self._day(date(int(found[3]), int(found[2]), int(found[1])), birth=birth)
                return f"{day:%d.%m.%Y}{found['rest']}"
            if _HTTP.fullmatch(value):
                return format_datetime(parsedate_to_datetime(value).astimezone(UTC) + self.shift, usegmt=True)
        except (ValueError, OverflowError):
            pass
        return None

    def _day(self, day: date, aside: int = _ASIDE, *, birth: bool) -> date:
        if self._today - day < _RECENT and not birth:
            return day + self.shift
        dice = hmac.digest(self._key, f"day:{day.isoformat()}".encode(), "sha256")
        return day + self.shift + timedelta(days=int.from_bytes(dice[:4], "big") % (2 * aside + 1) - aside)

    def _tokens(self, text: str, *, keep: bool) -> str:
        return _TOKEN.sub(lambda found: self._token(found[0], keep=keep), text)

    def _token(self, token: str, *, keep: bool) -> str:
        if (keep and token in self._kept) or not token.strip("0"):
            return token
        if len(token) >= _OPAQUE and token.isascii() and not token.isalpha() and not token.isdecimal():
            return self._pseudonym(token, _digit_of(token))
        folded = token.lower()
        if len(folded) != len(token):  # of a letter whose small one is two
            return self._pseudonym(token, _alike)
        return _cased(token, self._pseudonym(folded, _alike))

    def _uuid(self, written: str) -> str:
        return "-".join(
            _cased(each, self._pseudonym(each.lower(), _hexadecimal)) for each in written.split("-")
        )

    def _pseudonym(self, token: str, alike: Callable[[str], str]) -> str:
        known = f"{alike.__name__}:{token}"
        if (given := self._given.get(known)) is not None:
            return given
        drawn = (self._drawn(f"{tried}:{known}", token, alike) for tried in range(_TRIES))
        # Two of a shape become two: of a short one all may be given, but for one here and there.
        rest = ("".join(each) for each in islice(product(*map(alike, token)), _MOST))
        free = (each for each in chain(drawn, rest) if each not in self._taken and each not in self._reserved)
        made = next((each for each in free if each != token and each[:1] != "0"), None)
        # Where all of a shape are given it is better to be taken for another than for oneself.
        if made is None:
            again = (self._drawn(f"{tried}:{known}", token, alike) for tried in range(_TRIES))
            made = next((each for each in again if each != token), "x" * len(token))
        self._given[known] = made
        self._taken.add(made)
        return made

    def _drawn(self, seed: str, token: str, alike: Callable[[str], str]) -> str:
        mac = hmac.digest(self._key, seed.encode("utf-8", "surrogatepass"), "sha256")
        dice = hashlib.shake_256(mac).digest(4 * len(token))
        drawn = []
        for at, letter in enumerate(token):
            those = alike(letter)
            if at == 0 and letter != "0":
                those = those.lstrip("0")  # a number has as many digits as before
            drawn.append(those[int.from_bytes(dice[4 * at : 4 * at + 4], "big") % len(those)])
        return "".join(drawn)


def _cased(pattern: str, letters: str) -> str:
    return "".join(
        each.upper() if as_is.isupper() and len(each.upper()) == 1 else each
        for as_is, each in zip(pattern, letters, strict=True)
    )


@cache
def _alike(letter: str) -> str:
    """Those of its kind and script, itself among them."""
    if letter.isascii():
        return "0123456789" if letter.isdecimal() else "abcdefghijklmnopqrstuvwxyz"
    block, kind = ord(letter) & ~0x7F, unicodedata.category(letter)
    script = unicodedata.name(letter, "").partition(" ")[0]
    those = [
        each
        for each in map(chr, range(block, block + 0x80))
        if unicodedata.category(each) == kind and unicodedata.name(each, "").partition(" ")[0] == script
    ]
    cased = letter.upper() != letter  # a letter without a capital stands in no capital's place
    kin = "".join(each for each in those if each.upper().lower() == each and (each.upper() != each) == cased)
    return kin if len(kin) > 1 else "abcdefghijklmnopqrstuvwxyz"


_HEX: Final = "0123456789abcdef"
_BOTH: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _hex_digit(letter: str) -> str:
    del letter
    return _HEX


def _big_hex_digit(letter: str) -> str:
    del letter
    return _HEX.upper()


def _any_digit(letter: str) -> str:
    del letter
    return _BOTH


def _digit_of(token: str) -> Callable[[str], str]:
    """What each place of a hash, or of something packed, may be."""
    if not set(token) - set(_HEX):
        return _hex_digit
    return _any_digit if set(token) - set(_HEX.upper()) else _big_hex_digit


@cache
def _hexadecimal(letter: str) -> str:
    return "0123456789" if letter.isdecimal() else "abcdef"
