"""The table of the chart's values in docs/kubernetes.md, of the comments in its values.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

BEGINS = "<!-- of helm/nextvisit/values.yaml -->"
ENDS = "<!-- end -->"
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z][\w-]*):(?: (?P<value>.*))?$")


def table(file: Path) -> str:
    """A line for each value that is not a group of others: its path, what it is when nothing is said, its comment."""
    lines = ["| value | default | what it is |", "| --- | --- | --- |"]
    lines += [f"| `{path}` | `{value}` | {says} |" for path, value, says in _values(file)]
    return "\n".join(lines) + "\n"


def _values(file: Path) -> Iterator[tuple[str, str, str]]:
    above: list[str] = []
    comment: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip().removeprefix("#").strip())
        elif found := _KEY.match(line):
            above = [*above[: len(found["indent"]) // 2], found["key"]]
            if found["value"]:
                yield ".".join(above), found["value"].replace("|", "\\|"), " ".join(comment)
            comment = []
        else:
            comment = []
