"""mypy over a plugin's package, where it is installed."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.project import Project

_LINE = re.compile(r"(?P<where>.+?:\d+)(?::\d+)?: error: (?P<what>.+)")


def can_check_types() -> bool:
    """Whether there is a mypy."""
    return importlib.util.find_spec("mypy") is not None


def type_faults(project: Project) -> Iterator[Wrong]:
    """As `mypy --strict` says them."""
    for module, root in project.roots.items():
        top = root.resolve() / module.split(".")[0]
        target = top if top.is_dir() else top.with_suffix(".py")
        words = ["--strict", "--no-error-summary", "--no-color-output", "--hide-error-context", str(target)]
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "mypy", *words],
            capture_output=True, text=True, check=False, cwd=project.folder,
            env=os.environ | {"MYPYPATH": str(root.resolve())},
        )  # fmt: skip
        found = [made for line in done.stdout.splitlines() if (made := _LINE.fullmatch(line))]
        for each in found:
            yield Wrong("types", each["what"], str(Path(each["where"])), "mypy --strict is content")
        if done.returncode != 0 and not found:
            yield Wrong(
                "types", f"mypy ended with {done.returncode}: {done.stderr.strip()[-300:]}", str(target)
            )
