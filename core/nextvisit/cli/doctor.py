"""`nextvisit doctor`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.output import emit_json, say
from nextvisit.sdk.errors import RetryLater
from nextvisit.watch.doctor import Finding, examine


@command(READS)
async def doctor(call: Call) -> None:
    """Ask everything that has to answer; sends nothing to anybody. Ends with 1 when something is wrong.

    Example: `nextvisit doctor --json`
    """
    found = await _examine(call)
    if call.json:
        emit_json(found)
    else:
        for each in found:
            say(f"{'ok   ' if each.ok else 'WRONG'}  {each.what}: {each.answer}")
    if not all(each.ok for each in found):
        raise typer.Exit(1)


async def _examine(call: Call) -> Sequence[Finding]:
    try:
        async with call.appliance() as opened:
            return await examine(opened.checks())
    except RetryLater as error:  # without the database nothing opens, and nobody else can be asked
        return [Finding("database", ok=False, answer=str(error))]
