"""What one process has to say in numbers, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.registry import Collector

from nextvisit.status.families import gauge, one_of
from nextvisit.status.of_store import of_seen
from nextvisit.status.survey import Survey
from nextvisit.watch.readiness import OK, Readiness

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_1_0_0
_CHECKS: Final = frozenset({"role", "database", "migrations", "keys", "temporal"})


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one task queue, as Temporal counts it. oldest: for how long the first of them has waited."""

    tasks: int
    oldest: timedelta


@dataclass(slots=True, eq=False)  # the registry keeps it by what it is
class Metrics(Collector):
    """What is given later is None, or empty, until then, and in a role that has none of it.

    survey: of the whole store. connections: of the settings. backlogs: of the task queues, by name.
    """

    role: str
    version: str
    readiness: Readiness
    survey: Survey | None = None
    connections: frozenset[str] = frozenset()
    backlogs: Mapping[str, Backlog] = field(default_factory=dict)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry, init=False)

    def __post_init__(self) -> None:
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def text(self) -> bytes:
        """As it is scraped."""
        return generate_latest(self.registry)

    def describe(self) -> Iterable[Metric]:
        """See prometheus_client: else it would collect in order to know the names."""
        return []

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client. Asks nobody."""
        yield gauge(
            "nextvisit_build_info", "Which program.", ("role", "version"), [((self.role, self.version), 1)]
        )
        own = self.readiness.last.own
        yield gauge(
            "nextvisit_ready",
            "1: this process has what it works by, as /ready said last.",
            ("role", "check"),
            [((self.role, one_of(check, _CHECKS)), said == OK) for check, said in own.items()],
        )
        yield from self._of_queues()
        if self.survey is not None and self.survey.last is not None:
            yield from of_seen(self.survey.last, self.connections)

    def _of_queues(self) -> Iterable[Metric]:
        if not self.backlogs:
            return
        yield gauge(
            "nextvisit_task_queue_backlog",
            "Tasks that wait in Temporal. Every worker says the same: take the highest, never the sum.",
            ("queue",),
            [((name,), each.tasks) for name, each in self.backlogs.items()],
        )
        yield gauge(
            "nextvisit_task_queue_oldest_seconds",
            "How late the first of them is taken: timers, signals and sends alike.",
            ("queue",),
            [((name,), each.oldest.total_seconds()) for name, each in self.backlogs.items()],
        )
