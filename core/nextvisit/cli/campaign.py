"""`nextvisit campaign …`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, By, Config, Demo, Json, appliance, run, who
from nextvisit.cli.output import complain, console, emit_json, emit_table, say
from nextvisit.cli.rehearse import rehearse
from nextvisit.cli.tables import channel_table
from nextvisit.desk import campaigns
from nextvisit.files.part import Fault, InvalidFile
from nextvisit.flow.language.load import LoadedCampaign, load_files
from nextvisit.install.bootstrap import Appliance
from nextvisit.install.plugins import load_plugins
from nextvisit.install.settings import load_settings
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.campaigns import campaigns as stored
from nextvisit.store.campaigns import report as reports
from nextvisit_workflows.runtime.looping import wake_campaign

app = typer.Typer(no_args_is_help=True, help="Campaigns: from a folder of YAML to booked visits.")

Folder = Annotated[
    str, typer.Argument(help="A folder with campaign.yaml and messages/, or the name of a built-in campaign.")
]
Name = Annotated[str, typer.Argument(help="The campaign's name.")]


def find_folder(name: str) -> Path:
    """A path, or a campaign of the catalogue. Raises ConfigError."""
    path = Path(name)
    if path.is_dir():
        return path
    built_in = {folder.name: folder for folder in load_plugins().campaign_folders}
    if name not in built_in:
        known = ", ".join(sorted(built_in)) or "none"
        raise ConfigError(
            "campaign.missing", f"is no folder and no built-in campaign (there are: {known})", place=name
        )
    return built_in[name]


def site_channels(config: Path) -> Mapping[ChannelKind, ChannelCapabilities]:
    """What the site's connections can do; of all installed channels when there are no settings yet."""
    plugins = load_plugins()
    if not config.exists():
        return {each.capabilities.kind: each.capabilities for each in plugins.channels.values()}
    used = [plugins.channels[each.channel] for each in load_settings(config).channels.values()]
    return {each.capabilities.kind: each.capabilities for each in used}


def _config(config: Path, demo: Path | None) -> Path:
    return config if demo is None else demo / "nextvisit.yaml"


def _checked(
    folder: Path, channels: Mapping[ChannelKind, ChannelCapabilities]
) -> tuple[LoadedCampaign, tuple[Fault, ...]]:
    loaded = load_files(campaigns.read_folder(folder), origin=f"{folder}/")
    return loaded, campaigns.check(loaded, channels)


