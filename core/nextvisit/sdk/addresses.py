"""Spaces of addresses: where kinds of channel write to, and how one address is told from another.

A kind of channel names its `Addresses`. Kinds whose addresses lie in one space (SMS, calls and most
messengers: a phone number) share what belongs to an address and not to a channel: a reply from it, a STOP,
its rest between two patients of one family. A channel with addresses of its own brings a space of its own;
`PHONE`, `MOBILE`, `EMAIL` and `POSTAL` are ready to be used by anybody's.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, NewType, Protocol

if TYPE_CHECKING:
    from nextvisit.sdk.records import Address

AddressSpace = NewType("AddressSpace", str)
"""Within it, equal spellings are the same address: `phone`, `email`, …; lower-case letters and `_`."""


@dataclass(frozen=True, slots=True, repr=False)
class Destination:
    """One address in its one spelling. `repr` shows nothing.

    country: ISO 3166, where the address says it, else empty. reachable: a message of this kind of channel has
    a chance to arrive; an address that it cannot write to is known all the same, for somebody may call from
    it.
    """

    value: str
    country: str = ""
    reachable: bool = True

    def __repr__(self) -> str:
        return f"Destination(reachable={self.reachable})"


class Addresses(Protocol):
    """The addresses of a kind of channel. Pure, and a value: a frozen dataclass, so that equal ones are one.

    space: see `AddressSpace`. Whoever names a space that is there already spells its addresses the same way.
    systems: the `ContactPoint.kind` of a MIS record that hold such addresses.
    normalise: the address in `raw`, as somebody typed it into the MIS; None when it is none. Better none than
        a guess, for what it gives is written to. `country` (ISO 3166): where addresses live that name none.
    senders: the addresses that whoever wrote may have, as the provider names them, the likeliest first; or
        whom its report is about. To have several is fine here: they are looked up, and nobody is written to
        at them.
    """

    @property
    def space(self) -> AddressSpace: ...
    @property
    def systems(self) -> frozenset[str]: ...
    def normalise(self, raw: str, country: str) -> Destination | None: ...
    def senders(self, raw: str, country: str) -> tuple[Destination, ...]: ...


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


_FORMER: Final = (
    (re.compile(r"55(\d\d)([6-9]\d{7})"), r"55\g<1>9\g<2>"),
    (re.compile(r"521(\d{10})"), r"52\g<1>"),
    (re.compile(r"549(\d{10})"), r"54\g<1>"),
)
"""What stands in the place of a number today: Brazil's mobiles have a ninth digit since 2012 to 2016, no 1
stands before Mexico's since 2019, and Argentina's 9 is there only where one calls a mobile from abroad."""

_SHORTEST = 7
# What people write before a number. Any other word says something of it: whose it is, or not to call it.
_WRITTEN_BEFORE = re.compile(
    r"(?:(?:telephone|telefon|tel|phone|handy|mobile|mobil|mob|cell|gsm|sms|komórka|kom|numer|number|nr"
    r"|телефон|тел|мобильный|моб|сот|номер)(?![^\W\d_])|[\s.:-])*",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"(?:ext\w*|x|int|доб)[\s.:=]*\d+$", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_SEPARATORS = re.compile(r"[\s().-]")


def normalise_phone(raw: str, region: str) -> Phone | Unusable:
    """E.164 out of whatever somebody typed; `region` (ISO 3166) is where numbers without a prefix live."""
    text = unicodedata.normalize("NFKC", raw).strip()
    digits = re.sub(r"\D", "", text)
    if not digits:
        return Unusable("malformed" if text else "empty")
    if len(digits) < _SHORTEST:
        return Unusable("short_code")
    text = _WRITTEN_BEFORE.sub("", text, count=1)
    # 00 is how most of the world dials abroad, whatever the region's own prefix is (Russia: 810).
    if not text.startswith("+") and digits.startswith("00"):
        text = "+" + re.sub(r"^\D*0\D*0", "", text)
    return _read(text, region)


def _read(text: str, region: str) -> Phone | Unusable:
    # Numbering plans take a tenth of a second to load, and what checks a campaign needs none.
    import phonenumbers  # noqa: PLC0415

    kinds = {
        phonenumbers.PhoneNumberType.MOBILE: PhoneKind.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.EITHER,
    }
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Unusable("malformed")
    # The library dials the letters of "6001002 NOT" as digits, and skips those in front.
    if _LETTER.search(_EXTENSION.sub("", text)):
        return Unusable("malformed")
    if not phonenumbers.is_valid_number(number):
        return Unusable("no_such_number")
    kind = kinds.get(phonenumbers.number_type(number), PhoneKind.OTHER)
    found = Phone(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        kind=kind,
        country=phonenumbers.region_code_for_number(number) or "",
        # An extension leads to a switchboard, which reads no SMS.
        textable=kind in (PhoneKind.MOBILE, PhoneKind.EITHER) and not number.extension,
    )
    mobile = phonenumbers.PhoneNumberType.MOBILE
    length = phonenumbers.is_possible_number_for_type_with_reason(number, mobile)
    if length == phonenumbers.ValidationResult.TOO_LONG and text.startswith(str(number.country_code)):
        # Germany, Indonesia and Kosovo have landlines so long that a mobile without its + reads as one
        # (google/libphonenumber#705).
        abroad = _read(f"+{text}", region)
        return abroad if isinstance(abroad, Phone) and abroad.textable else found
    return found


_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@[^@\s]{1,253}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def normalise_email(raw: str) -> str | Unusable:
    """The address in lower case, its domain in ASCII. Dots and `+tags` mean what they mean: kept.

    RFC 5321 lets a mail server tell `A@` from `a@`; none that patients use does. RFC 6532 has the part before
    the @ compared in NFC: one with a ligature or a full-width letter in it is somebody else's than one with
    plain letters. In a domain these are the same (RFC 5895).
    """
    text = unicodedata.normalize("NFC", raw.strip().removeprefix("mailto:").lower())
    if not text:
        return Unusable("empty")
    if not _EMAIL.fullmatch(text):
        return Unusable("malformed")
    local, _, domain = text.partition("@")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return Unusable("malformed")
    name = ascii_domain(unicodedata.normalize("NFKC", domain))
    if name is None or "." not in name:
        return Unusable("malformed")
    return f"{local}@{name}"


def ascii_domain(domain: str) -> str | None:
    """A domain in lower case as DNS has it; None when there can be no such name.

    IDNA 2008 (RFC 5891): ß and ς are letters of their own, and who writes to straße.example does not write to
    strasse.example, which is somebody else's.
    """
    name = domain.lower()
    if not name.isascii():
        # Its tables take a while to load, and most domains need none.
        import idna  # noqa: PLC0415

        try:
            name = idna.encode(name).decode()
        except idna.IDNAError:
            return None
    return name if all(_LABEL.fullmatch(label) for label in name.split(".")) else None


@dataclass(frozen=True, slots=True)
class PhoneAddresses:
    """Phone numbers, E.164 with +. for_texts: only those on which a text has a chance are reachable."""

    for_texts: bool
    space: AddressSpace = AddressSpace("phone")
    systems: frozenset[str] = frozenset({"phone", "sms"})

    def normalise(self, raw: str, country: str) -> Destination | None:
        """See `Addresses`."""
        phone = normalise_phone(raw, country)
        return None if isinstance(phone, Unusable) else self._destination(phone)

    def senders(self, raw: str, country: str) -> tuple[Destination, ...]:
        """Messengers and message centres name a sender by its international digits, with a plus or without;
        some put a plus before a national number, and nothing tells one from the other. Mobiles come first.
        Some messengers keep numbers as they were before a country changed its plan: see `_FORMER`.
        """
        digits = _SEPARATORS.sub("", raw).removeprefix("+")
        now = [f"+{former.sub(new, digits)}" for former, new in _FORMER if former.fullmatch(digits)]
        written = (f"+{digits}", digits, *now)
        spelt = [normalise_phone(each, country) for each in written]
        read = [phone for phone in spelt if isinstance(phone, Phone)]
        read.sort(key=lambda phone: not phone.textable)
        return tuple(dict.fromkeys(self._destination(phone) for phone in read))

    def _destination(self, phone: Phone) -> Destination:
        return Destination(phone.e164, phone.country, phone.textable or not self.for_texts)


@dataclass(frozen=True, slots=True)
class EmailAddresses:
    """Mailboxes."""

    space: AddressSpace = AddressSpace("email")
    systems: frozenset[str] = frozenset({"email"})

    def normalise(self, raw: str, country: str) -> Destination | None:
        """See `Addresses`."""
        del country
        mailbox = normalise_email(raw)
        return None if isinstance(mailbox, Unusable) else Destination(mailbox)

    def senders(self, raw: str, country: str) -> tuple[Destination, ...]:
        """A mailbox is a mailbox."""
        found = self.normalise(raw, country)
        return () if found is None else (found,)


POSTAL_SYSTEM: Final = "postal"
"""What the core calls the postal address of a MIS record, which is no contact point there."""

_FEWEST_LINES, _MOST_LINES = 2, 7
_LONGEST_LINE = 70


def posted(address: Address) -> str:
    """A line each, as it stands on an envelope, without the name."""
    place = " ".join(filter(None, (address.postal_code, address.city)))
    return "\n".join(each for each in (*address.lines, place, address.country) if each.strip())


@dataclass(frozen=True, slots=True)
class PostalAddresses:
    """Letter boxes; a line each."""

    space: AddressSpace = AddressSpace("postal")
    systems: frozenset[str] = frozenset({POSTAL_SYSTEM})

    def normalise(self, raw: str, country: str) -> Destination | None:
        """At least a street and a place, which are two lines. Letters and blanks are read alike, and no more:
        two spellings of one street stay two addresses.
        """
        del country
        lines = [" ".join(unicodedata.normalize("NFC", line).split()) for line in raw.splitlines()]
        lines = [line for line in lines if any(map(str.isalnum, line))]
        shown = all(line.isprintable() and len(line) <= _LONGEST_LINE for line in lines)
        if not shown or not _FEWEST_LINES <= len(lines) <= _MOST_LINES:
            return None
        return Destination("\n".join(lines))

    def senders(self, raw: str, country: str) -> tuple[Destination, ...]:
        """Where it came from, as `normalise` reads it."""
        found = self.normalise(raw, country)
        return () if found is None else (found,)


PHONE: Final = PhoneAddresses(for_texts=False)
MOBILE: Final = PhoneAddresses(for_texts=True)
EMAIL: Final = EmailAddresses()
POSTAL: Final = PostalAddresses()
