"""Answers come from flags, a file or the terminal, and what cannot be true is told where it was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.sdk.errors import ConfigError
from nextvisit.setup.answers import answers_of, secrets_of


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
    with pytest.raises(ConfigError, match="lack --phone, --mis-url; tell them by these flags, in a file"):
        answers_of(None, told, None)


@pytest.mark.parametrize(
    ("key", "told_wrong", "says"),
    [
        ("country", "pl", "is no country"),
        ("public_url", "https://wizyty.klinika.example", "is the example's"),
        ("mis_url", "mis.klinika.pl", "must be an address such as"),
        ("mis_token", "file:/nowhere/token", "No such file or directory"),
        ("mail_host", "smtp.klinika.pl:587", "without a port"),
        ("mail_sender", "wizyty", "must be an e-mail address"),
        ("mail_ca_file", "ca.pem", "with its whole path"),
        ("sms_port", "99999", "must be at most 65535"),
        ("api_port", "80", "must be at least 1024"),
        ("temporal_port", "15432", "15432 is `postgres_port` already"),
        ("name", " ", "must be one line of characters that show"),
    ],
)
def test_an_answer_that_cannot_be_true_is_told_with_its_line_or_its_flag(
    key: str, told_wrong: str, says: str, told: dict[str, Any], tmp_path: Path
) -> None:
    told = {**told, "postgres_port": "15432", key: told_wrong}
    file = written(tmp_path / "answers.yaml", told)
    with pytest.raises(InvalidFile) as caught:
        answers_of(file, {}, None)
    (fault,) = caught.value.faults
    assert fault.line == list(told).index(key) + 1
    assert says in fault.message
    with pytest.raises(ConfigError, match=f"answers: --{key.replace('_', '-')} .*{says}"):
        answers_of(None, told, None)


def test_an_answer_that_is_unknown_is_told_beside_those_that_are_missing(tmp_path: Path) -> None:
    file = written(tmp_path / "answers.yaml", {"naem": "Klinika", "country": "XX"})
    with pytest.raises(InvalidFile) as caught:
        answers_of(file, {}, None)
    said = {fault.message for fault in caught.value.faults}
    assert {"unknown key `naem`; did you mean `name`?", "`phone` is missing here"} < said


def test_a_secret_is_told_by_where_it_is_and_never_shown(tmp_path: Path) -> None:
    file = written(tmp_path / "answers.yaml", {"mis_token": "file:/run/a", "name": " "})
    assert secrets_of(file, {"sms_password": "env:SMS"}) == {
        "mis_token": "file:/run/a",
        "sms_password": "env:SMS",
    }
    with pytest.raises(ConfigError) as caught:
        secrets_of(file, {"mis_token": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_server_without_what_it_needs_is_named(told: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"needs `mail_sender` \(--mail-sender\) too"):
        answers_of(None, {**told, "mail_host": "127.0.0.1"}, None)


def test_at_the_terminal_it_is_asked_again_until_it_can_be_true(told: dict[str, Any]) -> None:
    """And nothing is asked of a server that there is not."""
    given = {key: [value] for key, value in told.items()}
    given["phone"] = ["12", "", told["phone"]]
    given["mis_token"] = ["t0ken", "file:/nowhere", told["mis_token"]]
    asked: list[str] = []
    heard: list[str] = []

    def ask(key: str, question: str, default: str | None) -> str:
        if default is None:
            heard.append(question)
            return ""
        asked.append(key)
        return given[key].pop(0) if key in given else default

    answers = answers_of(None, {}, ask)
    assert answers.phone == told["phone"]
    assert asked.count("phone") == 3
    assert [each.partition(";")[0] for each in heard] == [
        "is no phone number of PL",
        "this one is needed",
        "must be file:/path/of/secret or env:NAME",
        "No such file or directory",
    ]
    assert "mail_host" in asked
    assert "mail_port" not in asked
    assert str(answers.api_port) == told["api_port"]


def test_a_flag_that_cannot_be_true_is_told_before_anything_is_asked() -> None:
    def ask(key: str, question: str, default: str | None) -> str:
        raise AssertionError(key)

    with pytest.raises(ConfigError, match="--zone must be an IANA time zone"):
        answers_of(None, {"zone": "Warsaw"}, ask)
