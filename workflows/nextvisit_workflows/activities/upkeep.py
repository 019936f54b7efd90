"""What has to be tidied up now and then."""

from __future__ import annotations

import structlog
from temporalio import activity

from nextvisit.store.audit import trail
from nextvisit.store.messages import address_checks, heard
from nextvisit.store.queues import inbox_bodies
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.activities.recovery import tidy
from nextvisit_workflows.runtime.wire import UpkeepOut

log = structlog.get_logger()

_BATCH = 200


class KeepsUp(Equipped):
    """The activity `upkeep`."""

    @activity.defn(name="upkeep")
    @translated
    async def upkeep(self) -> UpkeepOut:
        """Remove what came in and has been kept long enough, seal the audit trail, settle stale claims."""
        await self._remove_bodies()
        async with self._equipment.db.transaction() as tx:
            await heard.forget(tx, tx.now - heard.KEPT)
            await address_checks.forget(tx)
        await trail.checkpoint(self._equipment.db)
        # The last, because it asks providers: one that hangs holds up nothing else.
        return UpkeepOut(claims_unknown=await tidy(self._equipment))

    async def _remove_bodies(self) -> None:
        removed = _BATCH
        while removed == _BATCH:
            async with self._equipment.db.transaction() as tx:
                removed = await inbox_bodies.remove_bodies(tx, tx.now - self._equipment.inbox_keep, _BATCH)
            activity.heartbeat()
