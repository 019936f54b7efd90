"""When a campaign fires, and firing it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from temporalio import activity

from nextvisit.domain.cron import next_firing
from nextvisit.flow.language.load import LoadedCampaign
from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.sdk.records import ChannelKind, SlotQuery, Specialty
from nextvisit.store.base.engine import Tx
from nextvisit.store.campaigns import campaigns, enrolments
from nextvisit.store.campaigns.terms import EnrolTerms
from nextvisit.store.restorations import restorations
from nextvisit_workflows.activities.begun import latest
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.activities.pausing import pause_campaign
from nextvisit_workflows.activities.unexpected import UnexpectedError
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.versions import load_version
from nextvisit_workflows.runtime.wire import FireIn, FireOut, NextFiringIn, NextFiringOut

log = structlog.get_logger()

BATCH = 2000
_MOST_SLOTS = 20_000
CATCH_UP = timedelta(hours=12)
"""A firing missed by more than this is left out: nobody wants Monday's invitations on Thursday."""


class Enrols(Equipped):
    """The activities `next_firing` and `fire`."""

    @activity.defn(name="next_firing")
    @translated
    async def next_firing(self, asked: NextFiringIn) -> NextFiringOut:
        """By the schedule of the active version, in the site's zone and on its working days."""
        async with self._equipment.db.transaction() as tx:
            loaded = await self._running(tx, asked.campaign)
        if loaded is None:
            return NextFiringOut(None)
        earliest = max(asked.after, self.clock.now() - CATCH_UP)
        return NextFiringOut(self._firing_after(loaded, earliest))

    @activity.defn(name="fire")
    @translated
    async def fire(self, asked: FireIn) -> FireOut:
        """Batch by batch; an attempt that dies goes on where the last committed batch ended."""
        batches = 0
        await self._require_confirmed()
        await self._require_due(asked)
        try:
            open_slots = await self._open_slots(asked)
        except ConfigError as error:
            async with self._equipment.db.transaction() as tx:
                await pause_campaign(tx, asked.campaign, error)
            return FireOut(fired=False)
        while True:
            done = await self._batch(asked, open_slots)
            if done is None:
                return FireOut(fired=False)
            batches += 1
            activity.heartbeat(batches)
            if done:
                return await self._finish(asked)

    async def _require_confirmed(self) -> None:
        """Raises RetryLater after a restore that nobody has confirmed: the MIS is to be read first."""
        async with self._equipment.db.transaction() as tx:
            if await restorations.unconfirmed(tx) is not None:
                raise RetryLater("restore.unconfirmed", "`nextvisit restore status` says what to do")

    async def _require_due(self, asked: FireIn) -> None:
        """Raises UnexpectedError for an instant that the schedule does not name, or that is still to come."""
        async with self._equipment.db.transaction() as tx:
            loaded = await self._running(tx, asked.campaign)
            now = tx.now
        if loaded is None:
            return  # and nothing is fired
        if self._firing_after(loaded, asked.due_at - timedelta(seconds=1)) != asked.due_at:
            raise UnexpectedError("not_scheduled")
        if asked.due_at > latest(self._equipment, now):
            raise UnexpectedError("not_due")

    def _firing_after(self, loaded: LoadedCampaign, instant: datetime) -> datetime:
        site = self._equipment.site
        return next_firing(loaded.model.enrol.schedule.cron, instant, site.zone, site.holidays)

    @property
    def _usable(self) -> frozenset[ChannelKind]:
        return frozenset(self._equipment.connections.kinds)

    async def _open_slots(self, asked: FireIn) -> int:
        """What the calendar has free, where the campaign's pace asks for it."""
        async with self._equipment.db.transaction() as tx:
            loaded = await self._running(tx, asked.campaign)
        limit = None if loaded is None else loaded.model.enrol.pace.open_slots
        if limit is None:
            return 0
        now = self.clock.now()
        query = SlotQuery(
            Specialty(limit.specialty), now, now + limit.within.to_timedelta(), limit=_MOST_SLOTS
        )
        return len(await self._equipment.free_slots(query))

    async def _batch(self, asked: FireIn, open_slots: int) -> bool | None:
        async with self._equipment.db.transaction() as tx:
            loaded = await self._running(tx, asked.campaign)
            if loaded is None:
                return None
            program = registry.program(asked.campaign, loaded.version, self._usable)
            zone = self._equipment.site.zone
            batch = await enrolments.enrol_batch(
                tx,
                program,
                EnrolTerms.of(loaded.model.enrol, open_slots),
                asked.due_at,
                zone=zone,
                limit=BATCH,
            )
            return batch.done

    async def _finish(self, asked: FireIn) -> FireOut:
        async with self._equipment.db.transaction() as tx:
            loaded = await self._running(tx, asked.campaign)
            if loaded is None:
                return FireOut(fired=False)
            program = registry.program(asked.campaign, loaded.version, self._usable)
            zone = self._equipment.site.zone
            firing = await enrolments.finish_firing(
                tx, program, EnrolTerms.of(loaded.model.enrol), asked.due_at, zone=zone
            )
        log.info(
            "campaign.fired", campaign=asked.campaign, contacted=firing.contacted, held_out=firing.held_out
        )
        return FireOut(
            fired=True, contacted=firing.contacted, held_out=firing.held_out, over_pace=firing.over_pace
        )

    async def _running(self, tx: Tx, campaign: str) -> LoadedCampaign | None:
        standing = await campaigns.get(tx, campaign)
        if standing is None or standing.state != "running" or standing.active_version is None:
            return None
        try:
            return await load_version(tx, campaign, standing.active_version)
        except ConfigError as error:
            await pause_campaign(tx, campaign, error)
            return None
