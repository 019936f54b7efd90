"""`nextvisit consent …`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import AUDITED, Call, command
from nextvisit.cli.ids import typed
from nextvisit.cli.output import emit_json, say
from nextvisit.desk import suppressions
from nextvisit.sdk.records import ChannelKind, Purpose


@command(AUDITED)
async def withdraw(
    call: Call,
    patient: Annotated[str, typer.Argument(help="The patient's id, as `patient find` prints it.")],
    purpose: Annotated[
        list[Purpose] | None, typer.Option(help="Of this purpose; default: of all but service.")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="At addresses of this kind of channel; default: everywhere.")
    ] = None,
) -> None:
    """Take down that a patient wants no more messages, as if they had said so themselves.

    It holds for everybody who is reached at the same addresses, until they give a consent of their own.

    Example: `nextvisit consent withdraw 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40 --purpose newsletter`
    """
    number = typed(patient, "patient")
    async with call.appliance() as opened:
        await suppressions.withdraw(
            opened.database,
            number,
            call.by,
            purposes=tuple(purpose or ()),
            channels=tuple(ChannelKind(each) for each in channel or ()),
            connections=opened.connections,
        )
    if call.json:
        emit_json({"patient": number, "withdrawn": True})
    else:
        say("withdrawn")
