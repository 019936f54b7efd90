"""A machine is made ready once; from then on setup repairs what is missing and nothing else."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from nextvisit.onebox.os_users import API, os_user
from nextvisit.setup.answers import Answers, answers_of, secrets_of
from nextvisit.setup.machine import prepare
from nextvisit.setup.places import Places
from nextvisit.watch.finding import Examined
from tests.onebox.enterable import enterable_python


@pytest.fixture(autouse=True)
def _a_python_that_others_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setup asks the connections as the user that will, and refuses a program that this user cannot run."""
    python = enterable_python()
    monkeypatch.setattr("sys.executable", python)
    monkeypatch.setattr("nextvisit.onebox.handover.require_program", lambda users: None)
    monkeypatch.setattr("nextvisit.setup.making.require_program", lambda users: None)


def ran(places: Places, told: dict[str, Any], *, changes: bool = True) -> dict[str, list[Examined]]:
    """What is said of each thing."""
    found: dict[str, list[Examined]] = {}
    for each in prepare(places, lambda: answers_of(None, told, None), changes=changes):
        found.setdefault(each.what, []).append(each)
    return found


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below it: owner, mode, content."""
    return {
        str(each.relative_to(folder)): (
            each.stat().st_uid,
            each.stat().st_mode,
            each.read_bytes() if each.is_file() else b"",
        )
        for each in sorted(folder.rglob("*"))
    }


def says(found: dict[str, list[Examined]], what: str) -> str:
    return " / ".join(each.says for examined in found[what] for each in examined.findings)


def test_a_second_run_changes_nothing_and_makes_what_is_missing(places: Places, told: dict[str, Any]) -> None:
    first = ran(places, told)
    # Nobody is where the MIS should be; all else is right.
    assert {what for what, each in first.items() if not all(one.ok for one in each)} == {"mis clinic"}
    here = places.config.parent.parent
    made = tree(here)
    ran(places, {})
    assert tree(here) == made
    secret = places.secrets / "mis"
    secret.unlink()
    (places.units / "nextvisit.service").unlink()
    places.config.write_text(places.config.read_text("utf-8") + "# mine\n", encoding="utf-8")
    again = ran(places, {})
    assert f"{secret} is missing" in says(again, "secret")  # nobody told it what to write
    assert (places.units / "nextvisit.service").exists()
    assert places.config.read_text("utf-8").endswith("# mine\n")
    assert tree(here)["keys/root.key"] == made["keys/root.key"]


def test_a_run_that_was_broken_off_is_finished_by_the_same_answers(
    places: Places, told: dict[str, Any]
) -> None:
    """Killed once the settings were written: nobody is asked again, and the secrets are not there yet."""
    steps = prepare(places, lambda: answers_of(None, told, None), changes=True)
    while not places.config.exists():
        next(steps)
    found: dict[str, list[Examined]] = {}
    for each in prepare(places, nobody, secrets_of(None, told), changes=True):
        found.setdefault(each.what, []).append(each)
    assert f"wrote {places.secrets / 'mis'}" in says(found, "secret")
    assert "was there before; of these answers only missing secrets are taken" in says(found, "settings")
    assert (places.units / "nextvisit.service").exists()


def nobody() -> Answers:
    raise AssertionError("nobody is asked")


def test_a_root_key_that_is_empty_is_told(places: Places, told: dict[str, Any]) -> None:
    """As a full disk, or somebody's editor, leaves it."""
    ran(places, told)
    key = places.keys / "root.key"
    key.chmod(0o600)
    key.write_text("", encoding="ascii")
    assert f"{key} is empty" in says(ran(places, {}), "root key")


def test_a_check_changes_nothing(places: Places, told: dict[str, Any]) -> None:
    here = places.config.parent.parent
    found = ran(places, told, changes=False)
    assert "is missing" in says(found, "settings")
    assert tree(here) == {}
    ran(places, told)
    places.keys.joinpath("root.key").unlink()
    before = tree(here)
    assert "root.key is missing" in says(ran(places, {}, changes=False), "root key")
    assert tree(here) == before


def test_a_lost_root_key_is_not_replaced_under_its_data(places: Places, told: dict[str, Any]) -> None:
    ran(places, told)
    key = places.keys / "root.key"
    key.unlink()
    (places.data / "postgres" / "data").mkdir(parents=True)
    assert "is sealed under it" in says(ran(places, {}), "root key")
    assert not key.exists()


def test_a_port_that_is_taken_and_a_name_that_is_none_are_told(places: Places, told: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        told["api_port"] = str(port)
        told["public_url"] = "https://nobody.invalid"
        found = ran(places, told)
    assert f"{port} is taken by" in says(found, "ports")
    assert "nobody.invalid (site.public_url) has no address" in says(found, "names")


def test_what_still_is_the_examples_is_refused_with_its_line(places: Places, told: dict[str, Any]) -> None:
    ran(places, told)
    text = places.config.read_text("utf-8")
    text = text.replace("https://localhost", "https://wizyty.klinika.example")
    places.config.write_text(text, encoding="utf-8")
    found = ran(places, {})
    assert f"{places.config}:10:15: error: `https://wizyty.klinika.example` is the example's" in says(
        found, "settings"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="anybody else has no users to give to")
def test_a_secret_is_given_to_its_readers_and_one_that_is_open_is_to_be_changed(
    places: Places, told: dict[str, Any]
) -> None:
    ran(places, told)
    secret = places.secrets / "mis"
    assert (secret.stat().st_uid, secret.stat().st_gid) == (0, os_user(API).gid)
    assert secret.read_text("utf-8") == "t0ken"
    secret.chmod(0o600)
    os.chown(secret, 0, 0)
    assert "given to nextvisit-api" in says(ran(places, {}), "secret")
    assert secret.stat().st_mode & 0o777 == 0o640
    secret.chmod(0o644)
    assert "change the secret" in says(ran(places, {}), "secret")
