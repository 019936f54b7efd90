"""`nextvisit plugin install`: from a wheel into the environment that runs us, and nothing of it is run."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.cli.installation import Installation, Said
from tests.distributions import NEEDS, right

PACKAGE = "acme_nextvisit_pager"


@dataclass(frozen=True, slots=True)
class Environment:
    """One of its own, in which all that is installed here can be imported."""

    folder: Path

    @property
    def packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def run(self, *words: str) -> Said:
        """`nextvisit WORDS` there."""
        ended = subprocess.run(
            [str(self.folder / "bin" / "python"), "-m", "nextvisit.cli", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Said(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    made = Environment(tmp_path / "environment")
    venv.create(made.folder, symlinks=True)
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (made.packages / "beside.pth").write_text(line, encoding="utf-8")
    return made


def wheel(folder: Path, code: str = "", needs: Iterable[str] = NEEDS, group: str = "nextvisit") -> Path:
    """Of the distribution acme-pager, whose package is this code."""
    source = folder / "source"
    (source / PACKAGE).mkdir(parents=True)
    (source / PACKAGE / "__init__.py").write_text(code or right("pager"), encoding="utf-8")
    (source / "pyproject.toml").write_text(
        f"""
[project]
name = "acme-pager"
version = "1.0"
dependencies = {json.dumps(list(needs))}
[project.entry-points."{group}"]
pager = "{PACKAGE}"
[tool.hatch.build.targets.wheel]
packages = ["{PACKAGE}"]
""",
        encoding="utf-8",
    )
    (built,) = WheelBuilder(str(source)).build(directory=str(folder), versions=["standard"])
    return Path(built)


def test_a_plugin_is_installed_and_allowed_by_the_line_that_is_printed(
    environment: Environment, configured: Installation, tmp_path: Path
) -> None:
    """What was altered since is refused, and installed again it is as it was."""
    built = wheel(tmp_path)
    printed = environment.run("plugin", "install", str(built))
    assert (printed.code, printed.err) == (0, "")
    first, _, line = printed.out.splitlines()
    assert first == "installed acme-pager 1.0: pager"
    settings = configured.config.read_text("utf-8").rstrip().removesuffix("}").rstrip()
    # As it is printed: YAML, in settings that are written as JSON but for this list.
    document = json.loads(f"{settings}}}")
    blocks = "".join(f"{key}: {json.dumps(value)}\n" for key, value in document.items())
    configured.config.write_text(f"{blocks}plugins:\n{line}\n", encoding="utf-8")

    def listed() -> Any:
        (found,) = environment.run("plugins", "--json", "--config", str(configured.config)).json
        return found

    assert listed()["provides"] == ["mis adapter pager"]
    file = environment.packages / PACKAGE / "__init__.py"
    file.write_text(right("pager") + "\n", encoding="utf-8")
    assert "were altered or removed since it was installed" in listed()["fault"]
    again = environment.run("plugin", "install", str(built), "--json")
    assert again.code == 0
    assert again.json["content"] in line
    assert listed()["fault"] is None


def test_nothing_of_a_plugin_is_run_while_it_is_installed(environment: Environment, tmp_path: Path) -> None:
    built = wheel(tmp_path, f"open({str(tmp_path / 'run')!r}, 'w')")
    assert environment.run("plugin", "install", str(built)).code == 0
    assert (environment.packages / PACKAGE).is_dir()
    assert not (tmp_path / "run").exists()


def test_a_catalogue_is_installed_alike(environment: Environment, tmp_path: Path) -> None:
    built = wheel(tmp_path, "raise SystemExit('run')", needs=(), group="nextvisit.campaigns")
    assert environment.run("plugin", "install", str(built)).code == 0


def _with(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        built = wheel(folder)
        with zipfile.ZipFile(built, "a") as archive:
            archive.writestr(name, "evil = 1")
        return built

    return make


def _no_zip(folder: Path) -> Path:
    file = folder / "acme_pager-1.0-py3-none-any.whl"
    file.write_text("hello", encoding="utf-8")
    return file


def _of_no_distribution(folder: Path) -> Path:
    file = folder / "acme_pager-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return file


def _of_another_system(folder: Path) -> Path:
    return wheel(folder).rename(folder / "acme_pager-1.0-cp27-cp27m-win32.whl")


def _with_a_command(folder: Path) -> Path:
    return _rewritten(
        wheel(folder), "entry_points.txt", lambda told: f"{told}\n[console_scripts]\nnextvisit = x:y\n"
    )


def _to_nowhere(folder: Path) -> Path:
    return _rewritten(wheel(folder), "entry_points.txt", lambda told: told.replace(PACKAGE, "acme_pagr"))


def _called_as_a_library(folder: Path) -> Path:
    return _rewritten(wheel(folder), "METADATA", lambda told: told.replace("acme-pager", "orjson"))


def _rewritten(built: Path, name: str, change: Callable[[str], str]) -> Path:
    with zipfile.ZipFile(built) as archive:
        packed = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(built, "w") as archive:
        for each, content in packed.items():
            said = change(content.decode()) if each.endswith(f".dist-info/{name}") else content
            archive.writestr(each, said)
    return built


UNFIT: dict[str, tuple[Callable[[Path], Path], str]] = {
    "another SDK": (lambda folder: wheel(folder, needs=["nextvisit-sdk>=2,<3"]), "it works with nextvisit-sdk<3,>=2, and here is"),
    "every SDK": (lambda folder: wheel(folder, needs=[]), "it does not say which SDK it works with"),
    "what is not here": (lambda folder: wheel(folder, needs=[*NEEDS, "acme-http>=2"]), "it needs acme-http>=2 (not installed); install that first"),
    "what is older here": (lambda folder: wheel(folder, needs=[*NEEDS, "pydantic>=99"]), "it needs pydantic>=99 ("),
    "no plugin": (lambda folder: wheel(folder, group="acme.pagers"), "brings no plugin: it has no entry point"),
    "code at every start": (_with("acme.pth"), "`acme.pth` of it would be run whenever Python begins"),
    "code of ours": (_with("nextvisit/store/evil.py"), "`nextvisit/store/evil.py` of it lies in a package of ours"),
    "code of ours by another way": (_with("acme_pager-1.0.data/purelib/nextvisit/evil.py"), "lies outside of what is imported"),
    "a program": (_with("acme_pager-1.0.data/scripts/nextvisit"), "lies outside of what is imported"),
    "a file of anywhere": (_with("acme_pager-1.0.data/data/lib/evil.pth"), "lies outside of what is imported"),
    "a way up": (_with("acme/../evil.pth"), "lies outside of what is imported"),
    "code at every start by its name": (_with("sitecustomize.py"), "`sitecustomize.py` of it would be run whenever Python begins"),
    "what nobody can read": (_with(f"{PACKAGE}/__pycache__/hidden.cpython-311.pyc"), "is compiled, and nobody can see what of"),
    "a package before another's module": (_with("theirs/__init__.py"), "would be imported in the place of another's `theirs`"),
    "an entry point to nowhere": (_to_nowhere, "its entry point `pager` names `acme_pagr`, which it does not bring"),
    "a command": (_with_a_command, "it brings the command `nextvisit`"),
    "the name of a library": (_called_as_a_library, "which is installed and no plugin"),
    "code of another": (_with("theirs.py"), "it would overwrite `theirs.py`, which is another distribution's"),
    "no zip": (_no_zip, "is no wheel: it cannot be unpacked"),
    "no distribution": (_of_no_distribution, "is no wheel: it has not one `.dist-info`"),
    "nothing": (lambda folder: folder / "absent.whl", "absent.whl: No such file or directory"),
    "another system": (_of_another_system, "pip refuses it: acme_pager-1.0-cp27-cp27m-win32.whl is not a supported wheel"),
}  # fmt: skip


@pytest.mark.parametrize("how", UNFIT)
def test_what_is_unfit_is_refused_before_anything_is_installed(
    how: str, environment: Environment, tmp_path: Path
) -> None:
    make, says = UNFIT[how]
    (environment.packages / "theirs.py").touch()
    before = {each.name for each in environment.packages.iterdir()}
    refused = environment.run("plugin", "install", str(make(tmp_path)))
    assert refused.code == 3, refused.err
    assert says in refused.err
    assert {each.name for each in environment.packages.iterdir()} == before
