"""What waits in the task queues, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import ChannelKind
from nextvisit_workflows.runtime.wire import QUEUE_BULK, QUEUE_JOURNEYS, QUEUE_MIS, queue_of

_TYPES = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)


async def backlogs(client: Client, kinds: Iterable[ChannelKind]) -> Mapping[str, tuple[int, timedelta]]:
    """Of each queue: how many tasks, about, and since when the first of them waits. kinds: of channels.

    As the server counts them (DescribeTaskQueue with report_stats). Raises RetryLater.
    """
    queues = (QUEUE_JOURNEYS, QUEUE_MIS, QUEUE_BULK, *map(queue_of, sorted(kinds)))
    try:
        return {queue: await _backlog(client, queue) for queue in queues}
    except RPCError as error:
        raise RetryLater("temporal.unavailable", "its task queues cannot be asked about") from error


async def _backlog(client: Client, queue: str) -> tuple[int, timedelta]:
    tasks, oldest = 0, timedelta()
    for kind in _TYPES:
        asked = DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=kind,
            report_stats=True,
        )
        stats = (await client.workflow_service.describe_task_queue(asked)).stats
        tasks += stats.approximate_backlog_count
        oldest = max(oldest, stats.approximate_backlog_age.ToTimedelta())
    return tasks, oldest
