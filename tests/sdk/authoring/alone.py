"""An environment like that of an author: the SDK's own wheel, what it needs, and nothing else of ours.

What it needs is linked from the environment of these tests, because nothing is fetched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tests.house.tree import ROOT

SDK = ROOT / "core"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, on both of its ways, and ended with."""

    code: int
    said: str


@dataclass(frozen=True, slots=True)
class Environment:
    """wheels: of ours, for pip to find. others: what of others can be imported, and nothing else of ours."""

    folder: Path
    wheels: Path
    others: Path

    def run(self, *words: str, cwd: Path) -> Ran:
        """A program of the environment."""
        return self.shell(" ".join(map(_quoted, words)), cwd=cwd)

    def shell(self, line: str, *, cwd: Path) -> Ran:
        """A line as an author types it."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=cwd,
            env=kept
            | {
                "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.wheels),
                "PIP_NO_DEPS": "1",
                "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip spells that there is none
                "PYTHONPATH": str(self.others),
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_ROOT_USER_ACTION": "ignore",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr)


def sdk_alone(folder: Path) -> Environment:
    """Made in `folder`: the SDK and its extra `testing`, with what builds a wheel."""
    project = tomllib.loads((SDK / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["testing"], "hatchling"]
    others = folder / "others"
    others.mkdir()
    for each in set(_closure(wanted)):
        _link(each, others)
    made = Environment(_empty(folder / "env"), folder / "wheels", others)
    _install(made, wheel_of(SDK, made.wheels))
    return made


def appliance(folder: Path) -> Environment:
    """Made in `folder`: with the engine and all that these tests have, and room for a plugin."""
    made = Environment(_empty(folder / "env"), folder / "wheels", folder / "nothing")
    lines = [str(here()), *(line for each in here().glob("*.pth") for line in _paths(each))]
    (site,) = made.folder.glob("lib/python*/site-packages")
    (site / "ours.pth").write_text("\n".join(lines), "utf-8")
    script = made.folder / "bin" / "nextvisit"
    begin = "from nextvisit.cli.main import main; main()"
    script.write_text(f"#!{made.folder / 'bin' / 'python'}\n{begin}\n", "utf-8")
    script.chmod(0o755)
    return made


def wheel_of(folder: Path, to: Path) -> Path:
    """Built by the backend itself, from the tree as it is."""
    (built,) = WheelBuilder(str(folder)).build(directory=str(to), versions=["standard"])
    return Path(built)


def here() -> Path:
    """Where what we have is installed."""
    return Path(str(distribution("pytest").locate_file("")))


def _empty(environment: Path) -> Path:
    venv.create(environment, with_pip=False, symlinks=True)
    return environment


def _install(environment: Environment, wheel: Path) -> None:
    python = environment.folder / "bin" / "python"
    words = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), "install", *words], check=True)


def _link(name: str, others: Path) -> None:
    """All that a distribution put beside those of others."""
    for file in distribution(name).files or []:
        top = file.parts[0]
        if top in ("..", "__pycache__") or (others / top).exists():
            continue
        (others / top).symlink_to(here() / top)


def _paths(file: Path) -> list[str]:
    return [each for each in file.read_text("utf-8").splitlines() if each.startswith("/")]


def _closure(requirements: list[str]) -> Iterator[str]:
    for each in requirements:
        named, _, condition = each.partition(";")
        if "extra ==" not in condition and (found := re.match(r"[\w.-]+", named)):
            try:
                more = distribution(found[0]).requires or []
            except PackageNotFoundError:
                continue  # of another system or Python
            yield found[0]
            yield from _closure(more)


def _quoted(word: str) -> str:
    return f"'{word}'"


def copied(folder: Path, to: Path) -> Path:
    """A folder that a test may spoil."""
    return Path(shutil.copytree(folder, to, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")))
