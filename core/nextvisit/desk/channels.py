"""How the site's channels fare, and trying one again that is paused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from nextvisit.domain.channel_health import WORKS, HealthState
from nextvisit.domain.connections import Connections
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.messages import channel_health, daily_counts


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """failures: sends in a row that came to nothing or were refused; code: of the last.

    since: when it went down. next_try: when one message may try a connection that is down.
    per_day: how many messages it takes on one day; today: how many it was given. Both None without a limit.
    """

    connection: str
    kind: ChannelKind
    state: HealthState
    failures: int
    code: str | None
    since: datetime | None
    next_try: datetime | None
    per_day: int | None
    today: int | None


async def status(database: Database, connections: Connections, zone: ZoneInfo) -> Sequence[ChannelStatus]:
    """Every connection of the settings, by name. zone: the clinic's, whose day it is."""
    async with database.transaction() as tx:
        health = await channel_health.listing(tx)
        used = await daily_counts.used(tx, tx.now.astimezone(zone).date())
        now = tx.now
    found = [(each, health.get(each.slug, WORKS)) for each in connections.listed]
    return [
        ChannelStatus(
            connection=each.slug,
            kind=each.can.kind,
            state=fares.state(now),
            failures=fares.in_a_row,
            code=fares.code,
            since=fares.down_since,
            next_try=fares.probe_at,
            per_day=each.per_day,
            today=None if each.per_day is None else used.get(each.slug, 0),
        )
        for each, fares in sorted(found, key=lambda pair: pair[0].slug)
    ]


async def resume(database: Database, connections: Connections, slug: str, by: str) -> bool:
    """Send by it again from now on. False when it was not paused.

    Raises ConfigError when there is no such connection.
    """
    if connections.named(slug) is None:
        raise ConfigError("channel.unknown", "there is no such connection", place=f"channels.{slug}")
    async with database.transaction(actor=by) as tx:
        return await channel_health.record_success(tx, slug)
