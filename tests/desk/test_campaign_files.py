"""A campaign's folder: what lies in it is read, and nothing that only a link of it leads to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nextvisit.desk.campaign_files import read_folder
from nextvisit.desk.plain_file import read_plain
from nextvisit.files.fault import InvalidFile
from nextvisit.install.settings import load_settings

SECRET = "a: a secret of somebody else"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ours" / "recall"
    (made / "messages").mkdir(parents=True)
    (made / "campaign.yaml").write_text("campaign: recall", encoding="utf-8")
    (made / "messages" / "pl.yaml").write_text("invite: x", encoding="utf-8")
    (tmp_path / "secret.yaml").write_text(SECRET, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "en.yaml").write_text(SECRET, encoding="utf-8")
    return made


def refused(folder: Path) -> str:
    with pytest.raises(InvalidFile) as caught:
        read_folder(folder)
    said = "\n".join(map(str, caught.value.faults))
    assert "secret of" not in said
    assert said.isprintable() or len(caught.value.faults) > 1
    return said


def test_what_lies_in_it_is_read_by_a_link_within_too(folder: Path) -> None:
    (folder / "messages" / "en.yaml").symlink_to(folder / "messages" / "pl.yaml")
    assert set(read_folder(folder)) == {"campaign.yaml", "messages/pl.yaml", "messages/en.yaml"}


def test_a_folder_that_is_named_by_a_link_is_that_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert set(read_folder(tmp_path / "link")) == {"campaign.yaml", "messages/pl.yaml"}


@pytest.mark.parametrize("where", ["messages/en.yaml", "campaign.yaml"])
@pytest.mark.parametrize("how", ["whole", "relative"])
def test_a_link_out_of_the_folder_is_refused_by_its_name(
    folder: Path, tmp_path: Path, where: str, how: str
) -> None:
    link, secret = folder / where, tmp_path / "secret.yaml"
    link.unlink(missing_ok=True)
    link.symlink_to(secret if how == "whole" else os.path.relpath(secret, link.parent))
    said = refused(folder)
    assert where in said
    assert "leads out of the folder" in said


def test_a_linked_folder_of_messages_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "messages" / "pl.yaml").unlink()
    (folder / "messages").rmdir()
    (folder / "messages").symlink_to(tmp_path / "elsewhere")
    assert "messages/en.yaml" in refused(folder)


def test_a_device_and_a_pipe_are_refused_and_nobody_waits_for_them(folder: Path) -> None:
    (folder / "messages" / "en.yaml").symlink_to("/dev/zero")
    os.mkfifo(folder / "messages" / "uk.yaml")
    (folder / "messages" / "ru.yaml").symlink_to(folder / "messages" / "ru.yaml")
    (folder / "messages" / "de.yaml").mkdir()
    said = refused(folder)
    assert "en.yaml" in said
    assert said.count("no ordinary file") == 2


def test_a_name_that_commands_the_terminal_is_refused_and_shown_escaped(folder: Path) -> None:
    (folder / "messages" / "e\x1b]8;;https:\u202en.yaml").write_text("a: b", encoding="utf-8")
    assert "e\\x1b]8;;https:\\u202en.yaml" in refused(folder)


def test_settings_and_words_are_ordinary_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidFile, match="no ordinary file"):
        load_settings(tmp_path / "pipe")
    with pytest.raises(InvalidFile, match="no ordinary file"):
        read_plain(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"#" * 50_000_000)
    with pytest.raises(InvalidFile, match="larger than"):
        read_plain(tmp_path / "large")
