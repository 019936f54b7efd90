"""Names from a MIS reach a message as names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.messages.names import LONGEST_NAME, NameOddity, as_name


@pytest.mark.parametrize(
    "name",
    [
        *("Anna", "Ania Maria", "Łucja", "Jean-Luc", "O'Brien", "D’Angelo", "Siân", "Nguyễn Thị Ánh"),
        *(
            "Анна-Мария",
            "М'яч",
            "محمد",
            "نسرین\u200cدخت",
            "अनुष्का",
            "李小龍",
            "Dr. Anna",
            "J. R.",
            "van der Berg",
        ),
        *("Ana (Anka)", "Maria de Lourdes, hija"),
    ],
)
def test_a_name_stays_as_it_is(name: str) -> None:
    assert as_name(name).text == unicodedata.normalize("NFC", name)
    assert as_name(name).oddities == ()


@pytest.mark.parametrize(
    ("raw", "text", "oddity"),
    [
        ("Anna https://evil.example/x", "Anna", NameOddity.LINK),
        ("Anna evil.example", "Anna", NameOddity.LINK),
        ("www.evil", "", NameOddity.LINK),
        ("Anna bit.ly/1", "Anna", NameOddity.LINK),
        ("Anna пример.рф", "Anna", NameOddity.LINK),
        ("Anna evil．example", "Anna", NameOddity.LINK),
        ("evil.❤example", "", NameOddity.LINK),
        ("anna@mail.example", "", NameOddity.LINK),
        ("Anna tel:+48600000000", "Anna", NameOddity.LINK),
        ("Anna +48600000000", "Anna", NameOddity.NUMBER),
        ("Anna ９００", "Anna", NameOddity.NUMBER),
        ("Anna\r\nBcc", "Anna Bcc", NameOddity.LINE_BREAK),
        ("Anna\u2028Maria", "Anna Maria", NameOddity.LINE_BREAK),
        ("\u202eannA", "annA", NameOddity.INVISIBLE),
        ("An\u200bna", "Anna", NameOddity.INVISIBLE),
        ("An\x00na\x1b", "Anna", NameOddity.INVISIBLE),
        ("\ud83dAnna", "Anna", NameOddity.INVISIBLE),
        ("<b>Anna</b>", "bAnna/b", NameOddity.SYMBOL),
        ("Anna ❤", "Anna", NameOddity.SYMBOL),
        ("A" + "\u0336" * 50, "A" + "\u0336" * 4, NameOddity.SYMBOL),
        ("Anna " * 20, "Anna Anna Anna Anna Anna Anna Anna Anna", NameOddity.LENGTH),
        ("A" * 300, "", NameOddity.LENGTH),
    ],
)
def test_what_is_no_name_is_taken_out_and_counted(raw: str, text: str, oddity: NameOddity) -> None:
    cleaned = as_name(raw)
    assert cleaned.text == text
    assert oddity in cleaned.oddities


@pytest.mark.parametrize("raw", ["", "   ", "-", "...", "12345", "\u200d\u200c", "😀"])
def test_what_holds_no_name_is_none(raw: str) -> None:
    assert as_name(raw).text == ""


@given(st.text(max_size=200) | st.text(alphabet="aż .:/@-\u202e\u200d\n0٣．wW\u0301", max_size=60))
def test_whatever_comes_only_a_name_leaves(raw: str) -> None:
    text = as_name(raw).text
    assert len(text) <= LONGEST_NAME
    assert text == " ".join(text.split())
    assert not any(unicodedata.category(char)[0] in "CZ" for char in text if char not in " \u200c\u200d")
    assert not any(char.isdigit() or char in "@:" for char in unicodedata.normalize("NFKC", text))
    assert text == "" or any(char.isalpha() for char in text)
    assert "".join(text.encode("utf-8").decode()) == text


@given(st.text(max_size=100))
def test_a_cleaned_name_is_clean(raw: str) -> None:
    once = as_name(raw).text
    assert as_name(once).text == once


def test_it_shows_nobody() -> None:
    assert "Anna" not in repr(as_name("Anna"))
