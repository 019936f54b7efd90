"""What modules and classes are called, and how long they get."""

from __future__ import annotations

import ast
import re

from tests.house.tree import CODE, ROOT, files, name, python

BANNED = re.compile(r"(Manager|Service|Handler|Factory|Helper)s?$")
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "services", "handlers"}
LONGEST = 400
OF_FHIR = {"Service", "KnownService"}
"""What a clinic offers: FHIR's HealthcareService."""
MAY_BE_LONGER = {
    "core/nextvisit/store/base/tables.py": "a table after the other; splitting it would hide what refers to what",
    "core/nextvisit/store/migrations/versions/r0001_initial.py": "a migration is one list of statements",
} | {
    f"core/nextvisit/understanding/lexicons/{language}.py": "a lexicon is data"
    for language in ("de", "en", "pl", "ru", "uk")
}


def test_no_class_is_named_after_a_pattern() -> None:
    """The names of tests/ and bench/ too."""
    found = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path, tree in python(*CODE, "tests", "bench")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and BANNED.search(node.name) and node.name not in OF_FHIR
    ]
    assert found == []


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [name(path) for path in files() if VAGUE & {path.stem, *path.relative_to(ROOT).parts[:-1]}] == []


def test_no_module_is_longer_than_one_can_read() -> None:
    long = {name(path) for path, _ in python(*CODE) if path.read_text(encoding="utf-8").count("\n") > LONGEST}
    assert long - MAY_BE_LONGER.keys() == set()
    assert MAY_BE_LONGER.keys() - long == set(), "take it off the list"


def test_every_folder_of_tests_is_a_package_that_says_what_it_tests() -> None:
    folders = {path.parent for path, _ in python("tests") if path.name != "__init__.py"}
    folders |= {
        parent
        for folder in folders
        for parent in folder.parents
        if ROOT / "tests" in (parent, *parent.parents)
    }
    silent = [
        name(folder)
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists() or not (folder / "__init__.py").read_text("utf-8").strip()
    ]
    assert silent == []


def test_every_module_begins_with_what_it_is() -> None:
    """Packages may leave it to their name, and what alembic makes to its revision."""
    silent = [
        name(path)
        for path, tree in python(*CODE, "tests", "bench")
        if path.name != "__init__.py" and "versions" not in path.parts and ast.get_docstring(tree) is None
    ]
    assert silent == []
