"""What waits for a person at the clinic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.people import reply_holds
from nextvisit.store.vitals import signs
from nextvisit.store.vitals.signs import OpenTasks
from nextvisit.watch.finding import Finding, Grade, fine, informs, wrong

_LONG = timedelta(days=3)


async def tasks(database: Database) -> Sequence[Finding]:
    """A task that nobody sees to is a patient who waits."""
    async with database.transaction() as tx:
        queues, held = await signs.open_tasks(tx), await reply_holds.counts(tx)
        now = tx.now
    found = [*_urgent(queues), *_held(*held), *(_waiting(each, now) for each in queues)]
    return found or fine("none is open")


def _held(patients: int, since: datetime | None) -> Iterator[Finding]:
    if patients:
        says = f"{patients} patients are not written to because of what they wrote"
        do = "`nextvisit task list` has their tasks; closing one says what comes afterwards"
        touches = f"{patients} patients"
        yield informs("patient.held_by_reply", says, do=do, since=since, touches=touches, count=patients)


def _urgent(queues: Sequence[OpenTasks]) -> Iterator[Finding]:
    for each in queues:
        if each.urgent:
            yield wrong(
                "task.urgent",
                f"{each.urgent} open for {each.queue} by whom somebody may need help now",
                since=each.urgent_since,
                count=each.urgent,
                touches=f"up to {each.urgent} patients",
                do=f"`nextvisit task list --queue {each.queue}` has them first; call, then close them",
            )


def _waiting(queue: OpenTasks, now: datetime) -> Finding:
    age = now - queue.oldest
    if age <= _LONG:
        return Finding(Grade.OK, f"{queue.count} open for {queue.queue}", since=queue.oldest)
    return wrong(
        "task.waiting",
        f"{queue.count} open for {queue.queue}, the oldest for {age.days} days",
        since=queue.oldest,
        count=queue.count,
        touches=f"up to {queue.count} patients",
        do=f"`nextvisit task list --queue {queue.queue}`, and close what is done",
    )
