"""`nextvisit audit …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.output import emit_json, say
from nextvisit.desk import evidence


@command(READS)
async def verify(
    call: Call,
    export: Annotated[
        Path | None, typer.Argument(help="An exported file; default: the database itself.")
    ] = None,
    public_key: Annotated[str | None, typer.Option(help="The key that you kept elsewhere.")] = None,
) -> None:
    """Prove that no entry was changed, removed or reordered. Ends with 1 and names the first broken one.

    That an export ends at an earlier checkpoint than it did shows only against one that was kept.

    Example: `nextvisit audit verify audit-2026-11.jsonl --public-key …`
    """
    if export is not None:
        result = evidence.verify_export(export, public_key)
    else:
        async with call.appliance() as opened:
            result = await evidence.verify_database(opened.database)
    if call.json:
        emit_json(result)
    else:
        say(
            f"{result.events} entries, {result.checkpoints} checkpoints, "
            f"{result.unsealed_tail} entries not yet sealed"
        )
        if result.first_broken is not None:
            say(f"BROKEN at shard {result.first_broken[0]}, entry {result.first_broken[1]}")
        for number in result.bad_checkpoints:
            say(f"BROKEN: checkpoint {number}")
        if result.cut:
            say("BROKEN: the end is missing; an export ends with a checkpoint over all its entries")
        say("intact" if result.whole else "not intact")
    if not result.whole:
        raise typer.Exit(1)


@command(READS)
async def export(call: Call, file: Annotated[Path, typer.Argument(help="Where the export goes.")]) -> None:
    """Write all entries, checkpoints and the public key, for keeping elsewhere. Replaces no file.

    Example: `nextvisit audit export /mnt/evidence/audit.jsonl`
    """
    async with call.appliance() as opened:
        count = await evidence.export(opened.database, file)
    if call.json:
        emit_json({"entries": count, "file": file})
    else:
        say(f"{count} entries written to {file}")
