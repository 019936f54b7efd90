"""`nextvisit mis …`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, Config, Demo, Json, appliance, run
from nextvisit.cli.output import emit_json, emit_table, say
from nextvisit.intake.pull import pull
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis as connections

app = typer.Typer(no_args_is_help=True, help="Reading the medical information system.")


@app.command()
def sync(
    source: Annotated[str | None, typer.Argument(help="Which connection; default: all.")] = None,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
) -> None:
    """Pull what is new, page by page, into the inbox, and process it. Can be stopped and goes on.

    Example: `nextvisit mis sync clinic`
    """

    async def work() -> dict[str, dict[str, int]]:
        async with appliance(config, demo) as opened:
            chosen = opened.mis if source is None else {source: opened.mis.get(source)}
            pulled = {}
            for slug, adapter in chosen.items():
                if adapter is None:
                    raise ConfigError("mis.unknown", "there is no such connection", place=slug)

                def progress(pages: int, things: int, slug: str = slug) -> None:
                    if not json and pages % 10 == 0:
                        say(f"{slug}: {pages} pages, {things} things")

                pages, things = await pull(opened.database, slug, adapter, progress)
                pulled[slug] = {"pages": pages, "things": things}
            intake = opened.intake()
            while await intake.drain(200):
                pass
            async with opened.database.transaction() as tx:
                parked = (await inbox.counts(tx))["parked"]
        return {**pulled, "inbox": {"parked": parked}}

    counts = run(work())
    if json:
        emit_json(counts)
        return
    for slug, count in counts.items():
        say(f"{slug}: " + ", ".join(f"{number} {name}" for name, number in count.items()))


@app.command()
def status(config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Show how far each connection is read, and what went wrong last.

    Example: `nextvisit mis status`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            found = await connections.status(tx)
        if json:
            emit_json(found)
            return
        rows = [(each.source, each.pages, each.resources, each.last_ok_at, each.last_error) for each in found]
        emit_table(
            "",
            ("connection", "pages", "things", "last read", "last error"),
            rows,
            empty="Nothing was read yet.",
        )

    run(work())
