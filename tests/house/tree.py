"""The repository's files, as git would carry them, and its Python, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("core", "workflows", "plugins")
NOT_OURS = {
    ".git", ".venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
    ".import_linter_cache", "var", "dist", "build",
}  # fmt: skip
TEXTS = {
    ".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".json", ".jsonl", ".sql", ".html", ".css", ".tsv", ".mako", "",
}  # fmt: skip


@cache
def files() -> tuple[Path, ...]:
    """All files of the project, by path."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for each in folder.iterdir():
        if each.name in NOT_OURS or each.name.endswith(".egg-info"):
            continue
        if each.is_dir():
            yield from _walk(each)
        else:
            yield each


def texts() -> Iterator[tuple[Path, str]]:
    """Everything that a person may read."""
    for path in files():
        if path.suffix in TEXTS:
            yield path, path.read_text(encoding="utf-8")


def python(*below: str) -> Iterator[tuple[Path, ast.Module]]:
    """The modules in these top folders."""
    for path in files():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in below:
            yield path, parsed(path)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    """As a person would say where it is."""
    return path.relative_to(ROOT).as_posix()
