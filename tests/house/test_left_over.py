"""What nobody calls is gone. A name that the code says once, where it is defined, is said for nobody."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from tests.house.tree import CODE, ROOT, name, python

NOT_CALLED_BY_US = {
    "procedures": "what segments will ask for is read by its function already",
    "results_ready": "the same",
    "slots_freed": "the same",
    "read_golden": "golden conversations are read by the tests that play them",
}
# A base class, a framework or a plugin's tests call these.
ELSEWHERE = re.compile(r"core/nextvisit/(sdk/testing|store/(base/tables|migrations/versions))|\.venv")
OVERRIDING = re.compile(
    r"__\w+__|handle_\w+|capture_signals|format_commands|with_context|(from|to)_payload"
    r"|extract_cookies|add_cookie_header"
)


def _defined() -> Iterator[tuple[str, str]]:
    """(name, place) of each function and class; what a decorator takes is called by its framework."""
    for path, tree in python(*CODE):
        if ELSEWHERE.search(name(path)):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            taken = [each for each in node.decorator_list if "property" not in ast.unparse(each)]
            if OVERRIDING.fullmatch(node.name) or (taken and not isinstance(node, ast.ClassDef)):
                continue
            yield node.name, f"{name(path)}:{node.lineno}"


def test_nothing_is_defined_for_nobody() -> None:
    said: Counter[str] = Counter()
    for path, _ in python(*CODE):
        said.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    for declared in ROOT.glob("**/pyproject.toml"):
        if not ELSEWHERE.search(declared.as_posix()):
            said.update(re.findall(r"\w+", declared.read_text(encoding="utf-8")))
    lonely = {each: place for each, place in _defined() if said[each] == 1}
    assert {each: place for each, place in lonely.items() if each not in NOT_CALLED_BY_US} == {}
