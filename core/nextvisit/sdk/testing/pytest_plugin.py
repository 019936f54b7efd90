"""What the kits add to pytest, for every run in which the SDK is installed (its entry point is `pytest11`).

A failure of a kit's test, and what was captured with it, is shown without what its peer says must not be seen.
What the kits did not check, because a peer offers no way to, is listed at the end of the run with its reason.
`-p no:nextvisit_kits` switches both off.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, Final

import pytest

WITHHELD: Final = "[withheld]"
_MARK: Final = "nextvisit_kit"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Withhold what the peer of a kit's test names."""
    report = yield
    kit: Any = getattr(item, "instance", None)
    canaries = getattr(kit, "nextvisit_canaries", None)
    if canaries is None:
        return report
    report.user_properties.append((_MARK, True))
    if report.failed:
        shown = report.longreprtext
        if (without := _without(shown, canaries)) != shown:
            report.longrepr = without
    report.sections = [(name, _without(text, canaries)) for name, text in report.sections]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the kits did not check, and why."""
    unchecked: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        if any(name == _MARK for name, _ in getattr(report, "user_properties", ())):
            reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
            unchecked.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    if not unchecked:
        return
    terminalreporter.section("what the kits did not check")
    for reason, tests in sorted(unchecked.items()):
        terminalreporter.write_line(reason)
        for each in sorted(tests):
            terminalreporter.write_line(f"    {each.partition('::')[2]}")


def _without(text: str, canaries: list[str]) -> str:
    """In capitals, too."""
    for each in sorted(filter(None, canaries), key=len, reverse=True):
        for form in (each, each.upper(), each.casefold()):
            text = re.sub(re.escape(form), WITHHELD, text, flags=re.IGNORECASE)
    return text
