"""`nextvisit inbox …`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, By, Config, Demo, Json, appliance, run, who
from nextvisit.cli.output import emit_json, emit_table, say
from nextvisit.store.base.entry import Entry
from nextvisit.store.queues import inbox

app = typer.Typer(
    no_args_is_help=True, help="What came in: from the MIS, from channels, from patients' pages."
)


@app.command("list")
def listing(
    state: Annotated[Literal["new", "done", "parked"], typer.Option(help="Which things.")] = "parked",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
) -> None:
    """List what is in the inbox; parked things wait for somebody with their reason.

    Example: `nextvisit inbox list --state parked`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            found = await inbox.listing(tx, state, limit)
            counts = await inbox.counts(tx)
        if json:
            emit_json({"counts": counts, "things": found})
            return
        say(" · ".join(f"{name} {count}" for name, count in counts.items()))
        rows = [
            (each.id, each.kind, each.origin, each.received_at, each.attempts, each.reason) for each in found
        ]
        emit_table(
            "", ("id", "kind", "from", "received", "tries", "reason"), rows, empty=f"Nothing is {state}."
        )

    run(work())


@app.command()
def replay(
    ids: Annotated[
        list[int] | None, typer.Argument(help="Which parked things; default: all of them.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
    by: By = None,
) -> None:
    """Process parked things again, after what stood in their way was mended.

    Example: `nextvisit inbox replay 4711 4712`
    """

    async def work() -> int:
        async with appliance(config, demo) as opened, opened.database.transaction(actor=who(by)) as tx:
            count = await inbox.replay(tx, ids)
            tx.audit(Entry("inbox.replayed", "inbox", "parked", body={"count": count}))
            return count

    count = run(work())
    if json:
        emit_json({"replayed": count})
    else:
        say(f"{count} things are processed again")
