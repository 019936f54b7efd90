"""How commands say what the checks find, and that somebody is needed."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from nextvisit.cli.main import EXIT_WANTING
from nextvisit.cli.output import say
from nextvisit.watch.finding import Examined, Finding, Grade

_MARKS = {Grade.OK: "ok   ", Grade.INFORMS: "note ", Grade.WRONG: "WRONG"}


def say_all(found: Sequence[Examined]) -> None:
    """Each finding, and what to do about it."""
    for each in found:
        for finding in each.findings:
            say(*_lines(each.what, finding))


def say_wrong(found: Sequence[Examined]) -> None:
    """Those alone that need a person, of what is shown otherwise."""
    for each in found:
        for finding in each.findings:
            if finding.grade is Grade.WRONG:
                say(*_lines(each.what, finding))


def end_by(found: Sequence[Examined]) -> None:
    """Ends the command with 1 when somebody is needed."""
    if not all(each.ok for each in found):
        raise typer.Exit(EXIT_WANTING)


def _lines(what: str, finding: Finding) -> Sequence[str]:
    since = "" if finding.since is None else f", since {finding.since:%Y-%m-%d %H:%M} UTC"
    touches = f" (touches {finding.touches})" if finding.touches else ""
    do = [f"       → {finding.do}"] if finding.do else []
    return [f"{_MARKS[finding.grade]}  {what}: {finding.says}{since}{touches}", *do]
