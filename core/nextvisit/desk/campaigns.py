"""What an administrator does with a campaign that is checked; `campaign_files` finds and checks one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import LoadedCampaign, load_files
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind
from nextvisit.segments.model import AllOf, Not, Predicate
from nextvisit.segments.words import in_words
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.campaigns import campaigns, enrolments
from nextvisit.store.campaigns.campaigns import Campaign, CampaignVersion
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.messages import ledger


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


async def plan(
    database: Database, loaded: LoadedCampaign, usable: frozenset[ChannelKind], zone: ZoneInfo
) -> Plan:
    """Changes nothing."""
    program = compile_campaign(loaded, usable=usable)
    segment = loaded.model.enrol.segment.to_predicate()
    async with database.transaction() as tx:
        standing = await campaigns.get(tx, program.campaign)
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


Standing = Literal["waiting", "approved", "running"]
"""Of a version: for somebody else's word; approved, and new enrolments use it; and they do so now."""


async def apply(database: Database, files: Mapping[str, str], loaded: LoadedCampaign, by: str) -> Standing:
    """Keep this version, unapproved; one that was kept before stays as it stands."""
    model = loaded.model
    async with database.transaction(actor=by) as tx:
        await campaigns.store_version(
            tx, model.campaign, loaded.version, files, purpose=model.purpose, applied_by=by
        )
        standing = await campaigns.get(tx, model.campaign)
    if standing is None or standing.active_version != loaded.version or standing.state == "stopped":
        return "waiting"
    return "running" if standing.state == "running" else "approved"


@dataclass(frozen=True, slots=True)
class Approved:
    """audience: how many the segment held when it was approved."""

    campaign: str
    version: str
    audience: int


async def approve(database: Database, campaign: str, prefix: str | None, by: str, zone: ZoneInfo) -> Approved:
    """A second person's word on the version that begins so; None: the one applied last."""
    async with database.transaction(actor=by) as tx:
        version = await _full_version(tx, campaign, prefix)
        segment = load_files(await campaigns.load_files(tx, version)).model.enrol.segment.to_predicate()
        audience = await enrolments.count(tx, segment, tx.now, zone)
        await campaigns.approve(tx, campaign, version, by, audience)
    return Approved(campaign, version, audience)


async def _full_version(tx: Tx, campaign: str, prefix: str | None) -> str:
    known = [each.version for each in await campaigns.versions(tx, campaign)]
    found = known[:1] if prefix is None else [each for each in known if each.startswith(prefix)]
    if len(found) != 1:
        raise ConfigError(
            "campaign.no_version",
            f"{len(found)} versions are named so; apply one first",
            place=f"{campaign} {prefix or ''}",
        )
    return found[0]


Wake = Callable[[str], Awaitable[None]]
"""Makes a campaign's run look at its state again."""


async def run(database: Database, campaign: str, by: str, connect: Callable[[], Awaitable[Wake]]) -> None:
    """Let it enrol, for the first time or after a pause. What a fault held back loses no time by it.

    Whoever wakes its run has to answer before anything is written: what is said to run has to run.
    """
    wake = await connect()
    async with database.transaction(actor=by) as tx:
        standing = await campaigns.get(tx, campaign, lock=True)
        if standing is not None and standing.fault is not None:
            await ledger.give_back_time(tx, campaign, standing.fault.at)
        await campaigns.set_state(tx, campaign, "running")
    await wake(campaign)


async def pause(database: Database, campaign: str, by: str) -> None:
    """Hold back every further send: the gate looks before each, so there is nobody to wake or to wait for."""
    async with database.transaction(actor=by) as tx:
        await campaigns.set_state(tx, campaign, "paused")


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


@dataclass(frozen=True, slots=True)
class AllCampaigns:
    """All campaigns, and all versions that were ever applied, the newest of each first."""

    campaigns: Sequence[Campaign]
    versions: Sequence[CampaignVersion]


async def get(database: Database, campaign: str) -> Campaign | None:
    """None when it was never applied."""
    async with database.transaction() as tx:
        return await campaigns.get(tx, campaign)


async def listing(database: Database) -> AllCampaigns:
    """What there is."""
    async with database.transaction() as tx:
        return AllCampaigns(await campaigns.listing(tx), await campaigns.versions(tx))
