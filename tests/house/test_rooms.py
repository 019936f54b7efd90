"""A folder that a newcomer opens says what lives there, what it may import and who may import it; and it is so.

The words of the sentence are few, so that the import graph can be asked whether they are true:
"May import WHAT; WHO may import it."
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache

import grimp
import pytest

from tests.house.test_walls import PROJECT
from tests.house.tree import CODE, ROOT, name, parsed, python

PURE = {"files", "domain", "segments", "messages", "flow", "understanding"}
# The house's layers (pyproject.toml) say what is above and below, so these words need no list.
ANYTHING = re.compile(r"every room (below|above)|every package of the store|everything|anything")
SENTENCE = re.compile(r"May import (?P<what>[^;]+); (?P<who>[^;.]+?) may import it[.,]")
# Packages whose inner rooms are walls too: what is inside is compared beside each other.
DIVIDED = ("nextvisit.store", "nextvisit.flow", "nextvisit_workflows")


@dataclass(frozen=True, slots=True)
class Package:
    """A folder with an `__init__.py`, and what it says of itself."""

    path: str
    module: str
    text: str


def packages() -> list[Package]:
    """All of ours."""
    found = []
    for path, _ in python(*CODE):
        if path.name != "__init__.py":
            continue
        folder, parts = path.parent, [path.parent.name]
        while (folder.parent / "__init__.py").exists():
            folder = folder.parent
            parts.insert(0, folder.name)
        text = " ".join((ast.get_docstring(parsed(path)) or "").split())
        found.append(Package(name(path.parent), ".".join(parts), text))
    return found


PACKAGES = packages()


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PROJECT["tool"]["importlinter"]["root_packages"], cache_dir=None)


def beside(module: str, package: str) -> str | None:
    """How a docstring of this package calls the room that a module is in. None: it is none beside it."""
    parent = package.rpartition(".")[0]
    if parent in DIVIDED:
        return (
            module[len(parent) + 1 :].split(".", maxsplit=1)[0] if module.startswith(f"{parent}.") else None
        )
    root, _, inner = module.partition(".")
    return inner.split(".")[0] if root == "nextvisit" else root


def meant(words: str) -> set[str] | None:
    """The rooms that the words name. None: any."""
    if ANYTHING.search(words):
        return None
    return set(re.findall(r"`(\w+)`", words)) | (PURE if "the pure rooms" in words else set())


def imports(package: str) -> tuple[set[str], set[str]]:
    """The rooms that a package does import, and those that do import it."""
    inside = {package, *graph().find_descendants(package)}
    what = {each for module in inside for each in graph().find_modules_directly_imported_by(module)} - inside
    who = {each for module in inside for each in graph().find_modules_that_directly_import(module)} - inside
    return {room for each in what if (room := beside(each, package))}, {
        room for each in who if (room := beside(each, package))
    }


@pytest.mark.parametrize("package", PACKAGES, ids=[each.path for each in PACKAGES])
def test_a_package_says_what_lives_there_and_who_may_import_what(package: Package) -> None:
    assert SENTENCE.search(package.text), "say: May import …; … may import it."
    assert not package.text.startswith("May import"), "say what lives there first"


WALLED = [
    each
    for each in PACKAGES
    if each.module.count(".") == 0 or each.module.rpartition(".")[0] in ("nextvisit", *DIVIDED)
]


@pytest.mark.parametrize("package", WALLED, ids=[each.path for each in WALLED])
def test_what_it_says_of_its_walls_is_so(package: Package) -> None:
    said = SENTENCE.search(package.text)
    assert said
    may_import, importers = meant(said["what"]), meant(said["who"])
    what, who = imports(package.module) if package.module != "nextvisit" else (set(), set())
    assert may_import is None or what - may_import == set()
    assert importers is None or who - importers == set()


def test_the_rooms_that_are_named_are_there() -> None:
    rooms = {each.module.rpartition(".")[2] for each in PACKAGES} | {"clock"}
    lost = {
        (each.path, room)
        for each in WALLED
        if (said := SENTENCE.search(each.text))
        for half in ("what", "who")
        for room in (meant(said[half]) or set()) - rooms
    }
    assert lost == set()


def drawn() -> list[str]:
    """The folders of the drawing in docs/house.md, as paths."""
    text = (ROOT / "docs" / "house.md").read_text(encoding="utf-8").split("```")[1]
    above: list[str] = []
    found = []
    for line in text.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        above[depth:] = [line.split()[0].rstrip("/")]
        found.append("/".join(above))
    return found


def test_the_house_is_drawn_as_it_stands() -> None:
    rooms = {each.path for each in PACKAGES if each.module.count(".") == 1}
    rooms |= {each.path for each in PACKAGES if each.module.rpartition(".")[0] in DIVIDED}
    rooms = {each for each in rooms if not each.startswith("plugins/") and "nextvisit_sandbox/" not in each}
    assert [each for each in drawn() if not (ROOT / each).is_dir()] == []
    assert rooms - set(drawn()) == set()


def test_the_drawing_marks_the_pure_rooms() -> None:
    text = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    (contract,) = [
        each for each in PROJECT["tool"]["importlinter"]["contracts"] if "pure room" in each["name"]
    ]
    marked = {f"nextvisit.{each}" for each in re.findall(r"^  (\w+)/ .*\(pure\)$", text, re.MULTILINE)}
    assert marked == set(contract["importers"]) == {f"nextvisit.{each}" for each in PURE}
