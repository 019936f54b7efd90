"""deploy/install.sh: installed, upgraded in one step, gone back from, removed; as root and as anybody else."""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

from tests.deploy.wheelhouse import PINNED, READER, bundle
from tests.house.tree import ROOT


def lacking(package: str) -> NoReturn:
    """What this machine lacks, and a machine that checks every change must not."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"Debian's package {package} is not installed")


@functools.cache
def python_of_everybody() -> str:
    """One that other users can enter: root's own often lies below a folder that is closed to them."""
    for each in (Path(sys.executable).resolve(), Path("/usr/bin/python3")):
        way = (each.resolve(), *each.resolve().parents)
        enterable = each.exists() and all(part.stat().st_mode & stat.S_IXOTH for part in way)
        if enterable and subprocess.run([each, "-c", "import ensurepip"], check=False).returncode == 0:
            return str(each)
    lacking("python3-venv")


@dataclass(slots=True)
class Machine:
    """Where it is installed: below `folder`, by whoever runs the tests."""

    folder: Path
    given: dict[str, str] = field(default_factory=dict)

    @property
    def prefix(self) -> Path:
        return self.folder / "opt" / "nextvisit"

    @property
    def command(self) -> Path:
        return self.folder / "bin" / "nextvisit"

    def run(self, script: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        told: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PIP_CONFIG_FILE": os.devnull,
            "PYTHON": python_of_everybody(),
            "PREFIX": str(self.prefix),
            "BIN": str(self.command.parent),
            **env,
        }
        return subprocess.run(
            ["/bin/sh", script, *words], env=told, capture_output=True, text=True, check=False, cwd="/"
        )

    def install(self, release: str) -> subprocess.CompletedProcess[str]:
        made = bundle(self.folder / release, release)
        return self.run(made / "install.sh", WHEELHOUSE=str(made / "wheels"))

    def says(self) -> str:
        done = subprocess.run(
            [self.command, "--version"], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
        )
        return done.stdout.strip()


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="nv-install-") as name:
        Path(name).chmod(0o755)
        yield Machine(Path(name))


def test_an_upgrade_is_one_step_and_can_be_gone_back_from(machine: Machine) -> None:
    done = machine.install("one")
    assert (done.returncode, done.stderr) == (0, "")
    assert "installed: nextvisit one" in done.stdout
    assert machine.says() == "nextvisit one"
    assert machine.command.readlink() == machine.prefix / "current" / "bin" / "nextvisit"
    shutil.rmtree(machine.folder / "one")  # nothing of it is needed any more
    with subprocess.Popen([machine.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        done = machine.install("two")
        assert (done.returncode, done.stderr) == (0, "")
        assert machine.says() == "nextvisit two"
        # What runs keeps its files.
        program = next(each for each in (machine.prefix / "former").glob("lib/python3*/site-packages"))
        assert (program / PINNED / "__init__.py").exists()
        assert machine.run(machine.prefix / "install.sh", "--remove").returncode == 3
        running.communicate()
    done = machine.run(machine.prefix / "install.sh", "--back")
    assert "back: nextvisit one" in done.stdout
    assert machine.says() == "nextvisit one"
    done = machine.run(machine.prefix / "install.sh", "--back")
    assert machine.says() == "nextvisit two"


def test_an_upgrade_that_fails_leaves_what_is_there(machine: Machine) -> None:
    machine.install("one")
    made = bundle(machine.folder / "two", "two")
    (lock,) = (made / "constraints").iterdir()
    lock.write_text(lock.read_text("utf-8").replace("sha256:", "sha256:0"), encoding="utf-8")
    done = machine.run(made / "install.sh", WHEELHOUSE=str(made / "wheels"))
    assert done.returncode != 0
    assert machine.says() == "nextvisit one"
    assert machine.install("three").returncode == 0
    assert machine.says() == "nextvisit three"
    # What was broken off is gone.
    assert len(list((machine.prefix / "releases").iterdir())) == 2


def test_removal_leaves_nothing_of_ours_and_all_else(machine: Machine) -> None:
    machine.install("one")
    done = machine.run(machine.prefix / "install.sh", "--remove")
    assert done.returncode == 0
    assert not machine.prefix.exists()
    assert not machine.command.is_symlink()
    assert machine.run(machine.folder / "one" / "install.sh", "--remove").returncode == 3


def test_the_script_that_an_installation_keeps_works_on_that_one(machine: Machine) -> None:
    """Told nothing, wherever the installation is: another's program would be removed."""
    machine.install("one")
    machine.install("two")
    kept = machine.prefix / "install.sh"
    untold = {"PATH": os.environ["PATH"], "HOME": str(machine.folder / "home")}

    def run(*words: str) -> str:
        done = subprocess.run(
            ["/bin/sh", kept, *words], env=untold, capture_output=True, text=True, check=True, cwd="/"
        )
        return done.stdout

    assert "back: nextvisit one" in run("--back")
    assert "removed the program" in run("--remove")
    assert not machine.prefix.exists()
    assert not machine.command.is_symlink()


def test_an_upgrade_keeps_the_second_reader_unless_told_otherwise(machine: Machine) -> None:
    def installed(release: str, **told: str) -> bool:
        made = bundle(machine.folder / release, release, reader=True)
        done = machine.run(made / "install.sh", WHEELHOUSE=str(made / "wheels"), **told)
        assert (done.returncode, done.stderr) == (0, "")
        return bool(list((machine.prefix / "current").glob(f"lib/python3*/site-packages/{READER}")))

    assert not installed("one")
    assert installed("two", READER="1")
    assert installed("three")
    assert not installed("four", READER="0")


def test_what_is_somebody_elses_is_left_alone(machine: Machine) -> None:
    machine.prefix.mkdir(parents=True)
    (machine.prefix / "theirs").write_text("x", encoding="utf-8")
    assert "holds something else" in machine.install("one").stderr
    (machine.prefix / "theirs").unlink()
    machine.command.parent.mkdir()
    machine.command.write_text("theirs", encoding="utf-8")
    assert "is there and not ours" in machine.install("two").stderr
    assert machine.command.read_text("utf-8") == "theirs"


@pytest.mark.skipif(os.geteuid() != 0, reason="anybody else's processes stay theirs")
def test_a_python_that_is_roots_alone_is_refused(machine: Machine) -> None:
    """Its processes become users of their own, who could not start."""
    closed = machine.folder / "root"
    closed.mkdir(mode=0o700)
    (closed / "python3").symlink_to(python_of_everybody())
    shutil.copy(python_of_everybody(), closed / "python3.copy")
    made = bundle(machine.folder / "one", "one")
    done = machine.run(made / "install.sh", PYTHON=str(closed / "python3.copy"))
    assert done.returncode == 3
    assert f"other users cannot enter {closed}. Set PYTHON to one that everybody may run" in done.stderr
    assert not machine.prefix.exists()


def test_every_key_that_the_script_reads_is_explained_in_it() -> None:
    text = (ROOT / "deploy" / "install.sh").read_text(encoding="utf-8")
    done = subprocess.run(
        ["/bin/sh", ROOT / "deploy" / "install.sh", "--help"], capture_output=True, text=True, check=True
    )
    for key in ("PREFIX", "BIN", "PYTHON", "WHEELHOUSE", "READER", "--back", "--remove"):
        assert key in done.stdout
        assert text.count(key) > 1
