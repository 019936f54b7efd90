"""`nextvisit segment …`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.campaign import find_folder
from nextvisit.cli.context import DEFAULT_CONFIG, By, Config, Demo, Json, appliance, run, who
from nextvisit.cli.output import emit_json, emit_table, say
from nextvisit.desk import campaigns
from nextvisit.flow.language.load import load_files
from nextvisit.sdk.records import AppointmentStatus
from nextvisit.store.base.entry import Entry
from nextvisit.store.campaigns import enrolments
from nextvisit.store.people import patients

app = typer.Typer(no_args_is_help=True, help="Whom a campaign's segment holds, before anybody is contacted.")

Folder = Annotated[str, typer.Argument(help="A campaign's folder, or the name of a built-in campaign.")]


@app.command()
def count(folder: Folder, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Count the patients in the segment, exactly and as of now.

    Example: `nextvisit segment count reactivation`
    """

    async def work() -> int:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            loaded = load_files(campaigns.read_folder(find_folder(folder)))
            return await enrolments.count(
                tx, loaded.model.enrol.segment.to_predicate(), tx.now, opened.site.zone
            )

    found = run(work())
    if json:
        emit_json({"patients": found})
    else:
        say(f"{found} patients")


@app.command("list")
def listing(
    folder: Folder,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 20,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
    by: By = None,
) -> None:
    """List the first patients in the order in which they would be enrolled: facts, no names.

    The last visit is the last one that took place.

    Example: `nextvisit segment list reactivation --limit 50`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction(actor=who(by)) as tx:
            loaded = load_files(campaigns.read_folder(find_folder(folder)))
            chosen = await enrolments.sample(
                tx, loaded.model.enrol.segment.to_predicate(), tx.now, opened.site.zone, limit
            )
            rows = []
            for patient in chosen:
                facts = await patients.facts(tx, patient)
                # A visit that was missed or cancelled is none: the segment does not count it either.
                been = [visit.start for visit in facts.visits if visit.status is AppointmentStatus.FULFILLED]
                last = max((start for start in been if start <= tx.now), default=None)
                rows.append((patient, facts.birth_date and facts.birth_date.year, facts.language, last))
            tx.audit(Entry("segment.listed", "campaign", loaded.model.campaign, body={"count": len(rows)}))
        if json:
            keys = ("patient", "birth_year", "language", "last_visit")
            emit_json([dict(zip(keys, row, strict=True)) for row in rows])
            return
        emit_table("", ("patient", "born", "language", "last visit"), rows, empty="The segment holds nobody.")

    run(work())
