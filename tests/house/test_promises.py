"""Each promise of security.md and operate.md names the test that holds it, and there is such a test.

A promise stands in a table whose head is `| promise | held by |`. What is not so yet stands under "Not yet", and
there is no third place for it: a sentence that says "never" or "always" elsewhere is a promise without a test.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tree import ROOT, parsed

DOCUMENTS = ("security.md", "operate.md")
HEAD = re.compile(r"^\| promise \| held by \|$")
TEST_ID = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:::(\w+))?`")


@dataclass(frozen=True, slots=True)
class Row:
    document: str
    line: int
    promise: str
    held_by: str


def rows(document: str) -> list[Row]:
    """The lines of all promise tables."""
    found = []
    inside = False
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if HEAD.match(line):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("| ---"):
            cells = [each.strip() for each in line.strip("|").split(" | ")]
            found.append(Row(document, number, cells[0], cells[1] if len(cells) > 1 else ""))
    return found


ROWS = [row for document in DOCUMENTS for row in rows(document)]


def collected(path: Path) -> set[str]:
    """Functions of a module that pytest collects; `Class::test` for methods."""
    found = set()
    for node in parsed(path).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test_"):
                found.add(name)
            case ast.ClassDef(name=owner) if owner.startswith("Test"):
                methods = (
                    each for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
                )
                found |= {f"{owner}::{each.name}" for each in methods if each.name.startswith("test_")}
            case _:
                pass
    return found


@pytest.mark.parametrize("row", ROWS, ids=[f"{each.document}:{each.line}" for each in ROWS])
def test_a_promise_names_the_tests_that_hold_it(row: Row) -> None:
    named = TEST_ID.findall(row.held_by)
    assert named, f"who holds this? {row.promise}"
    assert re.sub(TEST_ID, "", row.held_by).strip(" ,") == "", "name tests and nothing else"
    for path, *names in named:
        assert (ROOT / path).is_file(), path
        assert "::".join(filter(None, names)) in collected(ROOT / path), f"{path} has no such test"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_there_are_promises_and_what_is_not_so_yet_is_said(document: str) -> None:
    assert len(rows(document)) >= 10
    assert re.search(r"^## Not yet$", (ROOT / "docs" / document).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_outside_the_tables_nothing_is_promised_for_all_time(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8").partition("\n## Not yet\n")[0]
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    assert re.findall(r"[^.\n]*\b(?:never|always|guarantee\w*)\b[^.\n]*", prose) == []
