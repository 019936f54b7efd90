"""Whatever the checks find that is not fine has a code, by which it is counted, watched and looked up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.tree import name, python

CODE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Found:
    where: str
    code: object
    asks: bool
    """Whether somebody has to act."""


def found() -> Iterator[Found]:
    """Every call that makes a finding which is not fine."""
    for path, tree in python("core"):
        if "nextvisit/sdk/" in name(path):
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="wrong" | "informs" | "say" as maker), args=[code, *_]):
                    if maker != "say" or name(path).startswith("core/nextvisit/watch/"):
                        value = code.value if isinstance(code, ast.Constant) else None
                        yield Found(f"{name(path)}:{node.lineno}", value, maker != "informs")
                case _:
                    pass


FOUND = list(found())
WRONG = frozenset(str(each.code) for each in FOUND if each.asks)
CODES = frozenset(str(each.code) for each in FOUND)


def test_there_are_findings() -> None:
    assert len(FOUND) > 50


def test_every_finding_has_a_code_that_is_written_out() -> None:
    """One that is put together could hold what a plugin or a patient said, and nobody could look it up."""
    wrong = [each.where for each in FOUND if not isinstance(each.code, str) or not CODE.fullmatch(each.code)]
    assert wrong == []


def test_no_finding_is_made_past_those_who_ask_for_its_code() -> None:
    past = [
        f"{name(path)}:{node.lineno}"
        for path, tree in python("core")
        if name(path) != "core/nextvisit/watch/finding.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "Finding"
        and ast.unparse(node.args[0]) != "Grade.OK"
    ]
    assert past == []
