"""Phones, addresses, identifiers and zones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.identity import normalise_identifier, personal_number
from nextvisit.domain.zones import choose_zone
from nextvisit.sdk.addresses import (
    EMAIL,
    MOBILE,
    PHONE,
    Destination,
    Phone,
    PhoneKind,
    Unusable,
    normalise_email,
    normalise_phone,
)
from nextvisit.sdk.errors import ConfigError


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("512 345 678", "PL", "+48512345678"),
        ("0048 512-345-678", "PL", "+48512345678"),
        ("(0048) 512345678", "RU", "+48512345678"),
        ("+48 512 345 678", "RU", "+48512345678"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("+7 912 345 67 89", "PL", "+79123456789"),
        ("512345678", "PL", "+48512345678"),
    ],
)
def test_a_mobile_has_one_spelling(raw: str, region: str, e164: str) -> None:
    phone = normalise_phone(raw, region)
    assert isinstance(phone, Phone)
    assert (phone.e164, phone.kind, phone.textable) == (e164, PhoneKind.MOBILE, True)
    assert normalise_phone(phone.e164, region) == phone
    assert e164[3:] not in repr(phone)


@pytest.mark.parametrize(
    ("raw", "region", "e164", "textable"),
    [
        ("4915123456789", "DE", "+4915123456789", True),
        ("49 1512 3456789", "DE", "+4915123456789", True),
        ("38343201234", "XK", "+38343201234", True),
        ("6281234567890", "ID", "+6281234567890", True),
        # Landlines that somebody typed without their 0, and that are no longer than a mobile.
        ("358425718", "FI", "+358358425718", False),
        ("278230505", "ZA", "+27278230505", False),
        # Too long for a mobile, and none after a + either; with its 0, it is surely one of the country's own.
        ("494012345678", "DE", "+494012345678", False),
        ("04915123456789", "DE", "+494915123456789", False),
        ("383768685927", "XK", "+383383768685927", False),
        ("491330361481", "DE", "+49491330361481", False),
        # A landline with a + as well.
        ("4963170669074", "DE", "+494963170669074", False),
        # One of another country, and nothing that says so.
        ("4915123456789", "PL", None, False),
        ("5353493320", "CU", "+5353493320", True),
    ],
)
def test_a_mobile_that_lost_its_plus_is_no_landline(
    raw: str, region: str, e164: str | None, textable: bool
) -> None:
    """google/libphonenumber#705: +494915123456789 is a number, too."""
    phone = normalise_phone(raw, region)
    if e164 is None:
        assert phone == Unusable("no_such_number")
    else:
        assert isinstance(phone, Phone)
        assert (phone.e164, phone.textable) == (e164, textable)


@pytest.mark.parametrize(
    "written",
    ["tel:{}", "Tel. {}", "mob: {}", "tel. kom.: {}", "Handy {}", "phone {}", "моб. {}", "nr {}", "{}"],
)
def test_a_word_for_a_phone_may_stand_before_the_number(written: str) -> None:
    phone = normalise_phone(written.format("600 100 200"), "PL")
    assert isinstance(phone, Phone)
    assert (phone.e164, phone.textable) == ("+48600100200", True)


@pytest.mark.parametrize(
    "written",
    [
        "do not call {}",
        "wrong number {}",
        "old: {}",
        "FAX {}",
        "telefax {}",
        "mąż {}",
        "нет {}",
        "{} (mąż)",
        "{} NIE",
        "tel. {} old",
        "600 100 2 NIE",
        "old {} ext. 12",
        "tel. 600 NIE DZW, 112233",
        "600 tel 100 200",
    ],
)
def test_words_that_say_something_of_a_number_make_it_none(written: str) -> None:
    assert normalise_phone(written.format("600 100 200"), "PL") == Unusable("malformed")


@pytest.mark.parametrize("written", ["22 500 00 00 ext. 12", "tel. 22 500 00 00 x12", "225000000;ext=12"])
def test_an_extension_is_no_remark(written: str) -> None:
    phone = normalise_phone(written, "PL")
    assert isinstance(phone, Phone)
    assert (phone.e164, phone.textable) == ("+48225000000", False)


