"""`nextvisit mis …`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.findings import end_by, say_wrong
from nextvisit.cli.main import EXIT_CONFIG, EXIT_RETRY, EXIT_WANTING
from nextvisit.cli.output import complain, emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import connection_lines, connections
from nextvisit.desk.patient_lines import counted
from nextvisit.install.examinee import other_sides
from nextvisit.install.settings import Settings
from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.watch import hearing
from nextvisit.watch.doctor import examine, of_mis


@command(READS)
async def sync(
    call: Call,
    source: Annotated[str | None, typer.Argument(help="Which connection; default: all.")] = None,
) -> None:
    """Pull what is new, page by page, into the inbox, and process it. Can be stopped and goes on.

    Example: `nextvisit mis sync clinic`
    """

    def progress(slug: str, pages: int, things: int) -> None:
        if not call.json and pages % 10 == 0:
            say(f"{slug}: {pages} pages, {things} things")

    async with call.appliance() as opened:
        adapters = connections.chosen(opened.mis, source)
        with _told_whose(opened.settings):
            synced = await connections.sync(opened.database, adapters, opened.intake(), progress)
    if call.json:
        emit_json({**synced.pulled, "inbox": {"parked": synced.parked}})
        return
    for slug, count in synced.pulled.items():
        say(f"{slug}: {count.pages} pages, {count.things} things")
    say(f"inbox: {synced.parked} parked")


@command(READS)
async def compare(
    call: Call,
    source: Annotated[str | None, typer.Argument(help="Which connection; default: all.")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="Look up what differs, and take it in.")] = False,
) -> None:
    """Compare what each connection has with what we have, thing by thing. Ends with 1 when they differ.

    What a pull has not brought yet differs too: `nextvisit mis sync` first. Where the MIS has lost more
    than a tenth of what we have, none of that is ended.

    Example: `nextvisit mis compare clinic --mend`
    """

    def progress(slug: str, pages: int, things: int) -> None:
        if not call.json and pages % 10 == 0:
            say(f"{slug}: {pages} pages, {things} things")

    async with call.appliance() as opened:
        adapters = connections.chosen(opened.mis, source)
        with _told_whose(opened.settings):
            found = await connections.compare(
                opened.database, adapters, opened.intake(), mending=mend, progress=progress
            )
    if call.json:
        emit_json(found)
    else:
        for slug, each in found.items():
            for line in connection_lines.of_difference(slug, each.difference, each.mended):
                say(line)
    if any(each.difference is not None and not each.difference.none for each in found.values()):
        raise typer.Exit(1)


@contextmanager
def _told_whose(settings: Settings) -> Iterator[None]:
    """A MIS that fails is named as the doctor names it; how the command ends goes by the kind."""
    try:
        yield
    except connections.MisFailed as failed:
        other = other_sides(settings)[failed.source]
        complain(f"mis {failed.source}: {other.says(failed.met)}", f"  → {other.what_to_do(failed.met)}")
        match failed.met:
            case RetryLater():
                raise typer.Exit(EXIT_RETRY) from None
            case ConfigError():
                raise typer.Exit(EXIT_CONFIG) from None
        raise typer.Exit(EXIT_WANTING) from None


@command(READS)
async def status(call: Call) -> None:
    """Show how far each connection is read, what went wrong, and what was left out.

    Ends with 1 when something there needs a person: it is not read, what it sent is parked, a patient is
    held.

    Example: `nextvisit mis status`
    """
    async with call.appliance() as opened:
        found = await connections.status(opened.database, opened.mis)
        every = {slug: each.sync_every.to_timedelta() for slug, each in opened.settings.mis.items()}
        others = other_sides(opened.settings)
        asked = [
            *of_mis(opened.database, every),
            *hearing.of_connections(opened.database, opened.mis, others),
        ]
        needs = await examine(asked, opened.settings.attempt)
    if call.json:
        emit_json({"connections": found, "examined": needs})
    else:
        _say_status(found, opened.site.zone)
        say_wrong(needs)
    end_by(needs)


def _say_status(found: Sequence[connections.MisReading], zone: ZoneInfo) -> None:
    rows = [(each.source, each.pages, each.resources, each.last_ok_at, each.last_error) for each in found]
    columns = ("connection", "pages", "things", "last read", "last error")
    emit_table("", columns, rows, empty="No MIS is connected.", zone=zone)
    for each in found:
        for line in connection_lines.of_status(each, zone):
            say(line)
        if each.details:
            say(f"{each.source}: {counted(each.details)}")
        for line in connection_lines.of_missing(each.source, each.without_survivor):
            say(line)
    odd = [
        (each.source, in_words(each.code), each.recent, each.total, each.last_at)
        for connection in found
        for each in connection.oddities
    ]
    if odd:
        columns = ("connection", "left out", "since yesterday", "ever", "last")
        emit_table(
            "Left out, because it could not be read or is none of ours",
            columns,
            odd,
            empty="",
            zone=zone,
        )


def in_words(code: str) -> str:
    """An adapter's code as people read it: `birth_date.malformed` is `birth date: malformed`. A word of the
    MIS behind it stays as it is.
    """
    said, _, word = code.partition(" ")
    return " ".join([said.replace("_", " ").replace(".", ": ", 1), word]).rstrip()
