"""Text that nobody means well with becomes a fault with a place, and the fault is one line that can be shown."""

from __future__ import annotations

import pytest

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.yaml_text import DEEPEST, LARGEST, SourceFile, decoded, parse


def the_fault(text: str) -> Fault:
    _, faults = parse(SourceFile("f", text))
    (fault,) = faults
    return fault


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("campaign: a".encode("utf-16"), (1, 1)),
        ("a: 1\r\nżó: zażółć".encode().replace("ł".encode(), b"\xb3"), (2, 9)),
        ("a: 1\nb: é".encode("latin-1"), (2, 4)),
    ],
    ids=["utf-16", "latin-2 within utf-8", "latin-1"],
)
def test_what_is_not_utf8_is_a_fault_where_it_begins(raw: bytes, place: tuple[int, int]) -> None:
    with pytest.raises(InvalidFile) as refused:
        decoded("f", raw)
    (fault,) = refused.value.faults
    assert (fault.file, fault.line, fault.column) == ("f", *place)
    assert "UTF-8" in fault.message


def test_the_largest_file_is_read_and_a_larger_one_is_not() -> None:
    assert len(decoded("f", b"#" * LARGEST).text) == LARGEST
    with pytest.raises(InvalidFile, match="larger than"):
        decoded("f", b"#" * (LARGEST + 1))


@pytest.mark.parametrize("word", ['!!int "+-1"', '!!int "--5"', '!!float "1-2"', '!!float "."', '!!int "٣"'])
def test_a_tag_makes_no_number_of_what_is_none(word: str) -> None:
    block, faults = parse(SourceFile("f", f"a: {word}"))
    assert block is not None
    assert (type(block["a"]).__name__, faults) == ("Text", [])


@pytest.mark.parametrize(("digits", "said"), [(18, False), (19, True), (5000, True)])
@pytest.mark.parametrize("form", ["{}", "-{}", "{}.0"])
def test_a_number_has_a_bounded_length(digits: int, said: bool, form: str) -> None:
    word = form.format("9" * (digits - len(form.format(""))))
    _, faults = parse(SourceFile("f", f"b: 1\na: {word}"))
    assert [(each.line, each.column) for each in faults] == [(2, 4)] * said


def test_nesting_ends_where_it_is_said_to_end() -> None:
    inner = DEEPEST - 2  # the mapping and the word count too
    assert parse(SourceFile("f", f"a: {'[' * inner}x{']' * inner}"))[1] == []
    for levels in (inner + 1, 5000):
        fault = the_fault(f"a: {'[' * levels}x{']' * levels}")
        assert (fault.line, "nested too deeply" in fault.message) == (1, True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: \x00", (2, 4)),
        ("a: 1\nb: [ \uffff ]", (2, 6)),
        ('a: 1\nb: "\\0"', (2, 4)),
        ('a: 1\nb: "x\\e[2J"', (2, 4)),
        ('a: 1\nb: "\\ud83d"', (2, 4)),
        ('a: 1\n"\\ud83d": 2', (2, 1)),
        ('a: 1\nb: "\\UFFFFFFFF"', (2, 5)),
        ('a: 1\nb: "\\U00110000"', (2, 5)),
    ],
)
def test_a_character_that_cannot_be_kept_is_a_fault_at_its_place(text: str, place: tuple[int, int]) -> None:
    fault = the_fault(text)
    assert (fault.line, fault.column) == place


def test_tabs_and_lines_and_letters_of_every_kind_are_text() -> None:
    block, faults = parse(SourceFile("f", 'a: "1\\t2\\n3 😀 zażółć \\U0001F600"'))
    assert (block, faults) == ({"a": "1\t2\n3 😀 zażółć 😀"}, [])


def test_a_fault_is_one_line_without_commands_to_the_terminal() -> None:
    shown = str(Fault("a\nb\udcff", 1, 2, "unknown key `\x1b[2J\x9b\u202ezażółć\nf:1:1: error: fake`"))
    assert shown == ("a\\nb\\udcff:1:2: error: unknown key `\\x1b[2J\\x9b\\u202ezażółć\\nf:1:1: error: fake`")
    assert shown.isprintable()


def test_what_follows_the_closing_quote_is_said_to_belong_within() -> None:
    fault = the_fault('site:\n  phone: "+48 22" 555 01 00\n')
    assert (fault.line, fault.column) == (2, 19)
    assert "into one pair of quotes" in fault.message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: " + "[" * 10_000, (1, 53)),
        ("a: " + "{a: " * 10_000, (1, 197)),
        ("- " * 10_000, (1, 101)),
        ("? " * 10_000, (1, 101)),
        ("a: [" + "[]," * 80_000 + "]", (1, 30004)),
        ("\n".join(f"k{number}: 1" for number in range(25_000)), (20_001, 10)),
        ("---\n" * 60_000, (20_001, 4)),
        ("a: |\n" + " x\n" * 60_000, (20_001, 3)),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", (1, 4)),
    ],
    ids=["[", "{", "-", "?", "many", "keys", "documents", "lines", "aliases"],
)
def test_what_is_deep_or_many_parted_is_a_fault_at_its_place(text: str, place: tuple[int, int]) -> None:
    _, faults = parse(SourceFile("f", text))
    assert (faults[0].line, faults[0].column) == place


@pytest.mark.parametrize("text", ["a: \u202etxet", "# \u2066x", 'a: "\\u202e"', '"a\\u2069": 1'])
def test_what_turns_the_order_of_reading_is_a_fault(text: str) -> None:
    assert "202e" in str(the_fault(text)) or "206" in str(the_fault(text))
