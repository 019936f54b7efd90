"""`nextvisit journey …`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.ids import typed
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import journeys
from nextvisit.desk.journeys import StopReason
from nextvisit.desk.story_lines import reasons, timeline
from nextvisit_workflows.runtime.rehydrate import rehydrate as rehydrate_journeys

Id = Annotated[str, typer.Argument(help="The journey's id, as `journey list` prints it.")]


@command(READS)
async def listing(
    call: Call,
    campaign: Annotated[str | None, typer.Option(help="Only of this campaign.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those under way.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """List journeys with the step each is at.

    Example: `nextvisit journey list --campaign reactivation --open`
    """
    async with call.appliance() as opened:
        found = await journeys.listing(opened.database, campaign=campaign, open_only=open_only, limit=limit)
    if call.json:
        emit_json(found)
        return
    rows = [
        (each.id, each.campaign, each.state.node if each.state else "start", each.outcome or "open")
        for each in found
    ]
    emit_table("Journeys", ("journey", "campaign", "step", "state"), rows, empty="No journey.")


@command(READS)
async def show(call: Call, journey: Id) -> None:
    """Show what happened in a journey, in order. Holds no name and no text.

    Example: `nextvisit journey show 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40`
    """
    async with call.appliance() as opened:
        told = await journeys.story(opened.database, typed(journey, "journey"))
        ladder = await journeys.ladder(opened.database, told, frozenset(opened.connections.kinds))
    if call.json:
        emit_json(told)
        return
    head = told.head
    say(f"{head.campaign} {head.version[:12]} · patient {head.patient_id} · {head.outcome or 'open'}")
    rows = timeline(told, ladder)
    emit_table("", ("at", "what", "step", "came to"), rows, empty="Nothing yet.", zone=opened.site.zone)


@command(AUDITED)
async def why(call: Call, journey: Id) -> None:
    """Say why this patient was contacted, or was not: segment, consent, and each decision with its reason.

    Example: `nextvisit journey why 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40`
    """
    async with call.appliance() as opened:
        usable = frozenset(opened.connections.kinds)
        explained = await journeys.why(opened.database, typed(journey, "journey"), call.by, usable)
    if call.json:
        emit_json(explained)
        return
    for line in reasons(explained, opened.site.zone):
        say(line)


@command(AUDITED)
async def stop(
    call: Call,
    journey: Id,
    reason: Annotated[StopReason, typer.Option(help="Why; for the audit trail.")],
) -> None:
    """End one journey, and nothing else; the patient may be in other campaigns.

    Example: `nextvisit journey stop 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40 --reason seen_to`
    """
    number = typed(journey, "journey")
    async with call.appliance() as opened:
        stopped = await journeys.stop(opened.database, number, reason, call.by)
    if call.json:
        emit_json({"journey": number, "stopped": stopped})
    else:
        say("stopped" if stopped else "had ended before")


@command(READS)
async def rehydrate(call: Call) -> None:
    """Start every open journey again at its step that has no workflow, or one that stands still.

    After Temporal's database was lost, and after a release that cannot replay a journey. Safe to run twice.

    Example: `nextvisit journey rehydrate`
    """
    async with call.appliance() as opened:
        client = await opened.temporal()
        counts = await rehydrate_journeys(opened.database, client)
        await opened.keep_looping(client)
    if call.json:
        emit_json(counts)
    else:
        say(
            f"{counts.started} journeys started again, {counts.mended} that stood still begun anew,"
            f" {counts.untouched} were running"
        )
