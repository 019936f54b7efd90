"""A plugin of pytest's that writes down what became of each test of a kit."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from nextvisit.sdk.authoring.rules import SUITES

OPTION = "--nextvisit-kit-report"
_LONGEST = 1500
_tests = pytest.StashKey[dict[str, dict[str, Any]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to."""
    parser.addoption(OPTION, help="the file that what became of the kits' tests is written to")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing has run."""
    config.stash[_tests] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """After the kits have withheld what must not be seen."""
    report = yield
    kit: Any = getattr(item, "cls", None)
    names = set() if kit is None else {each.__name__ for each in kit.__mro__}
    known = item.config.stash[_tests]
    if report.when == "call" or report.outcome != "passed":
        known[item.nodeid] = {
            "test": item.nodeid,
            "function": getattr(item, "originalname", item.name),
            "of": "" if kit is None else kit.__name__,
            "suites": sorted(names & set(SUITES.values())),
            "outcome": report.outcome,
            "said": _said(report),
        }
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Written once, when all have run."""
    file = session.config.getoption(OPTION)
    if file is not None:
        text = json.dumps(list(session.config.stash[_tests].values()))
        Path(file).write_text(text, encoding="utf-8")


def _said(report: pytest.TestReport) -> str:
    if report.outcome == "skipped":
        told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        return told.removeprefix("Skipped: ")
    return report.longreprtext[-_LONGEST:]
