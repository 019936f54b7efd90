"""`nextvisit campaign …`: what needs an installation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.campaign_files import Folder
from nextvisit.cli.findings import end_by, say_wrong
from nextvisit.cli.output import emit_json, plain, say
from nextvisit.cli.tables import channel_table, console, emit_table
from nextvisit.desk import campaigns
from nextvisit.desk.campaign_files import find_folder, read_folder, refuse_errors, unbooked, valid
from nextvisit.desk.reports import Report, cost_lines, equation_line
from nextvisit.desk.reports import report as campaign_report
from nextvisit.flow.language.load import LoadedCampaign
from nextvisit.install.bootstrap import Appliance
from nextvisit.watch import equations
from nextvisit.watch.doctor import examine, of_campaigns
from nextvisit.watch.finding import examined
from nextvisit_workflows.runtime.looping import wake_campaign

Name = Annotated[str, typer.Argument(help="The campaign's name.")]

_STANDING: Mapping[campaigns.Standing, str] = {
    "waiting": "is applied; somebody else approves it now",
    "approved": "is approved already; `nextvisit campaign run` lets it enrol",
    "running": "runs already; nothing is changed",
}


@command(READS)
async def plan(call: Call, folder: Folder) -> None:
    """Show what would change and whom it touches. Changes nothing.

    Example: `nextvisit campaign plan config/campaigns/reactivation`
    """
    async with call.appliance() as opened:
        _, loaded = _valid(opened, folder)
        planned = await campaigns.plan(
            opened.database, loaded, frozenset(opened.connections.kinds), opened.site.zone
        )
    if call.json:
        emit_json(planned)
        return
    before = planned.active_version[:12] if planned.active_version else "none"
    say(
        f"{planned.campaign}: version {before} → {planned.version[:12]}"
        f"{' (applied already)' if planned.known else ''}"
    )
    say(f"for: {planned.segment}")
    say(f"audience today: {planned.audience} patients")
    for choice in planned.choices:
        say(f"  step {choice.step}: {choice.takes} for {choice.patients}")
    say(f"journeys under way stay on their version: {planned.open_journeys}")


@command(AUDITED)
async def apply(call: Call, folder: Folder) -> None:
    """Keep this version for good, unapproved. Nobody is contacted by it yet.

    Example: `nextvisit campaign apply config/campaigns/reactivation`
    """
    async with call.appliance() as opened:
        path, loaded = _valid(opened, folder)
        standing = await campaigns.apply(opened.database, read_folder(path), loaded, call.by)
    if call.json:
        emit_json({"campaign": loaded.model.campaign, "version": loaded.version, "standing": standing})
    else:
        say(f"{loaded.model.campaign} {loaded.version[:12]} {_STANDING[standing]}")


@command(AUDITED)
async def approve(
    call: Call,
    campaign: Name,
    version: Annotated[
        str | None, typer.Argument(help="Its beginning is enough; default: applied last.")
    ] = None,
) -> None:
    """Approve a version that somebody else applied. New enrolments use it from now on.

    Example: `nextvisit campaign approve reactivation 3f9c2a --by anna`
    """
    async with call.appliance() as opened:
        approved = await campaigns.approve(opened.database, campaign, version, call.by, opened.site.zone)
    if call.json:
        emit_json(approved)
    else:
        say(f"approved {campaign} {approved.version[:12]} for an audience of {approved.audience}")


@command(AUDITED)
async def run(call: Call, campaign: Name) -> None:
    """Let the campaign enrol by its schedule from now on.

    Example: `nextvisit campaign run reactivation`
    """
    await _run(call, campaign)


@command(AUDITED)
async def pause(call: Call, campaign: Name) -> None:
    """Hold back every further send at once; journeys stay where they are.

    Example: `nextvisit campaign pause reactivation`
    """
    async with call.appliance() as opened:
        await campaigns.pause(opened.database, campaign, call.by)
    _say_state(call, campaign, "paused")


@command(AUDITED)
async def resume(call: Call, campaign: Name) -> None:
    """Go on after a pause. Messages that wait are tried again within the hour.

    Example: `nextvisit campaign resume reactivation`
    """
    await _run(call, campaign)


@command(AUDITED)
async def stop(call: Call, campaign: Name) -> None:
    """End the campaign: no further send, and every open journey ends.

    It can run again only after somebody has approved it anew.

    Example: `nextvisit campaign stop reactivation`
    """
    async with call.appliance() as opened:
        ended = await campaigns.stop(opened.database, campaign, call.by)
    if call.json:
        emit_json({"campaign": campaign, "state": "stopped", "journeys_told": ended})
    else:
        say(f"{campaign} is stopped; {ended} open journeys were told to end")


@command(READS)
async def listing(call: Call) -> None:
    """List campaigns and their versions.

    Example: `nextvisit campaign list`
    """
    async with call.appliance() as opened:
        found = await campaigns.listing(opened.database)
    if call.json:
        emit_json(found)
        return
    states = {each.campaign: each for each in found.campaigns}
    rows = [
        (
            each.campaign,
            states[each.campaign].in_words if states[each.campaign].active_version == each.version else "",
            each.version[:12], each.applied_by, each.approved_by, each.audience,
        )
        for each in found.versions
    ]  # fmt: skip
    columns = ("campaign", "state", "version", "applied by", "approved by", "audience")
    emit_table(
        "Campaigns", columns, rows, empty="No campaign is applied yet: nextvisit campaign apply FOLDER"
    )


@command(READS)
async def report(call: Call, campaign: Name) -> None:
    """Show the funnel and its equations. Ends with 1 when something there needs a person.

    So it is when an equation does not hold, a firing failed, journeys stand still, or nobody knows whether a
    message went out. A campaign that has fired and whose segment always held nobody proves nothing, so its
    first equation fails.

    Example: `nextvisit campaign report reactivation --json`
    """
    async with call.appliance() as opened:
        found = await campaign_report(opened.database, campaign)
        standing = await campaigns.get(opened.database, campaign)
        asked = of_campaigns(opened.database, opened.site, opened.programs(), campaign=campaign)
        needs = [
            examined("equations", "campaign", equations.of_report(found)),
            *await examine(asked, opened.settings.attempt),
        ]
    if call.json:
        emit_json({**plain(found), "state": standing, "examined": needs})
    else:
        if standing is not None:
            say(f"{campaign} is {standing.in_words}")
        _say_report(found)
        say_wrong(needs)
    end_by(needs)


_IDLE = {
    "never_fired": "It has not fired yet: nothing is shown by the numbers that agree below.",
    "nobody_in_segment": "It fired, and its segment held nobody: nothing is shown by numbers that agree.",
}


def _say_report(found: Report) -> None:
    audience = found.audience
    if audience.idle is not None:
        say(_IDLE[audience.idle])
    for reason, count in sorted(audience.refused.items()):
        say(f"not enrolled because {reason}: {count}")
    say(f"enrolled {audience.enrolled}: contacted {audience.contacted}, held out {audience.held_out}")
    say(f"under way {found.journeys.open}, booked {found.bookings.ours}, opted out {found.opted_out}")
    console.print(channel_table(found))
    for reason, count in sorted(found.skipped.items()):
        say(f"not sent because {reason}: {count}")
    for what, count in sorted(found.auto_replies.items()):
        say(f"written back at once, {what}: {count}")
    for line in cost_lines(found.costs):
        say(line)
    for equation in found.equations:
        say(equation_line(equation))


def _valid(opened: Appliance, folder: str) -> tuple[Path, LoadedCampaign]:
    path = find_folder(folder, opened.plugins.campaign_folders)
    loaded = valid(path, opened.connections.capabilities)
    refuse_errors(unbooked(loaded, opened.settings.booking_mis))
    return path, loaded


async def _run(call: Call, campaign: str) -> None:
    async with call.appliance() as opened:

        async def waking() -> campaigns.Wake:
            return partial(wake_campaign, await opened.temporal())

        await campaigns.run(opened.database, campaign, call.by, waking)
    _say_state(call, campaign, "running")


def _say_state(call: Call, campaign: str, state: str) -> None:
    if call.json:
        emit_json({"campaign": campaign, "state": state})
    else:
        say(f"{campaign} is {state}")
