"""Texts to octets and back, and what they take on the air."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk import gsm
from nextvisit_channel_sms_smpp import text
from nextvisit_channel_sms_smpp.settings import Alphabet

ALPHABETS: tuple[Alphabet, ...] = get_args(Alphabet)


@pytest.mark.parametrize("header", ["udh8", "udh16"])
@pytest.mark.parametrize("sample", ["€" * 200, "😀" * 90, "a€" * 120, "A" * 69 + "😀", "ż" * 141])
def test_no_character_is_cut_in_two(sample: str, header: str) -> None:
    """linxGnu/gosmpp#167 put 142 octets into one part, telenordigital/sms-smpp#172 cut UCS-2 at odd ones."""
    encoded = text.encode(sample, "gsm")
    parts = text.split(encoded, 7, "udh8" if header == "udh8" else "udh16")
    lead = 6 if header == "udh8" else 7
    assert "".join(text.decode(one.octets[lead:], encoded.data_coding, "gsm") for one in parts) == sample
    assert len(parts) > 1
    assert all(len(one.octets) <= (160 if encoded.is_septets else 140) for one in parts)


def test_gsm_round_trip() -> None:
    sample = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()ÄÖÑÜ§¿äöñüà^{}\\[~]|€\n"
    octets = gsm.encode(sample)
    assert octets is not None
    assert gsm.decode(b"".join(octets)) == sample
    assert gsm.encode("ż") is None


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("letter", list("^{}[]~|\\"))
def test_letters_of_the_extension_take_two_whatever_the_centre_calls_its_alphabet(
    letter: str, alphabet: Alphabet
) -> None:
    assert text.parts_on_air(text.encode(letter * 80, alphabet)) == 1
    assert text.parts_on_air(text.encode(letter * 81, alphabet)) == 2
    assert len(text.split(text.encode(letter * 81, alphabet), 7, "udh8")) == 2


@given(
    st.lists(st.sampled_from([*"aß€[]~ż😀\n", "a@b.pl"]), min_size=1, max_size=400).map("".join),
    st.sampled_from(ALPHABETS),
)
def test_a_text_is_cut_into_as_many_parts_as_it_takes_on_the_air(sample: str, alphabet: Alphabet) -> None:
    encoded = text.encode(sample, alphabet)
    parts = text.split(encoded, 7, "udh8")
    assert len(parts) == text.parts_on_air(encoded)
    lead = 6 if len(parts) > 1 else 0
    pieces = [text.decode(one.octets[lead:], encoded.data_coding, alphabet) for one in parts]
    assert "".join(pieces) == sample
    room = (153 if encoded.is_septets else 134) if lead else (160 if encoded.is_septets else 140)
    for piece in pieces:
        on_air = gsm.encode(piece) if encoded.is_septets else [piece.encode("utf-16-be")]
        assert on_air is not None
        assert len(b"".join(on_air)) <= room


