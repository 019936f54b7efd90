"""Ways around the walls that no import shows: a module by its name, the clock by an instant, a file by a builtin."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.house.test_rooms import PURE
from tests.house.tree import CODE, name, python

BY_NAME = {"import_module", "__import__", "resolve_name", "run_module", "run_path", "exec", "eval"}
# What is imported by its name, and why no contract has to see it.
ON_PURPOSE = {
    "core/nextvisit/sdk/authoring/inside.py": "the plugin that an author asks about, in a process of its own",
    "core/nextvisit/cli/groups.py": "a command's module, when the command is given",
    "core/nextvisit/install/trials.py": "a trial's file, which the settings name by its folder",
    "core/nextvisit/cli/call.py": "what opens another installation, when it is named",
}
WALLS = {"now", "today", "utcnow"}
HTTP_CLIENTS = {
    "httpx2",
    "httpx",
    "httpcore2",
    "requests",
    "urllib3",
    "aiohttp",
    "http.client",
    "urllib.request",
}
# What asks by HTTP, in bounds; everything else asks through it.
OUTBOUND = {f"core/nextvisit/sdk/{each}.py" for each in ("outbound", "transport", "destinations")}
EFFECTS = {"open", "input", "print", "breakpoint", "hash"}
"""`hash` of a text is another one in each process."""


def called(tree: ast.Module) -> Iterator[tuple[str, bool, ast.Call]]:
    """(name, whether of something, the call) for each call."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=what)):
                yield what, False, node
            case ast.Call(func=ast.Attribute(attr=what)):
                yield what, True, node


def imports_by_name(tree: ast.Module) -> bool:
    loaded = any(
        isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.modules" for node in ast.walk(tree)
    )
    return loaded or any(what in BY_NAME for what, _, _ in called(tree))


def asks_the_wall(tree: ast.Module) -> bool:
    """Of an instant, or of a name that stands for its class. A clock of ours is asked without a zone."""
    return any(
        of_something and what in WALLS and (what != "now" or call.args or call.keywords)
        for what, of_something, call in called(tree)
    )


def is_impure(tree: ast.Module) -> bool:
    """A pure room has no clock of ours to ask, either."""
    return any(what in (WALLS if of_something else EFFECTS) for what, of_something, _ in called(tree))


def asks_by_http(tree: ast.Module) -> bool:
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return any(each in HTTP_CLIENTS or each.partition(".")[0] in HTTP_CLIENTS for each in imported)


@pytest.mark.parametrize(
    ("noticed", "text"),
    [
        (asks_by_http, "def f():\n    import httpx2"),
        (asks_by_http, "from urllib import request"),
        (asks_by_http, "from http.client import HTTPConnection"),
        (imports_by_name, "import importlib\nX = importlib.import_module('nextvisit.store')"),
        (imports_by_name, "X = __import__('nextvisit.store')"),
        (imports_by_name, "import sys\nX = sys.modules['nextvisit.store']"),
        (imports_by_name, "exec('import nextvisit.store')"),
        (asks_the_wall, "def f(at): return at.now(at.tzinfo)"),
        (asks_the_wall, "def f(at): return type(at).now(tz=None)"),
        (asks_the_wall, "class Instant(datetime): pass\nX = Instant.today()"),
        (is_impure, "d = datetime\nX = d.now()"),
        (is_impure, "X = open('/etc/hostname')"),
        (is_impure, "X = hash('invite')"),
    ],
)
def test_what_is_planted_is_noticed(noticed: Callable[[ast.Module], bool], text: str) -> None:
    assert noticed(ast.parse(text))


def test_no_module_is_imported_by_a_name_that_no_contract_sees() -> None:
    found = {name(path) for path, tree in python(*CODE) if imports_by_name(tree)}
    assert found == set(ON_PURPOSE)


def test_no_instant_is_asked_for_the_time() -> None:
    """Ruff knows the class by its import, and not what stands for it.

    Nobody gives an author's recorder a clock.
    """
    found = {name(path) for path, tree in python("core", "workflows") if asks_the_wall(tree)}
    assert found == {"core/nextvisit/clock.py", "core/nextvisit/sdk/authoring/record.py"}


def test_no_pure_room_opens_shows_or_draws_lots() -> None:
    rooms = tuple(f"core/nextvisit/{each}/" for each in PURE)
    assert [
        name(path) for path, tree in python("core") if name(path).startswith(rooms) and is_impure(tree)
    ] == []


def test_whatever_asks_by_http_asks_through_the_one_client() -> None:
    """The sandbox is a clinic and its patients, and stands outside."""
    found = {
        name(path)
        for path, tree in python("core", "workflows", "plugins")
        if asks_by_http(tree) and not name(path).startswith("core/sandbox/")
    }
    assert found == OUTBOUND
