"""`nextvisit doctor`."""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.findings import end_by, say_all
from nextvisit.cli.output import emit_json
from nextvisit.install.examination import examination
from nextvisit.install.settings import load_settings
from nextvisit.install.untouched import refuse_untouched
from nextvisit.sdk.errors import RetryLater
from nextvisit.watch.doctor import checks, examine
from nextvisit.watch.finding import Examined, examined, fine


@command(READS)
async def doctor(call: Call) -> None:
    """Ask everything that has to answer; sends nothing to anybody. Ends with 1 when something needs a person.

    Example: `nextvisit doctor --json`
    """
    if call.at is None:
        load_settings(call.config)  # what cannot be read is told as that, and not as untouched
        refuse_untouched(call.config)
    found = [_read(call), *await _examined(call)]
    if call.json:
        emit_json(found)
    else:
        say_all(found)
    end_by(found)


def _read(call: Call) -> Examined:
    """By which file everything below was asked."""
    return examined("settings", "appliance", fine(f"read from {call.config.absolute()}"))


async def _examined(call: Call) -> Sequence[Examined]:
    if call.at is None:
        return await examination(call.config)
    try:
        async with call.appliance() as opened:  # on a clock of its own, which its opener alone knows
            asked = opened.examinee()
            return await examine(checks(asked), asked.patience)
    except RetryLater:  # away is the database, and with it all that goes by that clock
        return await examination(call.config)
