"""Fires one campaign by its schedule, for as long as it has one.

A looping workflow rather than a Temporal Schedule: the schedule follows the site's zone and holidays and
the shell's clock, and lives in the campaign's active version.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from nextvisit_workflows.runtime import registry
    from nextvisit_workflows.runtime.pacing import AT_ONCE, heartbeat, retry_policy
    from nextvisit_workflows.runtime.wire import (
        QUEUE_BULK,
        CampaignRunIn,
        FireIn,
        FireOut,
        NextFiringIn,
        NextFiringOut,
    )

_FIRE_LIMIT = timedelta(hours=2)


def campaign_workflow_id(campaign: str) -> str:
    """The workflow that fires a campaign."""
    return f"campaign:{campaign}"


@workflow.defn(name="CampaignRun")
class CampaignRun:
    """Sleeps until the next firing, fires, goes on as new."""

    @workflow.init
    def __init__(self, start: CampaignRunIn) -> None:  # noqa: ARG002  the run's argument, always
        self._woken = False

    @workflow.signal(name="wake")
    def wake(self) -> None:
        """Look again: the campaign's state or version has changed."""
        self._woken = True

    @workflow.run
    async def run(self, start: CampaignRunIn) -> None:
        """Never returns; each firing continues as new."""
        clock = registry.clock()
        last = start.last if start.last is not None else clock.at_wall(workflow.now())
        while True:
            self._woken = False
            due = await self._next_firing(NextFiringIn(start.campaign, last))
            if not await self._woken_before(due) and due.due_at is not None:
                last = due.due_at
                break
        await workflow.execute_activity(
            "fire",
            FireIn(start.campaign, last),
            task_queue=QUEUE_BULK,
            result_type=FireOut,
            start_to_close_timeout=_FIRE_LIMIT,
            heartbeat_timeout=heartbeat(clock),
            retry_policy=retry_policy(clock),
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(CampaignRunIn(start.campaign, last))

    async def _next_firing(self, asked: NextFiringIn) -> NextFiringOut:
        answer: NextFiringOut = await workflow.execute_activity(
            "next_firing",
            asked,
            task_queue=QUEUE_BULK,
            result_type=NextFiringOut,
            start_to_close_timeout=registry.attempt(),
            retry_policy=retry_policy(registry.clock()),
        )
        return answer

    async def _woken_before(self, due: NextFiringOut) -> bool:
        """Whether somebody called before the firing is due; without one, wait for the call."""
        clock = registry.clock()
        if due.due_at is None:
            await workflow.wait_condition(lambda: self._woken)
            return True
        # Again, for a demo's clock may have stood meanwhile.
        while not self._woken and (left := clock.wall_until(due.due_at, workflow.now())) > AT_ONCE:
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._woken, timeout=left)
        return self._woken
