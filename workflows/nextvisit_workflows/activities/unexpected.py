"""What is asked of an activity and does not follow from what is stored: refused, parked and audited.

Temporal is not trusted with decisions: whoever reaches it may start a workflow, repeat a payload or answer
in a worker's place. The run that asks ends; `nextvisit journey rehydrate` begins the journey anew where the
store says it stands.
"""

from __future__ import annotations

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import refused_actions

log = structlog.get_logger()


class UnexpectedError(Exception):
    """The stored state does not expect this. why: a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def refuse(database: Database, error: UnexpectedError) -> ApplicationError:
    """Keep and audit it; what Temporal is told: the run ends."""
    info = activity.info()
    log.error("action.refused", workflow=info.workflow_id, activity=info.activity_type, code=error.why)
    async with database.transaction() as tx:
        await refused_actions.keep(tx, str(info.workflow_id), info.activity_type, error.why)
    return ApplicationError(error.why, type="Unexpected", non_retryable=True)
