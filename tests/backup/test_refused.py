"""What is no whole backup of this installation is refused with a sentence, and nothing is restored."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from nextvisit.backup.keys import make_identity
from nextvisit.store.base.engine import Database
from nextvisit.store.vault.root_key import create_vault_file
from tests.backup.conftest import Clinic

At = Callable[[str], str]


async def _nothing(_: Database) -> None:
    """The ring is made when it is opened."""


@pytest.fixture
def file(clinic: Clinic) -> Path:
    """A backup of a new installation."""
    clinic.at.in_store(_nothing)
    return clinic.backup()


def _is_empty(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    return found == (0,)


def _cut(content: bytes) -> bytes:
    return content[:-1]


def _flipped(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _redated(content: bytes) -> bytes:
    return content.replace(b'"taken_at":"2', b'"taken_at":"3', 1)


def _foreign(_: bytes) -> bytes:
    return b"PGDMP, or whatever else lies there"


@pytest.mark.parametrize(
    "damage",
    [
        (_cut, "changed or cut off"),
        (_flipped, "changed or cut off"),
        (_redated, "first line was changed"),
        (_foreign, "no backup of ours"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_and_nothing_is_restored(
    clinic: Clinic, file: Path, empty: str, at: At, damage: tuple[Callable[[bytes], bytes], str]
) -> None:
    change, words = damage
    file.write_bytes(change(file.read_bytes()))
    verified = clinic.verify(file)
    assert verified.code == 3
    assert words in verified.err
    clinic.turn_to(empty)
    restored = clinic.restore(file)
    assert restored.code == 3
    assert words in restored.err
    assert _is_empty(at(empty))


def test_a_file_for_other_recipients_is_refused(
    clinic: Clinic, file: Path, empty: str, at: At, tmp_path: Path
) -> None:
    other, _ = make_identity(tmp_path / "other safe")
    clinic.turn_to(empty)
    restored = clinic.run("restore", str(file), "--identity", str(other))
    assert restored.code == 3
    assert "other recipients" in restored.err
    assert _is_empty(at(empty))


def test_a_backup_of_another_installation_is_refused_before_a_word_of_it_is_run(
    clinic: Clinic, file: Path, empty: str, at: At, tmp_path: Path
) -> None:
    """Anybody who has the recipient can seal a file: that it is ours, the root key alone proves."""
    other = tmp_path / "other.key"
    create_vault_file(other)
    clinic.at.rewrite(lambda document: document["vault"].update(root_key_file=str(other)))
    clinic.turn_to(empty)
    for said in (clinic.verify(file), clinic.restore(file)):
        assert said.code == 3
        assert "was not made with the root key" in said.err
    assert _is_empty(at(empty))


def test_a_backup_of_a_newer_release_is_refused(clinic: Clinic, file: Path, empty: str, at: At) -> None:
    file.write_bytes(
        file.read_bytes().replace(b'"schema_revision":"0001_initial"', b'"schema_revision":"0099_later"', 1)
    )
    clinic.turn_to(empty)
    restored = clinic.restore(file)
    assert restored.code == 3
    assert "install that release" in restored.err
    assert _is_empty(at(empty))


def test_a_database_that_holds_something_is_left_as_it_is(clinic: Clinic, file: Path) -> None:
    restored = clinic.restore(file)
    assert restored.code == 3
    assert "of 0 patients" in restored.err


def test_a_database_that_somebody_uses_is_left_as_it_is(
    clinic: Clinic, file: Path, empty: str, at: At
) -> None:
    clinic.turn_to(empty)
    with psycopg.connect(at(empty)):
        restored = clinic.restore(file)
    assert restored.code == 3
    assert "stop the roles" in restored.err
    assert _is_empty(at(empty))


def test_an_older_pg_dump_is_refused_with_both_versions(clinic: Clinic, tmp_path: Path) -> None:
    clinic.at.in_store(_nothing)
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "pg_dump").write_text(
        "#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.9 (Debian)'\n", encoding="utf-8"
    )
    (folder / "pg_dump").chmod(0o755)
    clinic.at.rewrite(lambda document: document["backup"].update(tools=str(folder)))
    said = clinic.run("create")
    assert said.code == 3
    assert "version 15" in said.err
    assert "server of 18" in said.err
    assert list(clinic.backups.glob("*")) == []


def test_a_pg_dump_that_breaks_off_leaves_nothing(clinic: Clinic, tmp_path: Path) -> None:
    clinic.at.in_store(_nothing)
    folder = tmp_path / "tools"
    folder.mkdir()
    script = (
        "#!/bin/sh\ncase $1 in --version) echo 'pg_dump (PostgreSQL) 18.6';; *) echo half; exit 1;; esac\n"
    )
    (folder / "pg_dump").write_text(script, encoding="utf-8")
    (folder / "pg_dump").chmod(0o755)
    clinic.at.rewrite(lambda document: document["backup"].update(tools=str(folder)))
    said = clinic.run("create")
    assert said.code == 4
    assert "broke off" in said.err
    assert list(clinic.backups.glob("*")) == []
    assert list(clinic.backups.glob(".*")) == []


def test_a_disk_that_is_full_is_told_and_nothing_is_left(clinic: Clinic) -> None:
    clinic.at.in_store(_nothing)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 1024, hard))
    try:
        said = clinic.run("create")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert said.code == 3
    assert "no backup was made" in said.err
    assert list(clinic.backups.glob("*")) == []
    assert list(clinic.backups.glob(".*")) == []


def test_none_is_written_over_another_file(clinic: Clinic, tmp_path: Path) -> None:
    clinic.at.in_store(_nothing)
    there = tmp_path / "there"
    there.write_text("somebody's", encoding="utf-8")
    said = clinic.run("create", "--to", str(there))
    assert said.code == 3
    assert there.read_text(encoding="utf-8") == "somebody's"


def _waiting_tool(tmp_path: Path, name: str, before: str) -> tuple[Path, Path]:
    """A tool that does some of its work, says so through a pipe, and waits for ever."""
    from nextvisit.backup.tools import tool  # noqa: PLC0415

    folder, told = tmp_path / "slow tools", tmp_path / "told"
    folder.mkdir()
    os.mkfifo(told)
    for each in ("pg_dump", "pg_restore"):
        (folder / each).symlink_to(tool(None, each))
    (folder / name).unlink()
    (folder / name).write_text(
        f'#!/bin/sh\ncase "$1" in --version|--list) exec "{tool(None, name)}" "$@";; esac\n'
        f'{before}\necho half > "{told}"\nexec sleep 1000\n',
        encoding="utf-8",
    )
    (folder / name).chmod(0o755)
    return folder, told


def _begun(clinic: Clinic, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "nextvisit.cli", "backup", *words, "--config", str(clinic.at.config)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_one_that_is_killed_leaves_no_backup_and_the_next_one_clears_up(
    clinic: Clinic, tmp_path: Path, by: signal.Signals
) -> None:
    clinic.at.in_store(_nothing)
    half = "head -c 300000 /dev/zero"
    folder, told = _waiting_tool(tmp_path, "pg_dump", half)
    clinic.at.rewrite(lambda document: document["backup"].update(tools=str(folder)))
    child = _begun(clinic, "create")
    assert told.read_text(encoding="utf-8") == "half\n"
    assert list(clinic.backups.glob(".*.part"))
    child.send_signal(by)
    child.wait()
    assert list(clinic.backups.glob("*.backup")) == []
    if by is not signal.SIGKILL:
        assert list(clinic.backups.glob(".*")) == []
    clinic.at.rewrite(lambda document: document["backup"].pop("tools"))
    clinic.backup()
    assert list(clinic.backups.glob(".*")) == []


def test_a_restore_that_is_killed_leaves_an_empty_database(
    clinic: Clinic, file: Path, empty: str, at: At, tmp_path: Path
) -> None:
    half = "echo 'CREATE TABLE public.half (n int);'; echo 'COPY public.half (n) FROM stdin;'; echo 1; echo '\\\\.'"
    folder, told = _waiting_tool(tmp_path, "pg_restore", half)
    clinic.at.rewrite(lambda document: document["backup"].update(tools=str(folder)))
    clinic.turn_to(empty)
    child = _begun(clinic, "restore", str(file), "--identity", str(clinic.identity))
    assert told.read_text(encoding="utf-8") == "half\n"
    child.kill()
    child.wait()
    clinic.at.rewrite(lambda document: document["backup"].pop("tools"))
    with psycopg.connect(at("postgres"), autocommit=True) as connection:
        # What the server has not noticed yet, it is told.
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", [empty]
        )
    assert _is_empty(at(empty))
    assert clinic.restore(file).code == 0
