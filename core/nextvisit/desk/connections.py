"""Reading the MIS: everything that is new, at once, and how far each connection is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from nextvisit.intake import compare as comparing
from nextvisit.intake.compare import Difference, Mended
from nextvisit.intake.loop import Intake
from nextvisit.intake.pull import pull
from nextvisit.sdk.errors import ConfigError, NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import Lists, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.store.people import details, holds, merges
from nextvisit.store.people.holds import HeldPatients
from nextvisit.store.people.merges import WithoutSurvivor
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis
from nextvisit.store.reading.mis import MisStatus, OddityCount

Answer = TypeVar("Answer")

_AT_ONCE = 200
"""Rows that are processed before the inbox is looked at again."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one connection brought into the inbox."""

    pages: int
    things: int


class MisFailed(NextVisitError):
    """A MIS that did not give what was asked of it. source: the connection. met: what it gave instead."""

    def __init__(self, source: str, met: NextVisitError) -> None:
        super().__init__(met.code)
        self.source = source
        self.met = met


async def _asked(source: str, answer: Awaitable[Answer]) -> Answer:
    """Raises MisFailed for what this MIS meets us with. While it is read, our own store may be away too."""
    try:
        return await answer
    except (RetryLater, Rejected, ProtocolError, ConfigError) as error:
        if error.code.startswith("store."):
            raise
        raise MisFailed(source, error) from error


@dataclass(frozen=True, slots=True)
class Synced:
    """pulled: by connection. parked: what of the inbox waits for somebody, whoever brought it."""

    pulled: Mapping[str, Pulled]
    parked: int


@dataclass(frozen=True, slots=True)
class Compared:
    """difference: None where a connection cannot list. mended: None where nothing was to be mended."""

    difference: Difference | None
    mended: Mended | None


def chosen(adapters: Mapping[str, MisAdapter], source: str | None) -> Mapping[str, MisAdapter]:
    """The connection of this name, or all. Raises ConfigError when there is none of this name."""
    if source is None:
        return adapters
    if source not in adapters:
        raise ConfigError("mis.unknown", "there is no such connection", place=source)
    return {source: adapters[source]}


async def sync(
    database: Database,
    adapters: Mapping[str, MisAdapter],
    intake: Intake,
    progress: Callable[[str, int, int], None],
) -> Synced:
    """Pull what is new, page by page, into the inbox, and process it. Can be stopped, and goes on.

    progress: told the connection, its pages and things after every page. Raises MisFailed.
    """
    pulled = {}
    for slug, adapter in adapters.items():

        def told(pages: int, things: int, slug: str = slug) -> None:
            progress(slug, pages, things)

        pulled[slug] = Pulled(*await _asked(slug, pull(database, slug, adapter, told)))
    while await intake.drain(_AT_ONCE):
        pass
    async with database.transaction() as tx:
        return Synced(pulled, (await inbox.counts(tx))["parked"])


async def compare(
    database: Database,
    adapters: Mapping[str, MisAdapter],
    intake: Intake,
    *,
    mending: bool,
    progress: Callable[[str, int, int], None],
) -> Mapping[str, Compared]:
    """What each connection has other than we. Mends it when told to. Raises MisFailed."""
    found: dict[str, Compared] = {}
    for slug, adapter in adapters.items():

        def told(pages: int, things: int, slug: str = slug) -> None:
            progress(slug, pages, things)

        if not isinstance(adapter, Lists):
            found[slug] = Compared(None, None)
            continue
        difference = await _asked(slug, comparing.compare(database, slug, adapter, told))
        mended = None
        if mending:
            mended = await _asked(slug, comparing.mend(database, slug, adapter, difference, told))
        found[slug] = Compared(difference, mended)
    while mending and await intake.drain(_AT_ONCE):
        pass
    return found


@dataclass(frozen=True, slots=True)
class MisReading(MisStatus):
    """One connection, and what could not be read there.

    held: the patients whom nobody writes to while something about them cannot be read. without_survivor:
    those whose record another took the place of, which is not here.
    oddities: what was left out, by kind. details: how many there are of each kind of detail.
    """

    held: HeldPatients | None
    without_survivor: WithoutSurvivor | None
    oddities: tuple[OddityCount, ...]
    details: Mapping[str, int]


async def status(database: Database, connected: Iterable[str]) -> Sequence[MisReading]:
    """How far each connection is read, what went wrong last, and what could not be read.

    connected: the names of the connections; one that was never read is shown as such.
    """
    async with database.transaction() as tx:
        known, odd, held = await mis.status(tx), await mis.oddities(tx), await holds.counts(tx)
        alone, known_of = await merges.without_survivor(tx), await details.counts_by_source(tx)
    unread = sorted(set(connected) - {each.source for each in known})
    return [
        _reading(each, held.get(each.source), alone.get(each.source), odd, known_of.get(each.source, {}))
        for each in (*known, *map(mis.never_read, unread))
    ]


def _reading(
    known: MisStatus,
    held: HeldPatients | None,
    alone: WithoutSurvivor | None,
    odd: Sequence[OddityCount],
    known_of: Mapping[str, int],
) -> MisReading:
    told = {each.name: getattr(known, each.name) for each in fields(known)}
    own = tuple(each for each in odd if each.source == known.source)
    return MisReading(**told, held=held, without_survivor=alone, oddities=own, details=known_of)
