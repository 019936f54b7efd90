"""From an empty database to an approved campaign, in the demo's own process, on a standing clock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from nextvisit.desk import campaigns
from nextvisit.desk.campaign_files import check, read_folder, refuse_errors
from nextvisit.flow.language.load import CAMPAIGN_FILE, load_files
from nextvisit.install.bootstrap import Appliance
from nextvisit.intake.pull import Progress, pull
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.campaigns import campaigns as stored
from nextvisit.store.queues import inbox
from nextvisit_workflows.runtime.looping import keep_firing

AUTHOR = "demo author"
APPROVER = "demo approver"
CAMPAIGN = "reactivation"
CATALOGUE_SPECIALTY = "cardiology"
"""What the catalogue's campaign invites to, and what the synthetic clinic is known for."""
DATA_SPECIALTY = "general_practice"
"""What it invites to with `--data`: such files have most visits in it, and none in cardiology."""
_CRON = "0 10 7-11,14-18 9 *"
"""At ten on the working days of the first two weeks after folder.STARTS."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What the first sync brought."""

    pages: int
    things: int
    parked: int


@dataclass(frozen=True, slots=True)
class Approved:
    """The campaign that is about to run."""

    version: str
    audience: int
    choices: tuple[campaigns.Choice, ...]


async def first_sync(appliance: Appliance, pulled: Progress, processed: Progress) -> Synced:
    """Pull the whole clinic through the inbox into the store."""
    (source,) = appliance.mis
    pages, things = await pull(appliance.database, source, appliance.mis[source], pulled)
    intake = appliance.intake()
    done = 0
    while taken := await intake.drain(5):
        done += taken
        processed(done, pages)
    async with appliance.database.transaction() as tx:
        parked = (await inbox.counts(tx))["parked"]
    return Synced(pages, things, parked)


async def approve_campaign(appliance: Appliance, *, per_day: int, specialty: str) -> Approved:
    """Validate, plan, apply and approve the built-in campaign, at the demo's own pace.

    Pace, schedule and specialty are all that may differ from the catalogue: the demo enrols in its first two
    weeks, so that every journey has ended when its 45 days are over.
    """
    files = demo_files(appliance.plugins.campaign_folders, per_day, specialty)
    loaded = load_files(files)
    channels = appliance.connections.capabilities
    refuse_errors(check(loaded, channels))
    zone = appliance.site.zone
    planned = await campaigns.plan(appliance.database, loaded, frozenset(channels), zone)
    await campaigns.apply(appliance.database, files, loaded, AUTHOR)
    approved = await campaigns.approve(appliance.database, CAMPAIGN, loaded.version, APPROVER, zone)
    return Approved(loaded.version, approved.audience, planned.choices)


async def run_campaign(appliance: Appliance) -> None:
    """Let it enrol from this instant on.

    On the standing clock: by the time that the roles are up, a racing one may be past the first firing.
    """
    client = await appliance.temporal()
    async with appliance.database.transaction(actor=AUTHOR) as tx:
        await stored.set_state(tx, CAMPAIGN, "running")
    await keep_firing(client, CAMPAIGN, after=appliance.clock.now())


def demo_files(folders: tuple[Path, ...], per_day: int, specialty: str) -> dict[str, str]:
    """The catalogue's reactivation campaign at the demo's pace and dates, inviting to this specialty."""
    found = [folder for folder in folders if folder.name == CAMPAIGN]
    if not found:
        raise ConfigError(
            "demo.catalogue", "the campaign catalogue is not installed", place="nextvisit-campaigns"
        )
    files = read_folder(found[0])
    text = files[CAMPAIGN_FILE]
    changes = (
        (r"per_day: \d+", f"per_day: {per_day}", 1),
        (r'cron: "[^"]*"', f'cron: "{_CRON}"', 1),
        (f"specialty: {CATALOGUE_SPECIALTY}", f"specialty: {specialty}", 3),  # segment, pace and offer
    )
    for pattern, replacement, times in changes:
        text, changed = re.subn(pattern, replacement, text)
        if changed != times:
            problem = f"has {changed} times {pattern!r} to set, not {times}"
            raise ConfigError("demo.campaign", problem, place=str(found[0]))
    return {**files, CAMPAIGN_FILE: text}


def index_key(seed: int) -> bytes:
    """The demo's blind-index key: from the seed, so that order and holdout repeat with it."""
    return hashlib.sha256(f"nextvisit demo {seed}".encode()).digest()
