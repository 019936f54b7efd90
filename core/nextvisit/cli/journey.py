"""`nextvisit journey …`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, By, Config, Demo, Json, appliance, run, who
from nextvisit.cli.output import emit_json, emit_table, say
from nextvisit.cli.story_lines import Terms, reasons, timeline
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.records import ChannelKind
from nextvisit.segments.words import in_words
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.journeys import journeys, stories
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.people import consents
from nextvisit_workflows.runtime.rehydrate import rehydrate as rehydrate_journeys

app = typer.Typer(no_args_is_help=True, help="Patients' runs through campaigns.")

Id = Annotated[str, typer.Argument(help="The journey's id, as `journey list` prints it.")]


@app.command("list")
def listing(
    campaign: Annotated[str | None, typer.Option(help="Only of this campaign.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those under way.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
) -> None:
    """List journeys with the step each is at.

    Example: `nextvisit journey list --campaign reactivation --open`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            found = await journeys.listing(
                tx, journeys.Filters(campaign=campaign, open_only=open_only, limit=limit)
            )
        if json:
            emit_json(found)
            return
        rows = [
            (each.id, each.campaign, each.state.node if each.state else "start", each.outcome or "open")
            for each in found
        ]
        emit_table("Journeys", ("journey", "campaign", "step", "state"), rows, empty="No journey.")

    run(work())


@app.command()
def show(journey: Id, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Show what happened in a journey, in order. Holds no name and no text.

    Example: `nextvisit journey show 0198c2…`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            told = await _story(tx, journey)
        if json:
            emit_json(told)
            return
        head = told.head
        say(f"{head.campaign} {head.version[:12]} · patient {head.patient_id} · {head.outcome or 'open'}")
        emit_table(
            "", ("at", "what", "step", "came to"), timeline(told, opened.site.zone), empty="Nothing yet."
        )

    run(work())


@app.command()
def why(
    journey: Id, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """Say why this patient was contacted, or was not: segment, consent, and each decision with its reason.

    Example: `nextvisit journey why 0198c2…`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction(actor=who(by)) as tx:
            told = await _story(tx, journey)
            terms = await _terms(tx, told.head)
            consent = await consents.events(tx, told.head.patient_id)
            tx.audit(Entry("journey.explained", "journey", str(told.head.id)))
        if json:
            said = {"segment": terms.segment, "conditions": terms.conditions}
            emit_json({"story": told, **said, "consent": consent})
            return
        for line in reasons(told, terms, consent, opened.site.zone):
            say(line)

    run(work())


@app.command()
def rehydrate(config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Start every open journey again at its step, after Temporal's database was lost. Safe to run twice.

    Example: `nextvisit journey rehydrate`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened:
            client = await opened.temporal()
            counts = await rehydrate_journeys(opened.database, client, opened.equipment().kinds)
            await opened.keep_looping(client)
        if json:
            emit_json(counts)
        else:
            say(f"{counts.started} journeys started again, {counts.untouched} were running")

    run(work())


async def _story(tx: Tx, text: str) -> stories.Story:
    journey = _id(text)
    try:
        return await stories.story(tx, journey)
    except Bug as error:
        if error.code != "journey.unknown":
            raise
        message = "there is no such journey; `nextvisit journey list` prints those that there are"
        raise ConfigError("journey.unknown", message, place=str(journey)) from error


async def _terms(tx: Tx, head: JourneyHead) -> Terms:
    loaded = load_files(await campaigns.load_files(tx, head.version))
    # Which channels the site has changes neither the segment nor what a condition asks.
    program = compile_campaign(loaded, usable=frozenset(ChannelKind))
    held = {flag: in_words(program.conditions[flag]) for flag in head.flags}
    return Terms(in_words(loaded.model.enrol.segment.to_predicate()), held)


def _id(text: str) -> JourneyId:
    try:
        return JourneyId(UUID(text))
    except ValueError as error:
        raise ConfigError("journey.id", "is no journey id", place=text[:40]) from error
