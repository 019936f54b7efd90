"""How much of everything there is, in one transaction: what a curve is drawn of, and what a glance shows.

Whether a number is too large is not said here; the checks beside this module do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nextvisit.domain.channel_health import Health
from nextvisit.domain.local_time import day_of
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.messages import auto_replies, channel_health
from nextvisit.store.messages.auto_replies import Unsent
from nextvisit.store.people import holds, reply_holds
from nextvisit.store.queues import outbox
from nextvisit.store.queues.outbox import Pending
from nextvisit.store.reading import mis
from nextvisit.store.reading.mis import MisStatus
from nextvisit.store.vitals import counts, heartbeats, listeners, plugin_troubles, signs
from nextvisit.store.vitals.counts import ArrivedCount, DayCounts, JourneyCount, MessageCount
from nextvisit.store.vitals.heartbeats import Heartbeat
from nextvisit.store.vitals.listeners import HeardListener
from nextvisit.store.vitals.plugin_troubles import KnownTrouble
from nextvisit.store.vitals.signs import OpenTasks

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Vitals:
    """Of the processes and of what they meet. now: by the store's clock; wall: by the database's."""

    now: datetime
    wall: datetime
    beats: Sequence[Heartbeat]
    heard: Sequence[HeardListener]
    reading: Sequence[MisStatus]
    health: Mapping[str, Health]
    troubles: Sequence[KnownTrouble]
    key_ages: Mapping[str, timedelta]
    checkpoint: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """Of what waits and what was done. held_by_record: patients, by connection. held_by_reply: patients.

    today: since midnight where the clinic is.
    """

    arrived: Sequence[ArrivedCount]
    outbox: Pending
    auto_replies: Unsent
    messages: Sequence[MessageCount]
    journeys: Sequence[JourneyCount]
    tasks: Sequence[OpenTasks]
    held_by_record: Mapping[str, int]
    held_by_reply: int
    today: DayCounts


@dataclass(frozen=True, slots=True)
class Numbers:
    """All of them, as of one instant."""

    vitals: Vitals
    work: Work


async def numbers(database: Database, zone: ZoneInfo) -> Numbers:
    """zone: whose day it is. Raises RetryLater."""
    async with database.transaction() as tx:
        return Numbers(await _vitals(tx), await _work(tx, zone))


async def _vitals(tx: Tx) -> Vitals:
    return Vitals(
        now=tx.now,
        wall=await heartbeats.wall(tx),
        beats=await heartbeats.listing(tx),
        heard=await listeners.living(tx),
        reading=await mis.status(tx),
        health=await channel_health.listing(tx),
        troubles=await plugin_troubles.listing(tx),
        key_ages=await counts.key_ages(tx),
        checkpoint=await signs.last_checkpoint(tx),
    )


async def _work(tx: Tx, zone: ZoneInfo) -> Work:
    held_by_reply, _ = await reply_holds.counts(tx)
    return Work(
        arrived=await counts.arrived(tx),
        outbox=await outbox.pending(tx),
        auto_replies=await auto_replies.unsent(tx, tx.now - _DAY),
        messages=await counts.messages(tx),
        journeys=await counts.journeys(tx),
        tasks=await signs.open_tasks(tx),
        held_by_record={source: each.patients for source, each in (await holds.counts(tx)).items()},
        held_by_reply=held_by_reply,
        today=await counts.since(tx, day_of(tx.now, zone)[0]),
    )
