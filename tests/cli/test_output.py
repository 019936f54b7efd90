"""Whatever is printed, a terminal only shows it."""

from __future__ import annotations

import json
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.cli.output import complain, emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.sdk.printable import shown
from tests.cli.installation import said

ATTACKS = {
    "clear": ("\x1b[2Jgone", "\\x1b[2Jgone"),
    "link": ("\x1b]8;;https://evil.example\x07here\x1b]8;;\x07", "\\x1b]8;;https://evil.example\\x07"),
    "eight bits": ("\x9b2J", "\\x9b2J"),
    "overwrite": ("honest\rforged", "honest\\rforged"),
    "back": ("abc\x08\x08", "abc\\x08"),
    "turned": ("\u202egnp.exe", "\\u202egnp.exe"),
    "hidden": ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
    "a line of ours": ("x\nintact", "x\\nintact"),
    "half": ("\ud83d", "\\ud83d"),
}


@pytest.mark.parametrize("which", ATTACKS)
def test_what_a_terminal_would_obey_is_shown_escaped(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    attack, escaped = ATTACKS[which]
    say(attack)
    complain(attack)
    emit_table("", ["name"], [[attack]], empty="")
    for stream in capsys.readouterr():
        assert escaped in stream
        assert attack not in stream


def test_json_stays_json_and_means_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    attacks = [attack for attack, _ in ATTACKS.values()] + ["\U000f1234", "zażółć 😀"]
    emit_json(attacks)
    said = capsys.readouterr().out
    assert json.loads(said) == attacks
    assert said.replace("\n", "").isprintable()


def test_a_value_is_no_markup_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    emit_table("", ["name"], [["[link=https://evil.example]here[/link] [red]x[/red] [/oops]"]], empty="")
    assert "[link=https://evil.example]here[/link] [red]x[/red] [/oops]" in capsys.readouterr().out


def test_what_people_write_stays_as_it_is() -> None:
    text = "Zażółć 😀 – «Анна»\t22\u00a0555\u202f01 محمد 李"
    assert shown(text) == text


@given(st.text(alphabet=st.characters()))
def test_nothing_else_gets_through(text: str) -> None:
    safe = shown(text)
    assert all(each.isprintable() or each == "\t" or category(each) == "Zs" for each in safe)
    assert not any(ord(each) < 32 and each != "\t" for each in safe)
    assert shown(safe) == safe


@pytest.mark.parametrize(
    "words",
    [
        ("campaign", "validate", "/nowhere/x\nis valid: version 1"),
        ("audit", "verify", "--since", "/nowhere/x\nintact"),
        ("patient", "find", "--x\nok"),
        ("x\nok",),
    ],
)
def test_an_argument_forges_no_line_of_ours(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    printed = said(capsys, *words)
    forged = words[-1].split("\n")[1]
    assert forged not in printed.out.splitlines() + printed.err.splitlines()
    assert f"{forged}" in printed.out + printed.err
