"""A plugin's folder: its pyproject.toml, the modules that its entry points name, and what they import."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.channels import NAME
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import PROJECT

SDK: Final = "nextvisit-sdk"
_BOUNDED: Final = re.compile(r"(<=?|~=|===?)\s*\d")


@dataclass(frozen=True, slots=True)
class Project:
    """points: the modules that are named, by slug. roots: where each that is there is imported from."""

    folder: Path
    name: str
    version: str
    requires: tuple[str, ...]
    points: Mapping[str, str]
    roots: Mapping[str, Path]


def read_project(folder: Path) -> Project:
    """Raises ConfigError for a folder that holds no distribution."""
    file = folder / "pyproject.toml"
    if not file.is_file():
        raise ConfigError(
            "plugin.no_project", "holds no pyproject.toml, so it is no plugin", place=str(folder)
        )
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("plugin.project", str(error), place=str(file)) from error
    points = table.get("entry-points", {}).get(PROJECT, {})
    roots = {each: root for each in points.values() if (root := _root(folder, each)) is not None}
    requires = tuple(map(str, table.get("dependencies", ())))
    name, version = str(table.get("name", "")), str(table.get("version", ""))
    return Project(folder, name, version, requires, dict(points), roots)


def metadata_faults(project: Project) -> Iterator[Wrong]:
    """What pip or the engine would stumble over, before anything is imported."""
    file = str(project.folder / "pyproject.toml")
    for key, value in (("name", project.name), ("version", project.version)):
        if not value:
            yield Wrong("metadata", f"[project] has no {key}", file, "every distribution has both")
    yield from _requirement_faults(project, file)
    if not project.points:
        right = f'[project.entry-points.{PROJECT}] with a line `slug = "module"`'
        yield Wrong(
            "metadata", f"it has no entry point of the group {PROJECT}, so nobody finds it", file, right
        )
    for slug, module in project.points.items():
        if re.fullmatch(NAME, slug) is None:
            right = "lower-case letters, digits and `_`, a letter first, 31 at most"
            yield Wrong("metadata", f"its entry point {slug!r} is no slug", file, right)
        if module not in project.roots:
            says = f"its entry point {slug!r} names {module}, and there is no such module"
            yield Wrong("metadata", says, file, f"a module or package in {project.folder} or its src")
    yield from _import_faults(project)


def _requirement_faults(project: Project, file: str) -> Iterator[Wrong]:
    mine = [each for each in project.requires if re.match(rf"{SDK}(?![\w.-])", each, re.IGNORECASE)]
    right = f'dependencies = ["{SDK}>=1,<2", …]'
    if not mine:
        yield Wrong("metadata", f"it does not say that it needs {SDK}", file, right)
    elif not _BOUNDED.search(mine[0]):
        yield Wrong("metadata", f"it takes any later {SDK}, also one that it does not work with", file, right)
    for each in project.requires:
        if re.match(r"nextvisit(?![\w.-])", each, re.IGNORECASE):
            yield Wrong("metadata", "it needs the engine, which a plugin may not import", file, right)


def _import_faults(project: Project) -> Iterator[Wrong]:
    for module, root in project.roots.items():
        for file in _modules(root, module):
            try:
                tree = ast.parse(file.read_bytes(), filename=str(file))
            except SyntaxError as error:
                yield Wrong("metadata", f"cannot be read: {error.msg}", f"{file}:{error.lineno}")
                continue
            for line, name in _imported(tree):
                where = f"{file}:{line}"
                if _within(name, "nextvisit.sdk.testing"):
                    yield Wrong(
                        "metadata", f"it imports {name}, which is for tests", where, "in tests/ alone"
                    )
                elif _within(name, "nextvisit") and not _within(name, "nextvisit.sdk"):
                    yield Wrong("metadata", f"it imports {name}", where, "of ours, nextvisit.sdk alone")


def _modules(root: Path, module: str) -> list[Path]:
    top = root / module.split(".", maxsplit=1)[0]
    return sorted(top.rglob("*.py")) if top.is_dir() else [top.with_suffix(".py")]


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node.lineno, each.name
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            for each in node.names:
                # `from nextvisit import sdk` names a module, too.
                yield node.lineno, f"{node.module}.{each.name}" if node.module == "nextvisit" else node.module


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _root(folder: Path, module: Any) -> Path | None:
    parts = str(module).partition(":")[0].split(".")
    for root in (folder, folder / "src"):
        place = root.joinpath(*parts)
        if (place / "__init__.py").is_file() or place.with_suffix(".py").is_file():
            return root
    return None
