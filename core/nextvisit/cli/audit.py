"""`nextvisit audit …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, Config, Demo, Json, appliance, run
from nextvisit.cli.output import emit_json, say
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.audit.trail import checkpoint as sign_checkpoint
from nextvisit.store.audit.trail import export as export_audit
from nextvisit.store.audit.trail import verify_database
from nextvisit.store.audit.verify import VerifyResult
from nextvisit.store.audit.verify import verify as verify_export

app = typer.Typer(no_args_is_help=True, help="The evidence: append-only, chained, signed.")


@app.command()
def verify(
    export: Annotated[
        Path | None, typer.Argument(help="An exported file; default: the database itself.")
    ] = None,
    public_key: Annotated[str | None, typer.Option(help="The key that you kept elsewhere.")] = None,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
) -> None:
    """Prove that no entry was changed, removed or reordered. Ends with 1 and names the first broken one.

    Example: `nextvisit audit verify audit-2026-11.jsonl --public-key …`
    """

    async def of_database() -> VerifyResult:
        async with appliance(config, demo) as opened:
            return await verify_database(opened.database)

    result = _of_export(export, public_key) if export is not None else run(of_database())
    if json:
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
        say("intact" if result.whole else "not intact")
    if not result.whole:
        raise typer.Exit(1)


def _of_export(file: Path, public_key: str | None) -> VerifyResult:
    try:
        return verify_export(file, public_key=public_key)
    except ValueError as error:  # of the file's own lines `verify_export` speaks itself
        message = "is no public key as an export's first line holds it"
        raise ConfigError("audit.public_key", message, place="--public-key") from error


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where the export goes.")],
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
) -> None:
    """Write all entries, checkpoints and the public key, for keeping elsewhere.

    Example: `nextvisit audit export /mnt/evidence/audit.jsonl`
    """

    async def work() -> int:
        async with appliance(config, demo) as opened:
            await sign_checkpoint(opened.database)
            async with opened.database.transaction() as tx:
                return await export_audit(tx, file)

    count = run(work())
    if json:
        emit_json({"entries": count, "file": file})
    else:
        say(f"{count} entries written to {file}")
