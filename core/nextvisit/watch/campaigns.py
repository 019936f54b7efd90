"""Whether running campaigns fire by their schedule, and enrol anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nextvisit.domain.cron import next_firing
from nextvisit.domain.local_time import day_of
from nextvisit.domain.site import Site
from nextvisit.files.fault import InvalidFile
from nextvisit.flow.language.load import LoadedCampaign, load_files
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.campaigns import Campaign, CampaignFault
from nextvisit.store.vitals import signs
from nextvisit.store.vitals.signs import FiringSign
from nextvisit.watch.finding import Finding, Grade, fine, informs, wrong

_LATE = timedelta(hours=2)
"""A firing may take as long as its activity may (workflows/campaign_run)."""
_IN_VAIN = 3
"""Firings in a row that enrolled nobody."""


@dataclass(frozen=True, slots=True)
class _Running:
    standing: Campaign
    loaded: LoadedCampaign | None
    firings: Sequence[FiringSign]
    contacted_that_day: int
    now: datetime


async def firing(database: Database, site: Site, *, campaign: str | None = None) -> Sequence[Finding]:
    """Did the last firing of each that runs come to anything? And which did a fault pause?

    campaign: of this one alone.
    """
    async with database.transaction() as tx:
        known = [each for each in await campaigns.listing(tx) if campaign in {None, each.campaign}]
        running = [await _looked_up(tx, each, site) for each in known if each.state == "running"]
    faulty = [_paused(each.campaign, each.fault) for each in known if each.fault is not None]
    return [*faulty, *(found for each in running for found in _of(each, site))] or fine("none runs")


def _paused(name: str, fault: CampaignFault) -> Finding:
    return wrong(
        "campaign.faulty",
        f"{name} is paused by a fault: {fault.code} at {fault.place}",
        where=name,
        since=fault.at,
        touches=f"all of {name}",
        do=f"mend that place, then `nextvisit campaign resume {name}`",
    )


async def _looked_up(tx: Tx, standing: Campaign, site: Site) -> _Running:
    loaded = None
    if standing.active_version is not None:
        try:
            loaded = load_files(await campaigns.load_files(tx, standing.active_version))
        except InvalidFile:
            loaded = None
    firings = await signs.last_firings(tx, standing.campaign, _IN_VAIN)
    that_day = 0
    if firings:
        first, before = day_of(firings[0].due_at, site.zone)
        that_day = await signs.contacted_between(tx, standing.campaign, first, before)
    return _Running(standing, loaded, firings, that_day, tx.now)


def _of(running: _Running, site: Site) -> Sequence[Finding]:
    name = running.standing.campaign
    if running.loaded is None:
        says = f"{name} cannot be read by this version of the program"
        do = f"`nextvisit campaign apply` {name} again, corrected"
        return [wrong("campaign.unreadable", says, touches=f"all of {name}", do=do, where=name)]
    last = running.firings[0].due_at if running.firings else None
    since = max(last, running.standing.updated_at) if last is not None else running.standing.updated_at
    try:
        due = next_firing(running.loaded.model.enrol.schedule.cron, since, site.zone, site.holidays)
    except (ValueError, StopIteration):
        says = f"{name}: its schedule never comes due"
        do = "correct `enrol.schedule.cron` and apply it again"
        return [wrong("campaign.never_due", says, touches=f"all of {name}", do=do, where=name)]
    if running.now - due > _LATE:
        return [
            wrong(
                "campaign.not_fired",
                f"{name}: the firing of {due.astimezone(site.zone):%Y-%m-%d %H:%M} did not finish",
                since=due,
                where=name,
                touches=f"whoever {name} would have enrolled",
                do="see that Temporal and a worker run; the worker's log names what stops it (`fire`)",
            )
        ]
    return [_enrolling(running, running.loaded, due, site)]


def _enrolling(running: _Running, loaded: LoadedCampaign, due: datetime, site: Site) -> Finding:
    name, firings = running.standing.campaign, running.firings
    goes_on = f"next firing {due.astimezone(site.zone):%Y-%m-%d %H:%M}"
    if not firings:
        return Finding(Grade.OK, f"{name} has not fired yet; {goes_on}")
    if len(firings) < _IN_VAIN or any(each.enrolled for each in firings):
        return Finding(Grade.OK, f"{name} enrolled {firings[0].enrolled} at its last firing; {goes_on}")
    per_day = loaded.model.enrol.pace.per_day
    spent = per_day is not None and running.contacted_that_day >= per_day
    none_left = firings[0].audience > 0 and not firings[0].fresh
    say = informs if spent or none_left else wrong
    return say(
        "campaign.enrolled_nobody",
        f"{name} enrolled nobody at its last {len(firings)} firings:"
        f" {_why(firings[0], per_day if spent else None)}",
        since=firings[-1].due_at,
        where=name,
        touches=f"{firings[0].fresh} patients who wait",
        do=f"`nextvisit campaign report {name}` says where its audience stays",
    )


def _why(last: FiringSign, spent: int | None) -> str:
    """spent: the day's number, when as many have been enrolled."""
    if not last.audience:
        return "its segment holds nobody"
    if not last.fresh:
        return f"all {last.audience} of its segment were enrolled already, or may not be now"
    if spent is not None:
        return f"{last.fresh} of {last.audience} wait for another day, its `per_day` of {spent} is used up"
    return f"{last.fresh} of {last.audience} wait for free times, by which it is paced"
