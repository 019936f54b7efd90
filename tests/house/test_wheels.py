"""What a wheel of each distribution holds: its own packages, and no test, no sandbox, no stray file."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.house.tree import ROOT, files, name

DISTRIBUTIONS = sorted(path.parent for path in files() if path.name == "pyproject.toml")
IDS = [name(each) if each != ROOT else "engine" for each in DISTRIBUTIONS]


def packages(folder: Path) -> set[str]:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    return {Path(each).name for each in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}


def wheel(folder: Path, to: Path) -> Path:
    """Built by the backend itself, so without a network and from the tree as it is."""
    (built,) = WheelBuilder(str(folder)).build(directory=str(to), versions=["standard"])
    return Path(built)


def test_every_distribution_is_known() -> None:
    assert len(DISTRIBUTIONS) >= 6


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=IDS)
def test_a_wheel_holds_its_own_packages_and_no_test(folder: Path, tmp_path: Path) -> None:
    held = zipfile.ZipFile(wheel(folder, tmp_path)).namelist()
    tops = {each.split("/")[0] for each in held if ".dist-info/" not in each}
    assert tops == packages(folder)
    assert [each for each in held if each.endswith((".pyc", ".orig", ".rej")) or "/tests/" in each] == []


def test_the_engine_and_its_plugins_load_without_the_sandbox(tmp_path: Path) -> None:
    wheels = [wheel(each, tmp_path) for each in DISTRIBUTIONS if "sandbox" not in each.name]
    unpacked = tmp_path / "installed"
    for each in wheels:
        zipfile.ZipFile(each).extractall(unpacked)
    # No site-packages' editable installs come first, and nothing of the sandbox's own can be imported.
    code = f"""
import importlib, pkgutil, sys
sys.path.insert(0, {str(unpacked)!r})
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {{"nextvisit_sandbox", "nextvisit_demo", "aiosmtpd", "trustme", "pytest"}}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
for top in {sorted(set().union(*(packages(each) for each in DISTRIBUTIONS if "sandbox" not in each.name)))!r}:
    package = importlib.import_module(top)
    assert package.__path__[0].startswith({str(unpacked)!r}), package.__path__
    for each in pkgutil.walk_packages(package.__path__, top + "."):
        if ".testing" not in each.name and ".versions." not in each.name and not each.name.endswith(("__main__", ".env")):
            importlib.import_module(each.name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
