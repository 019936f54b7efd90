"""Whether a connection works, judged by what became of its sends: a breaker.

    up ──MOST_FAILURES in a row, for FAILING_FOR──▶ down ──probe due──▶ half open ──taken──▶ up
     └──── refuses the account, or is set up wrongly ─▲  ◀─── not taken ─────┘
     └──── refuses MOST_REFUSALS messages in a row ───▲

Half open lets one message through, and the next one only after another `PROBE_EVERY`. A refusal of one
recipient or of one text is an answer, so the connection works; a provider that answers everybody so means us.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

MOST_FAILURES: Final = 5
"""Sends that failed one after the other, whoever they were for."""

FAILING_FOR: Final = timedelta(minutes=1)
"""Sixteen messages that find a provider busy in the same second are one failure, not sixteen."""

MOST_REFUSALS: Final = 20
"""Messages that were refused one after the other, with none taken between: each for a reason of its own, as
it seems, and all because of a sender that is not registered or stands on a list."""

PROBE_EVERY: Final = timedelta(minutes=15)

HealthState = Literal["up", "half_open", "down"]


@dataclass(frozen=True, slots=True)
class Health:
    """code: of the failure that was last. failing_since: the first of those in a row. probe_at: when the next
    message may try a connection that is down.

    failures: sends that came to nothing. refusals: messages that the provider would not have.
    """

    failures: int = 0
    refusals: int = 0
    code: str | None = None
    failing_since: datetime | None = None
    down_since: datetime | None = None
    probe_at: datetime | None = None

    @property
    def in_a_row(self) -> int:
        """Since the last message that was taken."""
        return self.failures + self.refusals

    def state(self, now: datetime) -> HealthState:
        """What a send would meet at `now`."""
        if self.down_since is None:
            return "up"
        return "half_open" if self.probe_at is not None and self.probe_at <= now else "down"


WORKS: Final = Health()
"""The last send was taken."""


def failed(health: Health, code: str, now: datetime) -> Health:
    """Nothing came of a send, and the same may work later."""
    since = health.failing_since or now
    counted = replace(health, failures=health.failures + 1, code=code, failing_since=since)
    if counted.failures >= MOST_FAILURES and now - since >= FAILING_FOR:
        return _down(counted, now)
    return counted


def refused(health: Health, code: str, now: datetime) -> Health:
    """The provider refuses us, or what an operator has set: no message will fare better."""
    since = health.failing_since or now
    return _down(replace(health, failures=health.failures + 1, code=code, failing_since=since), now)


def refused_one(health: Health, code: str, now: datetime) -> Health:
    """The provider answers, and would not have this message."""
    if health.refusals >= MOST_REFUSALS:
        return replace(health, refusals=health.refusals + 1, code=code)
    since = health.failing_since if health.refusals and health.failing_since else now
    counted = Health(refusals=health.refusals + 1, code=code, failing_since=since)
    return _down(counted, now) if counted.refusals == MOST_REFUSALS else counted


def probed(health: Health, now: datetime) -> Health:
    """One message is on its way; the others go on waiting."""
    return replace(health, probe_at=now + PROBE_EVERY)


def _down(health: Health, now: datetime) -> Health:
    if health.down_since is not None:
        return health
    return replace(health, down_since=now, probe_at=now + PROBE_EVERY)
