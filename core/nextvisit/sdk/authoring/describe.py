"""What a plugin provides. It is imported in a process of its own, which it may end or hold up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.rules import Kind

_PATIENCE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of a connection's `settings`."""

    name: str
    type: str
    required: bool
    says: str


@dataclass(frozen=True, slots=True)
class Described:
    """A plugin, as its hook gives it."""

    kind: Kind
    slug: str
    settings: tuple[Setting, ...]


def describe(module: str, root: Path | None = None) -> tuple[Sequence[Described], Sequence[Wrong]]:
    """root: where the module is, if it is not installed."""
    where = [] if root is None else [str(root.resolve())]
    try:
        done = subprocess.run(  # noqa: S603  a plugin that somebody wants to know of
            [sys.executable, "-m", "nextvisit.sdk.authoring.inside", module, *where],
            capture_output=True, text=True, check=False, timeout=_PATIENCE.total_seconds(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        says = f"it is not imported after {_PATIENCE.total_seconds():.0f} s"
        return (), [Wrong("settings", says, module, "it connects to nothing and waits for nothing")]
    if done.returncode != 0 or not done.stdout:
        says = f"importing it ends the process (with {done.returncode})"
        return (), [Wrong("settings", says, module, "it is imported, and hands out its plugins")]
    said = json.loads(done.stdout)
    provides = [
        Described(each["kind"], each["slug"], tuple(Setting(**one) for one in each["settings"]))
        for each in said["provides"]
    ]
    return provides, [Wrong("settings", *each) for each in said["wrong"]]
