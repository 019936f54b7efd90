"""The kit of a plugin, by pytest in a process of its own: what became of each test."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from nextvisit.sdk.authoring.fault import Wrong

EXTRA: Final = 'python -m pip install "nextvisit-sdk[testing]"'
_RAN: Final = (0, 1, 5)
"""Of pytest: all passed, some failed, there were none."""
_LINES = 15


@dataclass(frozen=True, slots=True)
class KitTest:
    """test: as pytest names it; function, of: its own name and its class's.

    suites: of the SDK that its class is one of. said: why it was skipped, or how it failed.
    """

    test: str
    function: str
    of: str
    suites: tuple[str, ...]
    outcome: str
    said: str


def run_kit(tests: Path) -> tuple[Sequence[KitTest], Sequence[Wrong]]:
    """Everything below `tests`, a folder or a file."""
    if not tests.exists():
        right = "a class of the kit in tests/, as `nextvisit-plugin new` writes it"
        return (), [Wrong("kit", "there are no tests", str(tests), right)]
    if importlib.util.find_spec("pytest") is None:
        return (), [Wrong("kit", "pytest is not installed, so the kit did not run", sys.prefix, EXTRA)]
    # Imported by pytest alone: it is a plugin of pytest's.
    report = "nextvisit.sdk.testing.kit_report"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        words = ["-q", "-p", report, f"--nextvisit-kit-report={file}", str(tests.resolve())]
        done = subprocess.run(  # noqa: S603  the author's own tests
            [sys.executable, "-m", "pytest", *words], capture_output=True, text=True, check=False
        )
        if done.returncode not in _RAN or not file.exists():
            last = " | ".join((done.stdout + done.stderr).strip().splitlines()[-_LINES:])
            return (), [
                Wrong(
                    "kit", f"pytest ended with {done.returncode}: {last}", str(tests), "plain pytest is green"
                )
            ]
        found = [
            KitTest(**(each | {"suites": tuple(each["suites"])}))
            for each in json.loads(file.read_text("utf-8"))
        ]
    return found, [
        *_none_of_a_kit(found, tests),
        *map(_failed, (one for one in found if one.outcome == "failed")),
    ]


def _none_of_a_kit(found: Sequence[KitTest], tests: Path) -> Sequence[Wrong]:
    if any(each.suites for each in found):
        return ()
    right = "a subclass of MisAdapterSuite, ChannelSuite or IntentReaderSuite of nextvisit.sdk.testing.suites"
    return [Wrong("kit", "no test is the kit's", str(tests), right)]


def _failed(test: KitTest) -> Wrong:
    """A kit's own words where it has some: what is wrong, where, right."""
    lines = [each.strip() for each in test.said.strip().splitlines()]
    right = next((each.removeprefix("right: ") for each in lines if each.startswith("right: ")), "")
    where = next((each.removeprefix("where: ") for each in lines if each.startswith("where: ")), "")
    if where:
        return Wrong("kit", f"{test.test}: {lines[0]}", where, right)
    errors = [each.removeprefix("E").strip() for each in lines if each.startswith("E ")]
    return Wrong("kit", f"{test.test}: {(errors or lines or ['failed'])[0]}", test.test, right)
