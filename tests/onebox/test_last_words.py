"""How a child's log ends, on the screen: our own lines whole, of others' nothing that may be a patient's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nextvisit.onebox.last_words import last_words
from tests.watch.test_logs import SET_UP


def _ends(folder: Path, *lines: str) -> str:
    log = folder / "role.log"
    log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return last_words(log)


def _written(program: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", SET_UP + program], capture_output=True, text=True, check=True, timeout=60
    )
    return run.stderr.splitlines()


def test_our_own_lines_are_told_in_words_and_one_that_is_repeated_once(tmp_path: Path) -> None:
    waiting = "log.warning('role.waiting', code='store.unavailable')\n"
    told = _ends(tmp_path, *_written(waiting * 2 + "log.warning('mis.odd', place='clinic', exit_code=-9)"))
    assert told == (
        "its log ends with: role.waiting (code store.unavailable) | mis.odd (place clinic, exit code -9)"
    )


def test_of_an_exception_of_ours_the_kind_and_the_place_are_told(tmp_path: Path) -> None:
    program = """
try:
    raise LookupError("Kowalska")
except LookupError:
    log.exception("message.broken")
"""
    told = _ends(tmp_path, *_written(program))
    assert told.startswith("its log ends with: message.broken (LookupError at ")
    assert "<string>:" in told
    assert "Kowalska" not in told


def test_what_a_library_said_is_told_by_its_name(tmp_path: Path) -> None:
    told = _ends(tmp_path, *_written("logging.getLogger('driver').warning('Kowalska')"))
    assert told == "its log ends with: library.spoke (place <module>, logger driver)"


@pytest.mark.parametrize(
    "line",
    [
        "api.port: api.port: 127.0.0.1:41930 is taken by python3 (process id 1234567); end that program",
        "vault.absent: /etc/nextvisit/root.key: cannot be read",
        "No such file or directory: '/var/lib/nextvisit/data'",
        'connection to server at "127.0.0.1", port 5432 failed',
        "2026-11-26 21:35:47.123 UTC [12] FATAL:  could not write: No space left on device",
        "fhir.unreachable: http://mis.example:8443 does not answer",
    ],
)
def test_a_host_a_port_and_a_path_stay(line: str, tmp_path: Path) -> None:
    assert _ends(tmp_path, line) == f"its log ends with: {line}"


@pytest.mark.parametrize(
    ("line", "private"),
    [
        ("for Anna <anna@dom.example>", "anna@dom"),
        ("to +48 601 234 567", "601"),
        ("ValueError: 'Kowalska'", "Kowalska"),
        ('{"msg": "Kowalska", "level": "error"}', "Kowalska"),
        ('{"event": "Kowalska", "phone": "1"}', "Kowalska"),
        ("GET /Patient/601000001", "601000001"),
        ("GET /Patient?phone=601000001", "601000001"),
        ("postgresql://app:secret@127.0.0.1:5432/nextvisit", "secret"),
    ],
)
def test_what_may_be_a_patients_is_left_out_of_what_is_not_ours(
    line: str, private: str, tmp_path: Path
) -> None:
    assert private not in _ends(tmp_path, line)


def test_without_a_log_it_says_so(tmp_path: Path) -> None:
    assert last_words(tmp_path / "absent") == "it has no log"
    assert _ends(tmp_path) == "its log is empty"