@pytest.mark.parametrize(
    ("raw", "country", "read"),
    [
        ("+48600100200", "PL", ["+48600100200"]),
        ("48600100200", "PL", ["+48600100200"]),
        ("+600100200", "PL", ["+48600100200"]),
        ("600 100 200", "PL", ["+48600100200"]),
        ("48 600-100.200", "DE", ["+48600100200", "+4948600100200"]),
        ("+015123456789", "DE", ["+4915123456789"]),
        ("4915123456789", "DE", ["+4915123456789"]),
        ("+4915123456789", "DE", ["+4915123456789"]),
        ("+07400123456", "GB", ["+447400123456"]),
        ("+0061412345678", "AU", ["+61412345678"]),
        ("0061412345678", "PL", ["+61412345678"]),
        # A number of New Jersey, and of Egypt; a mobile of the Faroes, and a landline of Siedlce.
        ("+2015550123", "US", ["+12015550123", "+2015550123"]),
        ("298211234", "PL", ["+298211234", "+48298211234"]),
        ("53493320", "CU", ["+5353493320", "+53493320"]),
        # As messengers still have them: without Brazil's ninth digit, with Mexico's former 1, with Argentina's 9.
        ("551187654321", "BR", ["+5511987654321"]),
        ("5511987654321", "BR", ["+5511987654321"]),
        ("5215512345678", "MX", ["+525512345678"]),
        ("525512345678", "MX", ["+525512345678"]),
        ("5491123456789", "AR", ["+5491123456789", "+541123456789"]),
        ("Klinika", "PL", []),
        ("+Klinika", "PL", []),
        ("+1", "PL", []),
    ],
)
def test_a_sender_is_whatever_its_digits_can_be_and_a_mobile_first(
    raw: str, country: str, read: list[str]
) -> None:
    assert [each.value for each in MOBILE.senders(raw, country)] == read


def test_a_landline_that_writes_is_known_and_not_written_to() -> None:
    (found,) = MOBILE.senders("48225000000", "PL")
    assert (found.value, found.country, found.reachable) == ("+48225000000", "PL", False)
    (found,) = PHONE.senders("48225000000", "PL")
    assert found.reachable


def test_a_number_is_looked_for_where_it_lives() -> None:
    assert MOBILE.normalise("600 100 200", "PL") == Destination("+48600100200", "PL")
    assert MOBILE.normalise("600 100 200", "DE") != MOBILE.normalise("600 100 200", "PL")
    assert MOBILE.normalise("22 500 00 00", "PL") == Destination("+48225000000", "PL", reachable=False)
    assert MOBILE.normalise("brak", "PL") is None


def test_a_mailbox_is_one_wherever_it_is() -> None:
    assert EMAIL.normalise(" Anna@Example.org ", "PL") == Destination("anna@example.org")
    assert EMAIL.senders("Anna@Example.org", "PL") == (Destination("anna@example.org"),)
    assert EMAIL.normalise("anna", "PL") is None
    assert EMAIL.senders("anna", "PL") == ()


def test_a_landline_is_a_number_but_not_textable() -> None:
    phone = normalise_phone("22 500 00 00", "PL")
    assert isinstance(phone, Phone)
    assert (phone.kind, phone.textable) == (PhoneKind.LANDLINE, False)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        ("112", "short_code"),
        ("7168", "short_code"),
        ("brak", "malformed"),
        ("+48 000 000 000", "no_such_number"),
    ],
)
def test_what_cannot_be_called_is_refused(raw: str, reason: str) -> None:
    assert normalise_phone(raw, "PL") == Unusable(reason)  # type: ignore[arg-type]


