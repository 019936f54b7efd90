"""After a restore: what stands, what is missing before it may be confirmed, and confirming it. Audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.restoration import Restoration
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.ports import Channel, FindsMessages
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import ledger
from nextvisit.store.reading import mis
from nextvisit.store.restorations import restorations
from nextvisit.store.restorations.restorations import Left
from nextvisit.store.vitals import heartbeats, listeners


@dataclass(frozen=True, slots=True)
class RestoreStatus:
    """The latest restore. missing: what has to happen before it may be confirmed; empty once it was.

    asked, not_asked: connections of which each message can be asked after, and those of which none can.
    unknown: (journey, connection) of messages of which nobody will know; the first thousand.
    """

    restored: Restoration
    missing: tuple[str, ...]
    left: Left
    asked: tuple[str, ...]
    not_asked: tuple[str, ...]
    unknown: tuple[tuple[UUID, str], ...]


async def status(
    database: Database, channels: Mapping[str, Channel], sources: Sequence[str]
) -> RestoreStatus | None:
    """None: this database was never restored. sources: the MIS connections of the settings."""
    async with database.transaction() as tx:
        restored = next(iter(await restorations.listing(tx)), None)
        return None if restored is None else await _standing(tx, restored, channels, sources)


async def _standing(
    tx: Tx, restored: Restoration, channels: Mapping[str, Channel], sources: Sequence[str]
) -> RestoreStatus:
    left = await restorations.left(tx, Reason.BEFORE_RESTORE.value)
    asked = {slug: isinstance(channel, FindsMessages) for slug, channel in sorted(channels.items())}
    return RestoreStatus(
        restored,
        () if restored.confirmed_at is not None else await _missing(tx, restored, left, sources),
        left,
        tuple(slug for slug, can in asked.items() if can),
        tuple(slug for slug, can in asked.items() if not can),
        tuple(await restorations.unknown(tx, Reason.BEFORE_RESTORE.value, 1000)),
    )


async def _missing(tx: Tx, restored: Restoration, left: Left, sources: Sequence[str]) -> tuple[str, ...]:
    """What was refused in between has to be known, and every journey has to run by what is known now."""
    lacking: list[str] = []
    read = await mis.read_to_the_end(tx, restored.restored_at)
    lacking += [
        f"MIS {source} has not been read to its end since (`nextvisit mis sync` does so at once)"
        for source in sources
        if source not in read
    ]
    if left.unread:
        lacking.append(f"{left.unread} things that came in are not processed yet; a worker does that")
    beats = await heartbeats.listing(tx)
    if not any(each.role == "gateway" and each.alive and each.ready for each in beats):
        lacking.append("no gateway runs, so nobody hears what patients write meanwhile (`nextvisit gateway`)")
    heard = listeners.spokesmen(await listeners.living(tx))
    lacking += [
        f"{origin} is not heard by the {role} ({each.fault or 'no session yet'})"
        for (role, origin), each in sorted(heard.items())
        if not each.hears
    ]
    if restored.rehydrated_at is None:
        lacking.append("open journeys were not begun anew (`nextvisit journey rehydrate`)")
    return tuple(lacking)


async def confirm(
    database: Database,
    channels: Mapping[str, Channel],
    sources: Sequence[str],
    by: str,
    *,
    lost_at: datetime | None,
    not_sent: Sequence[str],
) -> RestoreStatus:
    """It is sent again, each message that may have gone out only once that is known.

    Raises ConfigError when there is nothing to confirm, when something is missing, and for a time or a
    connection that cannot be.
    """
    for slug in not_sent:
        if slug not in channels:
            raise ConfigError("channel.unknown", "there is no such connection", place=f"channels.{slug}")
    async with database.transaction(actor=by) as tx:
        restored = await restorations.unconfirmed(tx)
        if restored is None:
            raise ConfigError("restore.none", "no restore waits to be confirmed", place="restore")
        standing = await _standing(tx, restored, channels, sources)
        if standing.missing:
            raise ConfigError("restore.too_early", "; ".join(standing.missing), place="restore")
        lost = restored.lost_at if lost_at is None else lost_at
        if not restored.taken_at <= lost <= restored.restored_at:
            message = "lies between the backup and the restore; `nextvisit restore status` names both"
            raise ConfigError("restore.times", message, place="--lost-at")
        await restorations.confirm(tx, restored, by, lost_at=lost, not_sent=not_sent)
        for each in await campaigns.listing(tx):
            await ledger.give_back_time(tx, each.campaign, restored.restored_at)
        return standing
