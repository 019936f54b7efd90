"""Distributions on this process's path: a folder with metadata and a module each, as an installer leaves them."""

from __future__ import annotations

import base64
import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

NEEDS = ("nextvisit-sdk>=1,<2",)
RIGHT = """
from nextvisit.sdk.hookspecs import MisAdapterPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings

@hookimpl
def mis_adapters():
    return [MisAdapterPlugin("{slug}", PluginSettings, lambda settings: None)]
"""

Install = Callable[..., Path]


def right(slug: str) -> str:
    """A plugin's module with nothing wrong, which provides this adapter."""
    return RIGHT.format(slug=slug)


def installing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Gives what makes a distribution `acme-NAME` with this module, found by these entry points, `NAME` alone
    if none are given. It gives the module's file.
    """
    monkeypatch.syspath_prepend(str(folder))
    made: list[str] = []

    def one(
        name: str,
        code: str,
        *points: str,
        by: str = "",
        group: str = "nextvisit",
        needs: Sequence[str] = NEEDS,
    ) -> Path:
        module, distribution = f"acme_{name}", by or f"acme-{name}"
        described = folder / f"{distribution.replace('-', '_').lower()}-1.0.dist-info"
        described.mkdir()
        facts = ["Metadata-Version: 2.1", f"Name: {distribution}", "Version: 1.0"]
        required = [f"Requires-Dist: {each}" for each in needs]
        (described / "METADATA").write_text("\n".join([*facts, *required, ""]), encoding="utf-8")
        lines = [f"{each} = {module}" for each in points or (name,)]
        (described / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]), encoding="utf-8")
        file = folder / f"{module}.py"
        file.write_text(dedent(code), encoding="utf-8")
        record(described, file)
        made.append(module)
        importlib.invalidate_caches()
        return file

    yield one
    for each in [each for each in sys.modules if each.partition(".")[0] in made]:
        sys.modules.pop(each)


def record(described: Path, *files: Path) -> None:
    """What an installer wrote down of these files and of the metadata; itself without a hash."""
    lines = [f"{described.name}/RECORD,,"]
    for each in (described / "METADATA", described / "entry_points.txt", *files):
        digest = base64.urlsafe_b64encode(hashlib.sha256(each.read_bytes()).digest()).rstrip(b"=").decode()
        lines.append(f"{each.relative_to(described.parent)},sha256={digest},{each.stat().st_size}")
    (described / "RECORD").write_text("\n".join([*lines, ""]), encoding="utf-8")
