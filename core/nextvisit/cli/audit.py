"""`nextvisit audit …`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.output import complain, emit_json, plain, say
from nextvisit.desk import evidence
from nextvisit.desk.evidence import VerifyResult

_FAULTS = {
    "changed": "is not as it was written",
    "removed": "was written and is not there",
    "no entry": "is there, and no entry tells of it",
}


@command(READS)
async def verify(
    call: Call,
    export: Annotated[
        Path | None, typer.Argument(help="An exported file; default: the database itself.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The public key that you kept, or a file of it.")] = None,
    since: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that you kept, as `nextvisit audit checkpoint` prints it."),
    ] = None,
) -> None:
    """Prove that no entry was changed, removed or reordered, and no row that entries vouch for.

    Ends with 1 and names what is broken. Ends with 3 when nothing is, and nothing that was kept elsewhere was
    given: a log that was set back, or signed anew with another key, looks whole by itself.

    Example: `nextvisit audit verify --since kept.txt`
    """
    known = evidence.kept(since, key)
    if export is not None:
        result = evidence.verify_export(export, known)
    else:
        async with call.appliance() as opened:
            result = await evidence.verify_database(opened.database, known)
    if call.json:
        emit_json({**plain(result), "standing": result.standing})
    else:
        _tell(result, of_export=export is not None)
    match result.standing:
        case "broken":
            raise typer.Exit(1)
        case "unproven":
            complain(_missing(result, of_export=export is not None))
            raise typer.Exit(3)


def _tell(result: VerifyResult, *, of_export: bool) -> None:
    say(
        f"{result.events} entries, {result.checkpoints} checkpoints, "
        f"{result.unsealed_tail} entries not yet sealed"
    )
    if result.rows is not None:
        say(f"{result.rows.rows} rows held against their entries")
        for fault in result.rows.faults:
            say(f"BROKEN: {fault.part}, row {fault.row} {_FAULTS[fault.fault]}")
        if result.rows.more:
            say(f"BROKEN: {result.rows.more} rows more")
    if result.events == 0:
        say("BROKEN: there is no entry; an installation begins with some")
    if result.first_broken is not None:
        say(f"BROKEN at shard {result.first_broken[0]}, entry {result.first_broken[1]}")
    for number in result.bad_checkpoints:
        say(
            f"BROKEN: checkpoint {number}"
            if number
            else "BROKEN: a checkpoint that was kept is not signed by this key"
        )
    if result.cut:
        say("BROKEN: the end is missing; an export ends with a checkpoint over all its entries")
    match result.standing:
        case "intact":
            say(f"intact as far as checkpoint {result.kept}, which was kept", *_later(result))
        case "unproven":
            say(
                "nothing is broken in itself; not proven to be " + ("whole or ours" if of_export else "whole")
            )
        case "broken":
            say("not intact")


def _later(result: VerifyResult) -> Iterator[str]:
    """What stands behind the checkpoint that was kept, and what could have been done to it."""
    if later := result.checkpoints - (result.kept or 0):
        yield (
            f"behind it {later} checkpoints are signed by the key; a log that was set back to one of them, or"
            " to the kept one, looks the same"
        )
    if result.unsealed_tail:
        yield (
            f"{result.unsealed_tail} entries are chained and not yet sealed: whoever owns the database could"
            " have taken off the newest of them"
        )


def _missing(result: VerifyResult, *, of_export: bool) -> str:
    """What to do about what could not be proved."""
    lacks = [] if result.kept is not None else ["--since with a checkpoint that was kept elsewhere"]
    if not result.key_kept:
        lacks.append("--key with the public key that was kept elsewhere")
    what = "file" if of_export else "database"
    return (
        f"a {what} that was set back or signed anew looks the same: give {' and '.join(lacks)}."
        " `nextvisit audit checkpoint` prints both for keeping"
    )


@command(READS)
async def checkpoint(call: Call) -> None:
    """Sign where the log stands now, and print what to keep in another place: the key, and the checkpoint.

    Example: `nextvisit audit checkpoint > /mnt/evidence/kept.txt`
    """
    async with call.appliance() as opened:
        made = await evidence.checkpoint(opened.database)
    if call.json:
        emit_json(made)
    else:
        sys.stdout.write(made.text)


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
