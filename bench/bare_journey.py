"""The least that Temporal has to do for a journey of three messages, three waits and one answer."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

QUEUE = "bench-bare"
SEND_QUEUE = "bench-bare-send"
"""Ours sends from a queue of its own, which has the provider's pace; so does this."""

_LIMIT = timedelta(seconds=60)


@workflow.defn(name="BareJourney")
class BareJourney:
    """Sends, waits, sends, waits, sends, waits for an answer, finishes."""

    def __init__(self) -> None:
        self._answered = False

    @workflow.signal
    def answer(self) -> None:
        """The patient has answered."""
        self._answered = True

    @workflow.run
    async def run(self, waits_ms: list[int]) -> None:
        """One message and one wait for each of `waits_ms`."""
        for step, wait_ms in enumerate(waits_ms):
            await workflow.execute_activity(
                "bench_send", step, task_queue=SEND_QUEUE, start_to_close_timeout=_LIMIT
            )
            try:
                await workflow.wait_condition(lambda: self._answered, timeout=timedelta(milliseconds=wait_ms))
            except TimeoutError:
                continue
        await workflow.execute_local_activity("bench_finish", start_to_close_timeout=_LIMIT)
