"""The documents for authors, as steps: what is typed, and what is written into which file."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
# A block belongs to the file that the last words before it name.
_BLOCK = re.compile(
    r"(?:`(?P<file>[\w./-]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Step:
    """A block. file: that it belongs to, at its end if it was named before. chapter: its title."""

    chapter: str
    language: str
    text: str
    file: str | None


def steps(name: str) -> Iterator[Step]:
    """From top to bottom."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        chapter = re.findall(r"^## (.+)$", text[: found.start()], re.MULTILINE)
        yield Step(chapter[-1] if chapter else "", found["language"], found["text"], found["file"])


def code_of(name: str) -> dict[str, Any]:
    """What the document's Python leaves behind when it is run from top to bottom, as one module.

    Its package is that module, so that its tests import it as they will.
    """
    module = ModuleType(f"docs.{name}")
    for step in steps(name):
        if step.language == "python":
            if step.file is not None and step.file.endswith("/__init__.py"):
                sys.modules[step.file.partition("/")[0]] = module
            exec(compile(step.text, name, "exec", dont_inherit=True), vars(module))
    return vars(module)
