"""Pulls one MIS again and again. The pause follows the shell's clock, hence no Temporal Schedule."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from nextvisit_workflows.runtime import registry
    from nextvisit_workflows.runtime.pacing import heartbeat, pause, retry_policy
    from nextvisit_workflows.runtime.wire import QUEUE_MIS, MisSyncIn, PullIn, PullOut

ROUNDS = 50
_PULL_LIMIT = timedelta(hours=6)


def mis_sync_workflow_id(source: str) -> str:
    """The workflow that pulls a MIS connection."""
    return f"mis_sync:{source}"


@workflow.defn(name="MisSync")
class MisSync:
    """Pull, sleep, and after `ROUNDS` rounds go on as new."""

    @workflow.init
    def __init__(self, start: MisSyncIn) -> None:  # noqa: ARG002  the run's argument, always
        self._now = False

    @workflow.signal(name="now")
    def now(self) -> None:
        """Do not wait for the next round."""
        self._now = True

    @workflow.run
    async def run(self, start: MisSyncIn) -> None:
        """Never returns."""
        for _ in range(ROUNDS):
            self._now = False
            await workflow.execute_activity(
                "pull_mis",
                PullIn(start.source),
                task_queue=QUEUE_MIS,
                result_type=PullOut,
                start_to_close_timeout=_PULL_LIMIT,
                heartbeat_timeout=heartbeat(registry.clock()),
                retry_policy=retry_policy(registry.clock()),
            )
            try:
                await workflow.wait_condition(lambda: self._now, timeout=pause(registry.clock(), start.every))
            except TimeoutError:
                continue
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(start)
