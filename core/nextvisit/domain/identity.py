"""One spelling per phone number, address and identifier, so that equal things compare equal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberType


class PhoneKind(StrEnum):
    """What the numbering plan says of a number. Where it cannot tell, `either`."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    EITHER = "either"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phone:
    """A valid number. `textable`: an SMS has a chance to arrive. `country` is ISO 3166, or empty."""

    e164: str
    kind: PhoneKind
    country: str
    textable: bool

    def __repr__(self) -> str:
        return f"Phone(kind={self.kind.value!r}, country={self.country!r})"


@dataclass(frozen=True, slots=True)
class Unusable:
    """Not an address we can write to. The raw value is not repeated here."""

    reason: Literal["empty", "malformed", "short_code", "no_such_number"]


_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.EITHER,
}
_SHORTEST = 7


def normalise_phone(raw: str, region: str) -> Phone | Unusable:
    """E.164 out of whatever somebody typed; `region` (ISO 3166) is where numbers without a prefix live."""
    text = unicodedata.normalize("NFKC", raw).strip()
    digits = re.sub(r"\D", "", text)
    if not digits:
        return Unusable("malformed" if text else "empty")
    if len(digits) < _SHORTEST:
        return Unusable("short_code")
    # 00 is how most of the world dials abroad, whatever the region's own prefix is (Russia: 810).
    if not text.startswith("+") and digits.startswith("00"):
        text = "+" + re.sub(r"^\D*0\D*0", "", text)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Unusable("malformed")
    if not phonenumbers.is_valid_number(number):
        return Unusable("no_such_number")
    kind = _KINDS.get(phonenumbers.number_type(number), PhoneKind.OTHER)
    return Phone(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        kind=kind,
        country=phonenumbers.region_code_for_number(number) or "",
        # An extension leads to a switchboard, which reads no SMS.
        textable=kind in (PhoneKind.MOBILE, PhoneKind.EITHER) and not number.extension,
    )


_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@[^@\s]{1,253}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def normalise_email(raw: str) -> str | Unusable:
    """The address in lower case, its domain in ASCII. Dots and `+tags` mean what they mean: kept.

    RFC 5321 lets a mail server tell `A@` from `a@`; none that patients use does.
    """
    text = unicodedata.normalize("NFKC", raw).strip().removeprefix("mailto:").lower()
    if not text:
        return Unusable("empty")
    if not _EMAIL.fullmatch(text):
        return Unusable("malformed")
    local, _, domain = text.partition("@")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return Unusable("malformed")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        return Unusable("malformed")
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - host.tld
        return Unusable("malformed")
    return f"{local}@{ascii_domain}"


def normalise_identifier(raw: str) -> str:
    """For comparing only; the record keeps the value as the MIS wrote it. Leading zeros stay."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", raw)).upper()
