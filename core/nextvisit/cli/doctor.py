"""`nextvisit doctor`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.output import emit_json, say
from nextvisit.install.examination import examination
from nextvisit.sdk.errors import RetryLater
from nextvisit.watch.doctor import checks, examine
from nextvisit.watch.finding import Examined, Finding, Grade

_MARKS = {Grade.OK: "ok   ", Grade.INFORMS: "note ", Grade.WRONG: "WRONG"}


@command(READS)
async def doctor(call: Call) -> None:
    """Ask everything that has to answer; sends nothing to anybody. Ends with 1 when something needs a person.

    Example: `nextvisit doctor --json`
    """
    found = await _examined(call)
    if call.json:
        emit_json(found)
    else:
        for each in found:
            for finding in each.findings:
                say(_line(each.what, finding))
    if not all(each.ok for each in found):
        raise typer.Exit(1)


async def _examined(call: Call) -> Sequence[Examined]:
    if call.at is None:
        return await examination(call.config)
    try:
        async with call.appliance() as opened:  # on a clock of its own, which its opener alone knows
            asked = opened.examinee()
            return await examine(checks(asked), asked.patience)
    except RetryLater:  # away is the database, and with it all that goes by that clock
        return await examination(call.config)


def _line(what: str, finding: Finding) -> str:
    since = "" if finding.since is None else f", since {finding.since:%Y-%m-%d %H:%M} UTC"
    touches = f" (touches {finding.touches})" if finding.touches else ""
    do = f"\n       → {finding.do}" if finding.do else ""
    return f"{_MARKS[finding.grade]}  {what}: {finding.says}{since}{touches}{do}"
