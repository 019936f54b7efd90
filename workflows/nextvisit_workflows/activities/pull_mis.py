"""Pull what is new in a MIS into the inbox."""

from __future__ import annotations

import structlog
from temporalio import activity

from nextvisit.intake.compare import pull_and_compare
from nextvisit.sdk.errors import ConfigError
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.runtime.wire import PullIn, PullOut

log = structlog.get_logger()


class PullsMis(Equipped):
    """The activity `pull_mis`."""

    @activity.defn(name="pull_mis")
    @translated
    async def pull_mis(self, asked: PullIn) -> PullOut:
        """Each page and the cursor behind it are one transaction, so no page is lost or skipped.

        Once a day what the MIS lists is compared with what we have, because no change tells of a deletion.
        """
        adapter = self._equipment.mis.get(asked.source)
        if adapter is None:
            raise ConfigError("mis.unknown", "there is no such connection", place=f"mis.{asked.source}")
        pages, things, found = await pull_and_compare(
            self._equipment.db, asked.source, adapter, lambda done, _: activity.heartbeat(done)
        )
        if pages:
            log.info("mis.pulled", source=asked.source, pages=pages, count=things)
        if found is not None and not found.none:
            count = len(found.differing) + len(found.gone)
            log.warning("mis.differs", source=asked.source, count=count)
        return PullOut(pages, things)
