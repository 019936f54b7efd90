"""What an administrator does with a campaign; the CLI and, later, the console do it through here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from nextvisit.files.part import Fault
from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.check import check_campaign
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import CAMPAIGN_FILE, LoadedCampaign, load_files
from nextvisit.flow.verbs.ask import AskNode
from nextvisit.messages.lock_screen import lint
from nextvisit.messages.template_lint import lint_template
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.segments.model import AllOf, Not, Predicate
from nextvisit.segments.words import in_words
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.campaigns import campaigns, enrolments
from nextvisit.store.journeys import journey_events, journeys


def read_folder(folder: Path) -> dict[str, str]:
    """The files of a campaign as {relative path: text}. Raises ConfigError when it is none."""
    main = folder / CAMPAIGN_FILE
    if not main.is_file():
        raise ConfigError("campaign.missing", f"holds no {CAMPAIGN_FILE}", place=str(folder))
    files = [main, *sorted((folder / "messages").glob("*.yaml"))]
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in files}


def check(loaded: LoadedCampaign, channels: Mapping[ChannelKind, ChannelCapabilities]) -> tuple[Fault, ...]:
    """Whether it makes sense on this site, and whether its texts can be filled in and shown to anybody."""
    return (*check_campaign(loaded, channels), *_texts(loaded, frozenset(channels)))


def _texts(loaded: LoadedCampaign, usable: frozenset[ChannelKind]) -> list[Fault]:
    program = compile_campaign(loaded, usable=usable)
    invitations = {
        variant.template
        for node in program.nodes.values()
        if isinstance(node, AskNode) and program.purpose is not Purpose.SERVICE
        for variant in node.variants
    }
    found = []
    for (name, language), template in loaded.catalogue.templates.items():
        place = loaded.message_files[language].messages[name].place
        parts = (template.email_subject, template.email_body, template.short)
        said = [fault for part in parts if part is not None for fault in lint_template(part)]
        said += lint(template, invitation=name in invitations)
        found += [place.fault(f"the message `{name}`: {fault}") for fault in said]
    return found


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a campaign chooses by the patient: how many of the audience get this.

    takes: the message that `step` would send, or the step that a branch would go to.
    """

    step: str
    takes: str
    patients: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying and approving would mean today.

    segment: whom it is for, in words. audience: how many those are. choices: which wording or branch they
        would get, step by step; each patient counts once in a step.
    """

    campaign: str
    version: str
    active_version: str | None
    known: bool
    segment: str
    audience: int
    choices: tuple[Choice, ...]
    open_journeys: int


async def plan(tx: Tx, loaded: LoadedCampaign, usable: frozenset[ChannelKind], zone: ZoneInfo) -> Plan:
    """Changes nothing."""
    program = compile_campaign(loaded, usable=usable)
    standing = await campaigns.get(tx, program.campaign)
    segment = loaded.model.enrol.segment.to_predicate()
    choices = [
        Choice(step, takes, await enrolments.count_also(tx, segment, predicate, tx.now, zone))
        for step, takes, predicate in _choices(program)
    ]
    versions = await campaigns.versions(tx, program.campaign)
    return Plan(
        campaign=program.campaign,
        version=loaded.version,
        active_version=None if standing is None else standing.active_version,
        known=any(each.version == loaded.version for each in versions),
        segment=in_words(segment),
        audience=await enrolments.count(tx, segment, tx.now, zone),
        choices=tuple(choices),
        open_journeys=await journeys.count_open(tx, program.campaign),
    )


def _choices(program: Program) -> Iterator[tuple[str, str, Predicate]]:
    """Every (step, what it takes, for whom): as in the flow, the first one that holds is taken."""
    for step, node in program.nodes.items():
        arms = node.choices()
        earlier: list[Predicate] = []
        for condition, takes in arms if len(arms) > 1 else ():
            holds = AllOf(()) if condition is None else program.conditions[condition]
            yield step, takes, AllOf((*map(Not, earlier), holds))
            if condition is None:
                break
            earlier.append(holds)


async def apply(tx: Tx, files: Mapping[str, str], loaded: LoadedCampaign, by: str) -> None:
    """Keep this version, unapproved."""
    model = loaded.model
    await campaigns.store_version(
        tx, model.campaign, loaded.version, files, purpose=model.purpose, applied_by=by
    )


async def approve(tx: Tx, campaign: str, version: str, by: str, zone: ZoneInfo) -> int:
    """A second person's word; returns the audience that was approved."""
    segment = load_files(await campaigns.load_files(tx, version)).model.enrol.segment.to_predicate()
    audience = await enrolments.count(tx, segment, tx.now, zone)
    await campaigns.approve(tx, campaign, version, by, audience)
    return audience


async def full_version(tx: Tx, campaign: str, prefix: str | None) -> str:
    """The version that `prefix` (as printed) names; None: the one applied last."""
    known = [each.version for each in await campaigns.versions(tx, campaign)]
    found = known[:1] if prefix is None else [each for each in known if each.startswith(prefix)]
    if len(found) != 1:
        raise ConfigError(
            "campaign.no_version",
            f"{len(found)} versions are named so; apply one first",
            place=f"{campaign} {prefix or ''}",
        )
    return found[0]


async def stop(database: Database, campaign: str, by: str) -> int:
    """No further send, and every open journey ends. Returns how many there were. Can be repeated."""
    async with database.transaction(actor=by) as tx:
        await campaigns.set_state(tx, campaign, "stopped")
    ended = 0
    while True:
        async with database.transaction(actor=by) as tx:
            told = await journey_events.tell_stopped(tx, campaign, limit=200)
        ended += told
        if told == 0:
            return ended
