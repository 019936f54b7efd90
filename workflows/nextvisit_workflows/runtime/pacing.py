"""How activities are tried again: for ever, ever slower, by the clinic's clock."""

from __future__ import annotations

from datetime import timedelta

from temporalio.common import RetryPolicy

from nextvisit.clock import Clock

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=15)
LONGEST_WISH = timedelta(hours=1)
"""A provider may ask for more, and a plugin for anything; a message has a deadline, and a next rung."""
HEARTBEAT = timedelta(minutes=2)
SHORTEST_HEARTBEAT = timedelta(seconds=10)
AT_ONCE = timedelta(milliseconds=1)
"""By the wall: what is left of a wait when its timer fires is its rounding."""
FLOOR = timedelta(milliseconds=200)
"""By the wall: a clock that runs fast must not turn patience into hammering."""


def pause(clock: Clock, span: timedelta) -> timedelta:
    """Wall time to wait for `span` of the clinic's time."""
    return max(FLOOR, clock.wall_span(span))


def wished(after: timedelta | None, otherwise: timedelta) -> timedelta:
    """For how long the other side is left alone that asked for `after`, if it did."""
    return otherwise if after is None else max(timedelta(0), min(after, LONGEST_WISH))


def clinic_span(clock: Clock, wall: timedelta) -> timedelta:
    """The clinic's time that passes in `wall` time; inverse of `Clock.wall_span`."""
    return wall * (timedelta(days=1) / clock.wall_span(timedelta(days=1)))


def heartbeat(clock: Clock) -> timedelta:
    """How long a silent activity of many steps counts as alive, by the wall.

    A worker that is killed leaves its pull or firing to another only after this; on a clock that runs fast
    two minutes would be weeks.
    """
    return max(SHORTEST_HEARTBEAT, clock.wall_span(HEARTBEAT))


def backoff(attempt: int) -> timedelta:
    """The clinic's time between attempt `attempt` (from 1) and the next."""
    doublings: int = min(attempt - 1, 12)
    return min(LONGEST, FIRST * (1 << doublings))


def retry_policy(clock: Clock) -> RetryPolicy:
    """No limit of attempts: what a message has instead is its own deadline."""
    return RetryPolicy(
        initial_interval=pause(clock, FIRST),
        maximum_interval=pause(clock, LONGEST),
        maximum_attempts=0,
    )