@app.command()
def validate(folder: Folder, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Find every fault, with file, line and column. Ends with 1 when there is an error.

    Example: `nextvisit campaign validate config/campaigns/reactivation`
    """
    try:
        loaded, faults = _checked(find_folder(folder), site_channels(_config(config, demo)))
    except InvalidFile as error:
        loaded, faults = None, error.faults
    if json:
        emit_json({"version": loaded.version if loaded else None, "faults": faults})
    else:
        for fault in faults:
            say(str(fault))
    errors = sum(fault.severity == "error" for fault in faults)
    if errors:
        complain(f"{errors} error{'s' if errors > 1 else ''}")
        raise typer.Exit(1)
    if not json and loaded is not None:
        say(f"{loaded.model.campaign} is valid: version {loaded.version[:12]}")


@app.command()
def simulate(
    folder: Folder,
    language: Annotated[str, typer.Option(help="In which language the patient is written to.")] = "pl",
    flags: Annotated[
        list[str] | None, typer.Option("--flag", help="A condition that holds for the patient.")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Write the conversation as a golden file.")] = None,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
) -> None:
    """Play a conversation in this terminal: you are the patient, and time passes as you say.

    Example: `nextvisit campaign simulate reactivation --language pl --record she_books.yaml`
    """
    channels = site_channels(_config(config, demo))
    loaded, faults = _checked(find_folder(folder), channels)
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise InvalidFile(errors)
    rehearse(loaded, frozenset(channels), language=language, flags=tuple(flags or ()), record=record)


@app.command()
def plan(folder: Folder, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Show what would change and whom it touches. Changes nothing.

    Example: `nextvisit campaign plan config/campaigns/reactivation`
    """

    async def work() -> campaigns.Plan:
        async with appliance(config, demo) as opened:
            loaded = _valid(folder, opened)
            async with opened.database.transaction() as tx:
                return await campaigns.plan(tx, loaded, frozenset(opened.by_kind), opened.site.zone)

    planned = run(work())
    if json:
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


@app.command()
def apply(
    folder: Folder, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """Keep this version for good, unapproved. Nobody is contacted by it yet.

    Example: `nextvisit campaign apply config/campaigns/reactivation`
    """

    async def work() -> LoadedCampaign:
        async with appliance(config, demo) as opened:
            loaded = _valid(folder, opened)
            async with opened.database.transaction(actor=who(by)) as tx:
                await campaigns.apply(tx, campaigns.read_folder(find_folder(folder)), loaded, who(by))
            return loaded

    loaded = run(work())
    if json:
        emit_json({"campaign": loaded.model.campaign, "version": loaded.version})
    else:
        say(f"applied {loaded.model.campaign} {loaded.version[:12]}; somebody else approves it now")


@app.command()
def approve(
    campaign: Name,
    version: Annotated[
        str | None, typer.Argument(help="Its beginning is enough; default: applied last.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
    by: By = None,
) -> None:
    """Approve a version that somebody else applied. New enrolments use it from now on.

    Example: `nextvisit campaign approve reactivation 3f9c2a --by anna`
    """

    async def work() -> tuple[str, int]:
        async with appliance(config, demo) as opened, opened.database.transaction(actor=who(by)) as tx:
            full = await campaigns.full_version(tx, campaign, version)
            return full, await campaigns.approve(tx, campaign, full, who(by), opened.site.zone)

    full, audience = run(work())
    if json:
        emit_json({"campaign": campaign, "version": full, "audience": audience})
    else:
        say(f"approved {campaign} {full[:12]} for an audience of {audience}")


@app.command("run")
def start(
    campaign: Name, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """Let the campaign enrol by its schedule from now on.

    Example: `nextvisit campaign run reactivation`
    """
    _set_state(campaign, "running", config, demo, json=json, by=by)


@app.command()
def pause(
    campaign: Name, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """Hold back every further send at once; journeys stay where they are.

    Example: `nextvisit campaign pause reactivation`
    """
    _set_state(campaign, "paused", config, demo, json=json, by=by)


@app.command()
def resume(
    campaign: Name, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """Go on after a pause.

    Example: `nextvisit campaign resume reactivation`
    """
    _set_state(campaign, "running", config, demo, json=json, by=by)


@app.command()
def stop(
    campaign: Name, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """End the campaign: no further send, and every open journey ends.

    Example: `nextvisit campaign stop reactivation`
    """

    async def work() -> int:
        async with appliance(config, demo) as opened:
            return await campaigns.stop(opened.database, campaign, who(by))

    ended = run(work())
    if json:
        emit_json({"campaign": campaign, "state": "stopped", "journeys_told": ended})
    else:
        say(f"{campaign} is stopped; {ended} open journeys were told to end")


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """List campaigns and their versions.

    Example: `nextvisit campaign list`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            states = {each.campaign: each for each in await stored.listing(tx)}
            versions = await stored.versions(tx)
        if json:
            emit_json({"campaigns": list(states.values()), "versions": versions})
            return
        rows = [
            (
                each.campaign,
                states[each.campaign].state if states[each.campaign].active_version == each.version else "",
                each.version[:12], each.applied_by, each.approved_by, each.audience,
            )
            for each in versions
        ]  # fmt: skip
        columns = ("campaign", "state", "version", "applied by", "approved by", "audience")
        emit_table(
            "Campaigns", columns, rows, empty="No campaign is applied yet: nextvisit campaign apply FOLDER"
        )

    run(work())


@app.command()
def report(campaign: Name, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Show the funnel and its equations. Ends with 1 when one of them does not hold.

    Example: `nextvisit campaign report reactivation --json`
    """

    async def work() -> reports.Report:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            return await reports.campaign_report(tx, campaign)

    found = run(work())
    if json:
        emit_json(found)
    else:
        audience = found.audience
        say(f"enrolled {audience.enrolled}: contacted {audience.contacted}, held out {audience.held_out}")
        say(f"under way {found.journeys.open}, booked {found.bookings.ours}, opted out {found.opted_out}")
        console.print(channel_table(found))
        for reason, count in sorted(found.skipped.items()):
            say(f"not sent because {reason}: {count}")
        for equation in found.equations:
            say(
                f"{'holds' if equation.holds else 'FAILS'}  {equation.name}: "
                f"{equation.left} and {equation.right}"
            )
    if not all(equation.holds for equation in found.equations):
        raise typer.Exit(1)


def _valid(folder: str, opened: Appliance) -> LoadedCampaign:
    channels = {kind: channel.capabilities for kind, (_, channel) in opened.by_kind.items()}
    loaded, faults = _checked(find_folder(folder), channels)
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise InvalidFile(errors)
    return loaded


def _set_state(
    campaign: str,
    state: stored.CampaignState,
    config: Path,
    demo: Path | None,
    *,
    json: bool,
    by: str | None,
) -> None:
    async def work() -> None:
        async with appliance(config, demo) as opened:
            # A pause holds in the gate at once and must not wait for Temporal; a start needs it.
            client = None if state == "paused" else await opened.temporal()
            async with opened.database.transaction(actor=who(by)) as tx:
                await stored.set_state(tx, campaign, state)
            if client is not None:
                await wake_campaign(client, campaign)

    run(work())
    if json:
        emit_json({"campaign": campaign, "state": state})
    else:
        say(f"{campaign} is {state}")
