"""Answers come from flags, a file or the terminal, and what cannot be true is told where it was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.sdk.errors import ConfigError
from nextvisit.setup.answers import answers_of


def written(file: Path, told: dict[str, Any]) -> Path:
    file.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in told.items()), encoding="utf-8")
    return file


def test_flags_go_over_the_file(told: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path / "answers.yaml", told)
    answers = answers_of(file, {"name": "Klinika Nad Rzeką"}, None)
    assert (answers.name, answers.phone, answers.languages) == (
        "Klinika Nad Rzeką",
        "+48 22 555 02 00",
        ("pl", "en"),
    )


def test_all_that_cannot_be_true_is_told_with_its_line(told: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path / "answers.yaml", {**told, "phone": "12", "zone": "Warsaw", "api_port": "many"})
    with pytest.raises(InvalidFile) as caught:
        answers_of(file, {}, None)
    lines = {fault.line for fault in caught.value.faults}
    text = file.read_text(encoding="utf-8").splitlines()
    assert {text[line - 1].partition(":")[0] for line in lines} == {"phone", "zone", "api_port"}


def test_without_a_terminal_all_that_is_not_told_is_named_with_its_flag(told: dict[str, Any]) -> None:
    del told["phone"], told["mis_url"]
    with pytest.raises(ConfigError, match="tell --phone, --mis-url, or write them into a file"):
        answers_of(None, told, None)


def test_a_server_without_what_it_needs_is_named(told: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"needs `mail_sender` \(--mail-sender\) too"):
        answers_of(None, {**told, "mail_host": "127.0.0.1"}, None)


def test_at_the_terminal_it_is_asked_again_until_it_can_be_true(told: dict[str, Any]) -> None:
    """And nothing is asked of a server that there is not."""
    given = {key: [value] for key, value in told.items()}
    given["phone"] = ["12", "", told["phone"]]
    asked, heard = [], []

    def ask(key: str, question: str, default: str | None) -> str:
        if default is None:
            heard.append(question)
            return ""
        asked.append(key)
        return given[key].pop(0) if key in given else default

    answers = answers_of(None, {}, ask)
    assert answers.phone == told["phone"]
    assert asked.count("phone") == 3
    assert [each.partition(";")[0] for each in heard] == ["is no phone number of PL", "this one is needed"]
    assert "mail_host" in asked
    assert "mail_port" not in asked
    assert str(answers.api_port) == told["api_port"]
