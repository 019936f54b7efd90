"""Log lines are events with ids: dotted names, keys from the list, and no sentence put together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nextvisit.watch.logs import ALLOWED, OF_EVERY_LINE
from tests.house.tree import name, python

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
# What structlog takes for itself.
STRUCTLOGS = {"exc_info"}


@dataclass(frozen=True, slots=True)
class LogCall:
    """`log.info(…)` somewhere."""

    where: str
    call: ast.Call


def log_calls() -> Iterator[LogCall]:
    """Every call of a level on something that is called log."""
    for path, tree in python("core", "workflows", "plugins"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in LEVELS and "log" in ast.unparse(node.func.value).lower():
                yield LogCall(f"{name(path)}:{node.lineno}", node)


CALLS = list(log_calls())


def test_the_house_does_log() -> None:
    assert len(CALLS) > 20


def test_an_event_has_a_fixed_dotted_name() -> None:
    wrong = [
        each.where
        for each in CALLS
        if len(each.call.args) != 1
        or not isinstance(each.call.args[0], ast.Constant)
        or not EVENT.fullmatch(str(each.call.args[0].value))
    ]
    assert wrong == []


def test_no_value_is_a_sentence_put_together() -> None:
    found = [each.where for each in CALLS for node in ast.walk(each.call) if isinstance(node, ast.JoinedStr)]
    assert found == []


def test_no_value_is_an_errors_own_text() -> None:
    """It may hold what a patient wrote; `code` and the type's name do not."""
    found = [
        each.where
        for each in CALLS
        for node in ast.walk(each.call)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"str", "repr", "format"}
        if any(part in ast.unparse(node) for part in ("error", "fault", "exc"))
    ]
    assert found == []


def test_every_key_is_on_the_list() -> None:
    """A key that is not is dropped in production, and the line says nothing."""
    missing = {
        (keyword.arg, each.where)
        for each in CALLS
        for keyword in each.call.keywords
        if keyword.arg not in ALLOWED | STRUCTLOGS
    }
    assert sorted(missing, key=str) == []


def test_every_key_on_the_list_is_passed_by_somebody() -> None:
    """A key that nobody passes is a door that nobody watches."""
    passed = {keyword.arg for each in CALLS for keyword in each.call.keywords}
    assert sorted(ALLOWED - OF_EVERY_LINE - passed) == []
