"""What has to be tidied up now and then."""

from __future__ import annotations

import structlog
from temporalio import activity

from nextvisit.store.audit import trail
from nextvisit.store.messages import auto_replies, ledger
from nextvisit.store.queues import inbox_bodies
from nextvisit_workflows.activities import auto_reply
from nextvisit_workflows.activities.dispatch import give_up
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.runtime.pacing import clinic_span
from nextvisit_workflows.runtime.wire import UpkeepOut

log = structlog.get_logger()

_BATCH = 200
_STALE_ATTEMPTS = 3
"""A claim that is older than so many attempts belongs to nobody any more."""


class KeepsUp(Equipped):
    """The activity `upkeep`."""

    @activity.defn(name="upkeep")
    @translated
    async def upkeep(self) -> UpkeepOut:
        """Give up stale claims, remove what came in and has been kept long enough, seal the audit trail."""
        claims = await self._stale_claims()
        await self._remove_bodies()
        await trail.checkpoint(self._equipment.db)
        return UpkeepOut(claims_unknown=claims)

    async def _remove_bodies(self) -> None:
        removed = _BATCH
        while removed == _BATCH:
            async with self._equipment.db.transaction() as tx:
                removed = await inbox_bodies.remove_bodies(tx, tx.now - self._equipment.inbox_keep, _BATCH)
            activity.heartbeat()

    async def _stale_claims(self) -> int:
        equipment = self._equipment
        stale = equipment.attempt * _STALE_ATTEMPTS
        given_up = 0
        async with equipment.db.transaction() as tx:
            before = tx.now - clinic_span(equipment.clock, stale)
            for message in await ledger.claimed_before(tx, before, _BATCH):
                await give_up(tx, message)
                given_up += 1
            for reply in await auto_replies.claimed_before(tx, before, _BATCH):
                await auto_reply.give_up(tx, reply)
                given_up += 1
        return given_up
