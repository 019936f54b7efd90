"""`nextvisit reply`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.installation import said


def replies(tmp_path: Path, *lines: object) -> str:
    """A file with these lines."""
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
    return str(file)


def reply(text: str, *intents: str, language: str = "en", context: str = "I") -> dict[str, object]:
    """One line."""
    return {"lang": language, "context": context, "text": text, "expect": {"intents": intents}}


def test_what_is_understood_passes_and_is_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = replies(tmp_path, reply("STOP", "opt_out"), reply("tak", "wants_visit", language="pl"))
    result = said(capsys, "reply", "test", file, "--json")
    assert result.code == 0
    assert result.json["differences"] == []
    assert result.json["languages"]["all"]["coverage"] == "100 %"


def test_a_dangerous_reading_is_shown_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # Whoever wrote this line means something that the rules cannot know.
    file = replies(tmp_path, reply("yes", "declines"), reply("what now?", "human"))
    result = said(capsys, "reply", "test", file)
    assert result.code == 1
    assert "dangerous" in result.out
    assert "yes" in result.out


def test_a_difference_that_does_no_harm_ends_with_0(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = said(capsys, "reply", "test", replies(tmp_path, reply("xyzzy", "wants_visit")))
    assert result.code == 0
    assert "to a person" in result.out


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("no json", ":1:1: error: no JSON"),
        (reply("a", "perhaps"), "`expect.intents.0`"),
        (reply("a"), "name what it means"),
        (reply("a", "choice", context="O"), "say which time is chosen"),
        ({**reply("a", "human"), "expect": {"intents": ["human"], "wanted": "friday"}}, "`expect.wanted`"),
        ({**reply("a", "human"), "expect": {"intents": ["human"], "who": 1}}, "`expect.who`"),
        (reply("a", "human", language="xx"), "`lang`: we know: de, en"),
        ("", "no reply stands in it"),
        ("[" * 100_000, "too deep"),
        (reply("a", "human", context="X"), "`context`"),
        ({"lang": "pl"}, "`text`"),
    ],
)
def test_a_line_that_is_none_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, line: object, says: str
) -> None:
    result = said(capsys, "reply", "test", replies(tmp_path, line))
    assert result.code != 0
    assert says in result.err


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = said(capsys, "reply", "test", str(tmp_path / "absent"))
    assert result.code == 3
    assert "absent" in result.err


def test_a_reply_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    result = said(capsys, "reply", "explain", "--language", "pl", "--context", "offer", "piątek pasuje")
    assert result.out.splitlines()[:3] == [
        "understood as: choice",
        "choice: 2",
        "wanted: Friday 2026-09-25 16:00",
    ]


def test_what_would_be_asked_back_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    result = said(capsys, "reply", "explain", "--context", "offer", "friday tralala")
    assert "choice: 2 (not sure: it is asked back)" in result.out


def test_the_clinics_own_words_are_tried(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = tmp_path / "words.yaml"
    words.write_text('en:\n  opt_out: ["sling your hook"]\n')
    explain = ("reply", "explain", "Sling your hook!")
    assert "opt_out" not in said(capsys, *explain).out
    assert "opt_out" in said(capsys, *explain, "--words", str(words)).out


def test_own_words_that_are_wrong_are_refused_with_their_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = tmp_path / "words.yaml"
    words.write_text('pl:\n  filler: ["nie"]\n')
    result = said(capsys, "reply", "explain", "tak", "--words", str(words))
    assert result.code != 0
    assert f"{words}:2:11" in result.err
    assert "`nie` cannot be in `filler`" in result.err
