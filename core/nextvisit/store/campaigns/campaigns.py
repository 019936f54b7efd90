"""Campaigns: their immutable versions, who approved them, and whether they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, RowMapping, select, text, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.records import Purpose
from nextvisit.store.base.digest import vouches
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.tables import CampaignRow, CampaignVersionRow, table_of

CampaignState = Literal["draft", "running", "paused", "stopped"]

_campaigns = table_of(CampaignRow)
_versions = table_of(CampaignVersionRow)

# The runtime role writes no active version by itself.
_ACTIVATE = text("SELECT campaign_activate(:campaign, :version, :now)")

_BEFORE: Mapping[CampaignState, tuple[CampaignState, ...]] = {
    "draft": (),
    "running": ("draft", "paused"),
    "paused": ("running",),
    "stopped": ("running", "paused"),
}


@dataclass(frozen=True, slots=True)
class CampaignFault:
    """What made the appliance pause a campaign. place: the file, key or message that somebody has to mend."""

    code: str
    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Campaign:
    """active_version: the one approved last; new enrolments use it.

    fault: why the appliance paused it; None when it runs, or a person paused it.
    """

    campaign: str
    state: CampaignState
    active_version: str | None
    updated_at: datetime
    fault: CampaignFault | None = None

    @property
    def in_words(self) -> str:
        """The state, and what somebody has to mend before it can go on."""
        return self.state if self.fault is None else f"{self.state}: {self.fault.code} at {self.fault.place}"


@dataclass(frozen=True, slots=True)
class CampaignVersion:
    """audience: how many the segment held when it was approved."""

    campaign: str
    version: str
    purpose: Purpose
    applied_by: str
    applied_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    audience: int | None


async def store_version(
    tx: Tx, campaign: str, version: str, files: Mapping[str, str], *, purpose: Purpose, applied_by: str
) -> None:
    """Keep a version for good, unapproved. Harmless when it is there already.

    Raises Bug when the version names other files: it has to be a hash over them.
    """
    await tx.connection.execute(
        insert(_campaigns)
        .values(campaign=campaign, state="draft", updated_at=tx.now)
        .on_conflict_do_nothing()
    )
    written = await tx.connection.execute(
        insert(_versions)
        .values(
            campaign=campaign,
            version=version,
            files=dict(files),
            purpose=purpose.value,
            applied_by=applied_by,
            applied_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(_versions)
    )
    row = written.mappings().one_or_none()
    if row is None:
        if await load_files(tx, version) != dict(files):
            raise Bug("campaign.version_clash", f"{campaign} {version} is kept with other files")
        return
    body = {"version": version, "by": applied_by, **vouches("campaign_version.applied", row)}
    tx.audit(_entry("campaign.applied", campaign, **body))


async def approve(tx: Tx, campaign: str, version: str, by: str, audience: int) -> None:
    """A second person takes responsibility; new enrolments use this version from now on.

    A stopped campaign that is approved anew waits as a draft until it is run.
    Raises ConfigError when the person applied it too, or there is no such version.
    """
    query = select(_versions.c.applied_by, _versions.c.approved_by).where(
        _versions.c.campaign == campaign, _versions.c.version == version
    )
    row = (await tx.connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise ConfigError("campaign.no_version", "apply this version first", place=f"{campaign} {version}")
    if _name(row.applied_by) == _name(by):
        message = "was applied by the same person; somebody else has to approve it"
        raise ConfigError("campaign.four_eyes", message, place=f"{campaign} {version}")
    body: dict[str, str | int] = {"version": version, "by": by, "audience": audience}
    if row.approved_by is None:
        written = await tx.connection.execute(
            update(_versions)
            .where(_versions.c.campaign == campaign, _versions.c.version == version)
            .values(approved_by=by, approved_at=tx.now, audience_at_approval=audience)
            .returning(_versions)
        )
        body |= vouches("campaign_version.approved", written.mappings().one())
    await tx.connection.execute(_ACTIVATE, {"campaign": campaign, "version": version, "now": tx.now})
    active = vouches("campaign.active_version", {"campaign": campaign, "active_version": version})
    tx.audit(
        _entry("campaign.approved", campaign, **body),
        _entry("campaign.activated", campaign, version=version, **active),
    )


async def set_state(tx: Tx, campaign: str, state: CampaignState) -> None:
    """Start, pause or stop. Harmless when repeated.

    Raises ConfigError for a campaign without an approved version and for a step that makes no sense.
    """
    standing = await get(tx, campaign, lock=True)
    if standing is None:
        raise ConfigError("campaign.unknown", "apply it first", place=campaign)
    if standing.state == state:
        return
    if standing.state not in _BEFORE[state]:
        message = f"is {standing.state} and cannot become {state}"
        if standing.state == "stopped":
            message += "; somebody has to approve it anew first"
        raise ConfigError("campaign.state", message, place=campaign)
    if state == "running" and standing.active_version is None:
        raise ConfigError("campaign.unapproved", "no version of it is approved yet", place=campaign)
    await tx.connection.execute(
        update(_campaigns)
        .where(_campaigns.c.campaign == campaign)
        .values(state=state, updated_at=tx.now, fault_code=None, fault_place=None, fault_at=None)
    )
    tx.audit(_entry("campaign.state_changed", campaign, came_from=standing.state, state=state))


async def pause_for(tx: Tx, campaign: str, code: str, place: str) -> bool:
    """Pause a running campaign because something in it cannot work. False when it does not run."""
    standing = await get(tx, campaign, lock=True)
    if standing is None or standing.state != "running":
        return False
    fault = {"fault_code": code, "fault_place": place, "fault_at": tx.now}
    await tx.connection.execute(
        update(_campaigns)
        .where(_campaigns.c.campaign == campaign)
        .values(state="paused", updated_at=tx.now, **fault)
    )
    body = {"came_from": standing.state, "state": "paused", "code": code, "place": place}
    tx.audit(_entry("campaign.state_changed", campaign, **body))
    return True


async def get(tx: Tx, campaign: str, *, lock: bool = False) -> Campaign | None:
    """`lock` keeps others from changing (and from enrolling into) it until the transaction ends."""
    query = select(_campaigns).where(_campaigns.c.campaign == campaign)
    row = (await tx.connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _campaign_of(row)


async def listing(tx: Tx) -> Sequence[Campaign]:
    """All campaigns by name."""
    rows = await tx.connection.execute(select(_campaigns).order_by(_campaigns.c.campaign))
    return [_campaign_of(row) for row in rows]


async def versions(tx: Tx, campaign: str | None = None) -> Sequence[CampaignVersion]:
    """By campaign, the latest first."""
    query = select(_versions).order_by(_versions.c.campaign, _versions.c.applied_at.desc())
    if campaign is not None:
        query = query.where(_versions.c.campaign == campaign)
    return [_version_of(row) for row in (await tx.connection.execute(query)).mappings()]


async def load_files(tx: Tx, version: str) -> dict[str, str]:
    """The version's files by relative path. Raises Bug when there is no such version."""
    query = select(_versions.c.files).where(_versions.c.version == version).limit(1)
    files: dict[str, str] | None = await tx.connection.scalar(query)
    if files is None:
        raise Bug("campaign.no_version", f"version {version}")
    return files


def _name(actor: str) -> str:
    """Without the account that stands behind it."""
    return actor.partition(" [")[0]


def _campaign_of(row: Row[Any]) -> Campaign:
    fault = None if row.fault_code is None else CampaignFault(row.fault_code, row.fault_place, row.fault_at)
    return Campaign(row.campaign, row.state, row.active_version, row.updated_at, fault)


def _version_of(row: RowMapping) -> CampaignVersion:
    return CampaignVersion(
        campaign=row["campaign"],
        version=row["version"],
        purpose=Purpose(row["purpose"]),
        applied_by=row["applied_by"],
        applied_at=row["applied_at"],
        approved_by=row["approved_by"],
        approved_at=row["approved_at"],
        audience=row["audience_at_approval"],
    )


def _entry(action: str, campaign: str, **body: str | int) -> Entry:
    return Entry(action, "campaign", campaign, body=body)