@given(st.text(max_size=40))
def test_any_text_is_a_phone_an_address_or_refused(raw: str) -> None:
    assert isinstance(normalise_phone(raw, "PL"), Phone | Unusable)
    email = normalise_email(raw)
    assert isinstance(email, Unusable) or normalise_email(email) == email


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" Anna.Nowak+x@Example.COM ", "anna.nowak+x@example.com"),
        ("ａ@example.com", "ａ@example.com"),
        ("ﬁona@example.com", "ﬁona@example.com"),
        ("zoe\u0308@example.com", "zo\u00eb@example.com"),
        ("a@ｅｘａｍｐｌｅ.com", "a@example.com"),
        ("a@żółw.pl", "a@xn--w-uga1v8h.pl"),
        ("a@Straße.example", "a@xn--strae-oqa.example"),
        ("a@STRASSE.example", "a@strasse.example"),
        ("a@i❤.example", Unusable("malformed")),
        ("a@b", Unusable("malformed")),
        ("a@@b.pl", Unusable("malformed")),
        ("a b@c.pl", Unusable("malformed")),
        ("a..b@c.pl", Unusable("malformed")),
        ("a@c..pl", Unusable("malformed")),
        ("", Unusable("empty")),
    ],
)
def test_an_address_has_one_spelling(raw: str, expected: str | Unusable) -> None:
    assert normalise_email(raw) == expected


def test_an_identifier_keeps_its_zeros() -> None:
    assert normalise_identifier(" 00 12\u00a03a ") == "00123A"


@pytest.mark.parametrize("written", ["440-514_01 458", "44051401458", "４4051401458"])
@pytest.mark.parametrize("system", ["URN:OID:2.16.840/", " 2.16.840 ", "urn:oid:2.16.840"])
def test_a_personal_number_has_one_spelling(system: str, written: str) -> None:
    assert personal_number(system, written) == "2.16.840\0" + "44051401458"
    assert personal_number(system, "44-05-1401459") != personal_number(system, written)


@pytest.mark.parametrize("written", ["", "none", "BRAK", "0", "000-000", "11111", "999999999", "--"])
def test_what_people_type_for_no_number_names_nobody(written: str) -> None:
    assert personal_number("mrn", written) is None


@pytest.mark.parametrize(("written", "number"), [("1111", "1111"), ("111112", "111112"), ("ab-10", "AB10")])
def test_a_short_or_an_odd_number_is_one(written: str, number: str) -> None:
    assert personal_number("mrn", written) == f"mrn\0{number}"


def test_a_zone_comes_from_the_patient_the_phone_or_the_clinic() -> None:
    own = choose_zone(patient="Asia/Kamchatka", phone="+48512345678", clinic="Europe/Warsaw")
    assert (own.zone.key, own.source) == ("Asia/Kamchatka", "patient")
    phone = choose_zone(patient=None, phone="+48512345678", clinic="Europe/Moscow")
    assert (phone.zone.key, phone.source) == ("Europe/Warsaw", "phone")
    # A Russian mobile number may be anywhere between Kaliningrad and Kamchatka.
    clinic = choose_zone(patient=None, phone="+79123456789", clinic="Europe/Moscow")
    assert (clinic.zone.key, clinic.source) == ("Europe/Moscow", "clinic")


@pytest.mark.parametrize(
    "bad", ["Europe", "../etc/passwd", "Mars/Base", "UTC+3", "Central European Standard Time"]
)
def test_what_is_no_zone_is_reported_and_replaced(bad: str) -> None:
    choice = choose_zone(patient=bad, phone=None, clinic="Europe/Warsaw")
    assert (choice.source, choice.invalid) == ("clinic", bad)
    with pytest.raises(ConfigError):
        choose_zone(patient=None, phone=None, clinic=bad)


@pytest.mark.parametrize(
    ("raw", "region", "e164", "kind", "country"),
    [
        ("410 1234", "IS", "+3544101234", PhoneKind.LANDLINE, "IS"),
        ("800 100 100", "PL", "+48800100100", PhoneKind.OTHER, "PL"),
    ],
)
def test_short_and_special_numbers_keep_their_kind_and_country(
    raw: str, region: str, e164: str, kind: PhoneKind, country: str
) -> None:
    assert normalise_phone(raw, region) == Phone(e164, kind, country, textable=False)


def test_a_prefix_that_no_country_has_is_malformed() -> None:
    assert normalise_phone("+999 123 456 789", "PL") == Unusable("malformed")


def test_an_address_copied_from_a_link_is_the_address() -> None:
    assert normalise_email("mailto:Anna@Example.org") == "anna@example.org"


@pytest.mark.parametrize("raw", [".anna@example.org", "anna.@example.org", "an..na@example.org"])
def test_dots_stand_between_something(raw: str) -> None:
    assert normalise_email(raw) == Unusable("malformed")
