"""Tidies up again and again. The pause follows the shell's clock, hence no Temporal Schedule."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from nextvisit_workflows.runtime import registry
    from nextvisit_workflows.runtime.pacing import pause, retry_policy
    from nextvisit_workflows.runtime.wire import QUEUE_BULK, UpkeepIn, UpkeepOut

ROUNDS = 50

UPKEEP_WORKFLOW_ID = "upkeep"


@workflow.defn(name="Upkeep")
class Upkeep:
    """Tidy up, sleep, and after `ROUNDS` rounds go on as new."""

    @workflow.run
    async def run(self, start: UpkeepIn) -> None:
        """Never returns."""
        for _ in range(ROUNDS):
            await workflow.execute_activity(
                "upkeep",
                task_queue=QUEUE_BULK,
                result_type=UpkeepOut,
                start_to_close_timeout=registry.attempt(),
                retry_policy=retry_policy(registry.clock()),
            )
            await workflow.sleep(pause(registry.clock(), start.every))
        workflow.continue_as_new(start)
