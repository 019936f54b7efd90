"""The public signatures of the SDK, as its source says them: what a plugin's author may lean on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import nextvisit.sdk
from nextvisit.sdk import SDK_VERSION

FROZEN = Path(__file__).with_name("signatures.txt")
ROOT = Path(nextvisit.sdk.__file__).parent
SHORT = 110
"""A longer value is a table, and not read from here."""


def signatures() -> str:
    """A line for each function, class, field, method and constant, by module."""
    found = [f"nextvisit-sdk {SDK_VERSION}"]
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if any(each.startswith("_") and each != "__init__" for each in parts):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = [line for node in tree.body for line in _lines(node)]
        if lines:
            module = ".".join(["nextvisit", "sdk", *(each for each in parts if each != "__init__")])
            found += ["", module, *(f"    {line}" for line in lines)]
    return "\n".join([*found, ""])


def _lines(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) if not name.startswith("_"):
            yield from (f"@{ast.unparse(each)}" for each in node.decorator_list)
            bases = ", ".join(ast.unparse(each) for each in (*node.bases, *(k for k in node.keywords)))
            yield f"class {name}({bases})" if bases else f"class {name}"
            yield from (f"    {line}" for each in node.body for line in _lines(each))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if _is_public(name):
            yield from (f"@{ast.unparse(each)}" for each in node.decorator_list)
            kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
            answers = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
            yield f"{kind} {name}({ast.unparse(node.args)}){answers}"
        case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
            yield _value(f"{name}: {ast.unparse(node.annotation)}", node.value)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
            yield _value(name, value)
        case _:
            pass


def _is_public(name: str) -> bool:
    return name == "__init__" or not name.startswith("_")


def _value(said: str, value: ast.expr | None) -> str:
    whole = said if value is None else f"{said} = {ast.unparse(value)}"
    return whole if len(whole) <= SHORT else said
