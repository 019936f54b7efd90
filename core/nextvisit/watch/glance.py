"""How the appliance is, in one screen: roles, connections, today's numbers, and what is wrong.

Of the same checks as the doctor's and of the same numbers as the metrics; nobody but the store is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals.counts import DayCounts
from nextvisit.store.vitals.heartbeats import ROLES
from nextvisit.watch.doctor import Examinee, examine, of_store
from nextvisit.watch.finding import Examined
from nextvisit.watch.numbers import Numbers, numbers


@dataclass(frozen=True, slots=True)
class RoleGlance:
    """How many processes of it take work, wait for something, or have not been heard of for a while."""

    role: str
    ready: int
    waiting: int
    silent: int


@dataclass(frozen=True, slots=True)
class ConnectionGlance:
    """state: of a MIS ok, failed, or new before it was read; of a channel as its breaker is.

    code: of the last failure. since: a MIS was last read; a channel went down.
    """

    connection: str
    kind: Literal["mis", "channel"]
    state: str
    code: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Backlogs:
    """How much waits: things of the inbox, of the outbox, parked, tasks, open journeys."""

    inbox: int
    parked: int
    outbox: int
    tasks: int
    journeys: int


@dataclass(frozen=True, slots=True)
class Glance:
    """examined: the checks that need a person."""

    at: datetime
    roles: Sequence[RoleGlance]
    connections: Sequence[ConnectionGlance]
    today: DayCounts
    waiting: Backlogs
    examined: Sequence[Examined]


async def glance(of: Examinee, database: Database) -> Glance:
    """Raises RetryLater while the database is away."""
    counted = await numbers(database, of.site.zone)
    found = await examine(of_store(of, database), of.patience)
    return Glance(
        at=counted.vitals.now,
        roles=[_role(role, counted) for role in ROLES],
        connections=[*_mis(of, counted), *_channels(of, counted)],
        today=counted.work.today,
        waiting=_waiting(counted),
        examined=[each for each in found if not each.ok],
    )


def _role(role: str, counted: Numbers) -> RoleGlance:
    beats = [each for each in counted.vitals.beats if each.role == role]
    alive = [each for each in beats if each.alive]
    ready = sum(each.ready for each in alive)
    return RoleGlance(role, ready, len(alive) - ready, len(beats) - len(alive))


def _mis(of: Examinee, counted: Numbers) -> Iterator[ConnectionGlance]:
    known = {each.source: each for each in counted.vitals.reading}
    for slug in sorted(of.sync_every):
        read = known.get(slug)
        if read is None or (read.last_ok_at is None and read.last_error is None):
            yield ConnectionGlance(slug, "mis", "new", None, None)
        else:
            state = "ok" if read.last_error is None else "failed"
            yield ConnectionGlance(slug, "mis", state, read.last_error, read.last_ok_at)


def _channels(of: Examinee, counted: Numbers) -> Iterator[ConnectionGlance]:
    for slug in sorted(of.channels):
        health = counted.vitals.health.get(slug)
        if health is None:
            yield ConnectionGlance(slug, "channel", "up", None, None)
        else:
            state = health.state(counted.vitals.now)
            yield ConnectionGlance(slug, "channel", state, health.code, health.down_since)


def _waiting(counted: Numbers) -> Backlogs:
    work = counted.work
    return Backlogs(
        inbox=sum(each.things for each in work.arrived if each.state == "new"),
        parked=sum(each.things for each in work.arrived if each.state == "parked"),
        outbox=work.outbox.count,
        tasks=sum(each.count for each in work.tasks),
        journeys=sum(each.count for each in work.journeys if each.state == "open"),
    )
