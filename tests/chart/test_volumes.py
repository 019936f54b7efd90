"""What the appliance asks of a secret's file holds for a Secret of Kubernetes as it is mounted."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chart.volumes import lay_atomically, lay_claim
from tests.onebox.enterable import enterable_python

POD = 10_001
READ = "import pathlib, sys; from nextvisit.sdk.private_file import read_private; print(read_private(pathlib.Path(sys.argv[1])))"
WRITE = """\
import os, pathlib, sys
from nextvisit.sdk.private_file import open_private
os.write(open_private(pathlib.Path(sys.argv[1]), os.O_WRONLY), b"kept")
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Which the pod's user may enter: pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="nv-pod-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def as_the_pod(program: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Another user where we are root."""
    who = {"user": POD, "group": POD, "extra_groups": [POD]} if os.geteuid() == 0 else {}
    command = [enterable_python(), "-c", program, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **who)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("mode", [0o400, 0o440])
def test_a_secret_s_file_is_read(folder: Path, mode: int) -> None:
    lay_atomically(folder / "run" / "root", {"root.key": b"secret"}, POD, mode)
    done = as_the_pod(READ, folder / "run" / "root" / "root.key")
    assert done.stdout == "b'secret'\n", done.stderr


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda mount: (mount / "..data" / "root.key").chmod(0o444), "secret.exposed"),
        (lambda mount: mount.chmod(0o777), "file.replaceable"),
        (lambda mount: (mount / "..data").resolve().chmod(0o777), "file.replaceable"),
    ],
)
def test_one_that_is_open_to_others_is_not(folder: Path, spoil: Callable[[Path], None], code: str) -> None:
    mount = folder / "root"
    lay_atomically(mount, {"root.key": b"secret"}, POD, 0o440)
    spoil(mount)
    assert code in as_the_pod(READ, mount / "root.key").stderr


def test_a_list_that_is_written_to_begins_on_a_claim(folder: Path) -> None:
    lay_claim(folder / "claim", POD)
    done = as_the_pod(WRITE, folder / "claim" / "erased.jsonl")
    assert done.returncode == 0, done.stderr
    assert (folder / "claim" / "erased.jsonl").read_bytes() == b"kept"
