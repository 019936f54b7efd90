"""What nextvisit or PostgreSQL's user left where `up` reads at its start, as root even."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from nextvisit.install.embedded import data_folder
from nextvisit.onebox.alone import alone_by
from nextvisit.onebox.postgres_setup import prepare, running_pid
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import write_private

MEMORY = 2**30
"""Bytes that a process may have that meets what is larger."""


def _huge(path: Path) -> None:
    write_private(path, "7\n/srv/last\n")
    os.truncate(path, 3 * 2**30)


def _socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(str(path))


def _link(path: Path) -> None:
    write_private(path.with_name("theirs"), "7\n/srv/last\n")
    path.symlink_to(path.with_name("theirs"))


ODD: list[Callable[[Path], None]] = [os.mkfifo, _socket, _link, Path.mkdir]


def _bytes(content: bytes) -> Callable[[Path], None]:
    def leave(path: Path) -> None:
        write_private(path, "")
        path.write_bytes(content)

    return leave


@pytest.mark.parametrize(
    "leave",
    [_bytes(b"\xff\xfe"), _bytes(b"1\n\xff"), _bytes(b"7\n" * 99_999), _bytes(b"root\n/srv\n"), _bytes(b"")],
)
def test_whatever_a_lock_that_nobody_holds_says_keeps_nobody_from_starting(
    leave: Callable[[Path], None], tmp_path: Path
) -> None:
    lock = tmp_path / "app.dsn.up"
    leave(lock)
    with alone_by(lock, tmp_path / "data") as its_data_is_there:
        its_data_is_there()
    assert lock.read_text(encoding="utf-8") == f"{os.getpid()}\n{tmp_path / 'data'}\n"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"1\n/srv/last\n", "another `nextvisit up` (process id 1) runs with its data in /srv/last; stop it"),
        (b"1\n/srv; run: x\n", "runs with its data in '/srv; run: x'; stop it"),
        (b"\xff", "does not say who it is as `nextvisit up` does; stop it"),
        (b"1; run: x\n/srv\n", "does not say who it is"),
    ],
)
def test_who_holds_a_lock_is_told_by_what_a_supervisor_says_of_itself(
    said: bytes, told: str, tmp_path: Path
) -> None:
    lock = tmp_path / "app.dsn.up"
    _bytes(said)(lock)
    with lock.open("rb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(ConfigError) as caught, alone_by(lock, tmp_path):
            pass
    assert told in str(caught.value)
    assert lock.read_bytes() == said


def test_of_what_is_huge_only_the_beginning_is_read(tmp_path: Path) -> None:
    """In a process that has less memory than that."""
    names = ("app.dsn.up", "data/postmaster.pid", "access.json")
    (tmp_path / "data").mkdir()
    for name in names:
        _huge(tmp_path / name)
    code = f"""
from pathlib import Path
from nextvisit.install.embedded import data_folder
from nextvisit.onebox.alone import alone_by
from nextvisit.onebox.postgres_setup import prepare, running_pid
from nextvisit.sdk.errors import ConfigError
folder = Path({str(tmp_path)!r})
print(running_pid(folder), data_folder(f"file:{{folder}}/app.dsn"))
try:
    prepare(folder, None, None)
except ConfigError as error:
    print(error)
with alone_by(folder / "app.dsn.up", folder):
    print("alone")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
    )
    assert done.stderr == ""
    pid, refused, alone = done.stdout.splitlines()
    assert pid == "7 /srv/last"
    assert "access.json" in refused
    assert "larger than 64 KiB" in refused
    assert alone == "alone"


@pytest.mark.parametrize("leave", ODD)
def test_what_is_no_file_is_named_with_what_to_run_and_nobody_waits_for_it(
    leave: Callable[[Path], None], tmp_path: Path
) -> None:
    odd = tmp_path / "data" / "postmaster.pid"
    odd.parent.mkdir()
    leave(odd)
    with pytest.raises(ConfigError) as caught:
        running_pid(tmp_path)
    assert f"{odd}: is no ordinary file; see who put it there, and run `rm -r {odd}`" in str(caught.value)


@pytest.mark.parametrize("leave", ODD)
def test_the_doctor_waits_for_nothing_that_stands_in_a_lock_s_place(
    leave: Callable[[Path], None], tmp_path: Path
) -> None:
    leave(tmp_path / "app.dsn.up")
    assert data_folder(f"file:{tmp_path / 'app.dsn'}") is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"7", b"7" * 5000 + b"\n", b"root\n"])
def test_of_a_pid_file_only_a_number_counts(content: bytes, tmp_path: Path) -> None:
    """PostgreSQL itself says what is wrong with the rest."""
    (tmp_path / "data").mkdir()
    _bytes(content)(tmp_path / "data" / "postmaster.pid")
    assert running_pid(tmp_path) == (7 if content == b"7" else None)


WHOLE = {"port": 15432, "superuser": "a", "owner": "b", "app": "c"}


def _json(**changed: object) -> str:
    return json.dumps(WHOLE | changed)


def _prepared(folder: Path, content: str) -> None:
    (folder / "data").mkdir(exist_ok=True)  # so that nothing is initialised
    write_private(folder / "access.json", content)
    prepare(folder, None, None)


def test_passwords_that_others_can_read_are_refused_with_what_to_run(tmp_path: Path) -> None:
    """The superuser's is among them, who can switch every protection off."""
    _prepared(tmp_path, _json())
    file = tmp_path / "access.json"
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="run `chmod o-rwx ") as caught:
        prepare(tmp_path, None, None)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[" * 50_000,
        "{}",
        "[]",
        _json(port=0),
        _json(port=True),
        _json(port="1"),
        _json(port=65_536),
        _json(app="secret@elsewhere/"),
        _json(superuser=""),
        _json(owner=None),
    ],
)
def test_passwords_that_are_not_as_we_wrote_them_are_refused_and_not_shown(
    content: str, tmp_path: Path
) -> None:
    """Of them a connection is made, word for word."""
    with pytest.raises(ConfigError, match="bring it back from a backup") as caught:
        _prepared(tmp_path, content)
    assert str(tmp_path / "access.json") in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_pipe_in_place_of_the_passwords_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "access.json")
    with pytest.raises(ConfigError, match="no ordinary file"):
        prepare(tmp_path, None, None)