@pytest.mark.parametrize(
    ("octets", "coding", "shown"),
    [
        (b"Tak \x1be\0", 0x00, "Tak €@"),
        (b"Tak", 0x01, "Tak"),
        (b"Tak", 0x02, "Tak"),
        ("dó".encode("latin-1"), 0x03, "dó"),
        (b"T\0ak\0", 0x03, "Tak"),
        ("Ta\0k\0".encode("utf-16-be"), 0x08, "Tak"),
        ("Zażółć".encode(), 0x04, "Zażółć"),
        (b"\x80\xff\x00\x01", 0x04, "\N{REPLACEMENT CHARACTER}"),
        ("はい".encode("iso2022_jp"), 0x05, "はい"),
        ("Да".encode("iso8859-5"), 0x06, "Да"),
        ("כן".encode("iso8859-8"), 0x07, "כן"),
        ("Tak 😀".encode("utf-16-be"), 0x08, "Tak 😀"),
        (b"\xfe\xff" + "Да".encode("utf-16-be"), 0x08, "Да"),
        (b"\xff\xfe" + "Да".encode("utf-16-le"), 0x08, "Да"),
        ("Да".encode("utf-16-be") + b"\x04", 0x08, "Да\N{REPLACEMENT CHARACTER}"),
        (b"\x93\xfa", 0x09, "\N{REPLACEMENT CHARACTER}"),
        ("はい".encode("iso2022_jp"), 0x0A, "はい"),
        ("네".encode("euc_kr"), 0x0E, "네"),
        (b"Tak", 0x10, "Tak"),
        ("Да".encode("utf-16-be"), 0x19, "Да"),
        (b"\xff\x01", 0x15, "\N{REPLACEMENT CHARACTER}"),
        (b"Tak", 0xC8, "Tak"),
        ("Да".encode("utf-16-be"), 0xE0, "Да"),
        (b"Tak", 0xF0, "Tak"),
        (b"\xfe\x01", 0xF5, "\N{REPLACEMENT CHARACTER}"),
        (b"\xfe\x01", 0x77, "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_every_data_coding_is_read_or_marked(octets: bytes, coding: int, shown: str) -> None:
    assert text.decode(octets, coding, "gsm") == shown


@given(st.binary(max_size=60), st.integers(0, 255), st.sampled_from(ALPHABETS))
def test_no_octets_and_no_coding_make_a_text_that_cannot_be_kept(
    octets: bytes, coding: int, alphabet: Alphabet
) -> None:
    shown = text.decode(octets, coding, alphabet)
    assert "\0" not in shown
    shown.encode()


GONE = "\N{REPLACEMENT CHARACTER}"


def packed(words: str) -> bytes:
    """Seven bits an octet, as on the air."""
    septets = b"".join(gsm.encode(words) or ())
    bits = sum(septet << 7 * at for at, septet in enumerate(septets))
    return bits.to_bytes((7 * len(septets) + 7) // 8, "little")


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("coding", [0, 1, 3])
@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        *(
            (words.encode(codec), words)
            for words in ("STOP", "Стоп", "Tak, w piątek", "👍")
            for codec in ("utf-16-be", "utf-16-le")
        ),
        ("Стоп".encode(), "Стоп"),
        ("Tak, w piątek".encode(), "Tak, w piątek"),
        ("Ja, für Montag".encode("latin-1"), "Ja, für Montag"),
        *((packed(words), words) for words in ("STOP", "TAK", "Tak, w piatek o 10:00")),
    ],
)
def test_letters_of_another_alphabet_than_the_coding_says_are_read_where_that_is_certain(
    octets: bytes, shown: str, coding: int, alphabet: Alphabet
) -> None:
    assert text.decode(octets, coding, alphabet) == shown


@pytest.mark.parametrize(
    "octets",
    [
        "Стоп".encode("cp1251"),
        "Да".encode("cp866"),
        "нет".encode("koi8-r"),
        "poniedziałek".encode("iso8859-2"),
        packed("Ok"),
        b"\x93\xfa\x01",
    ],
)
def test_letters_that_may_be_several_alphabets_are_marked(octets: bytes) -> None:
    assert GONE in text.decode(octets, 0, "gsm")


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        ("Стоп".encode("utf-16-le"), "Стоп"),
        (b"STOP", f"STOP{GONE}"),
        (b"TAK", "TAK"),
        (b"Tak, w piatek", "Tak, w piatek"),
        (b"Tak, w piatek.", "Tak, w piatek."),
        ("协助".encode("utf-16-be"), "协助"),
        ("שלום".encode("utf-16-be"), "שלום"),
    ],
)
def test_what_is_called_ucs2_and_is_none_is_read_where_that_is_certain(octets: bytes, shown: str) -> None:
    """farhadi/node-smpp#68."""
    assert text.decode(octets, 8, "gsm") == shown


@given(st.text(st.sampled_from("abcdETAONISt 0123.,!?€äöüéèàñ\n£"), min_size=1, max_size=60))
def test_what_a_phone_writes_in_the_default_alphabet_is_read_as_it_is(words: str) -> None:
    octets = gsm.encode(words)
    assert octets is not None
    assert text.decode(b"".join(octets), 0, "gsm") == words
