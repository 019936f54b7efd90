"""What the MIS lists, held against what we have: once a day, and when somebody asks.

A pull tells of what changed; of what was deleted it tells nothing, and what it missed it does not know. What
differs is looked up, and comes in through the inbox like any page. A thing that is not listed counts as gone
only when the MIS says so of that thing, because a listing may lose what is edited meanwhile.

Some servers list less than they have, and do not say so; and one that was restored from nothing has less. The
two are told apart by asking for some of what is not listed: the one has it, the other has not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar, get_args

from nextvisit.intake.parsed import parsed
from nextvisit.intake.pull import pull, silently
from nextvisit.intake.verdict import Again, Parked
from nextvisit.sdk.errors import ConfigError, NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import Lists, MisAdapter
from nextvisit.sdk.records import Deleted, Listed, MisEvent, MisRef
from nextvisit.store.base.engine import Database
from nextvisit.store.people import holdings
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis

Thing = TypeVar("Thing")

DAILY: Final = timedelta(days=1)
_AT_ONCE: Final = 50
_SAMPLE: Final = 100
_MOST_UNLISTED: Final = 5000
"""So many things of a listing that falls short are looked up in one comparison; others in the next."""
_GIVES_UP: Final = 3
_KINDS: Final[tuple[type[MisEvent], ...]] = get_args(MisEvent)


class ListingMis(MisAdapter, Lists, Protocol):
    """An adapter that lists."""


@dataclass(frozen=True, slots=True)
class Difference:
    """differing: listed in a version that we do not have, new ones too. gone: ours, and not listed.

    held: how much is ours. lost: more than a tenth of it is not listed.
    """

    listed: int
    held: int
    differing: tuple[Listed, ...]
    gone: tuple[MisRef, ...]

    @property
    def lost(self) -> bool:
        return _is_much(len(self.gone), self.held)

    @property
    def none(self) -> bool:
        """Both have the same."""
        return not self.differing and not self.gone


@dataclass(frozen=True, slots=True)
class Mended:
    """How much was looked up and is in the inbox, and of how much the MIS said nothing that could be kept.

    lost: more than a tenth of what we have is not there. A MIS that was restored from nothing answers so, and
    nothing follows from what is missing until somebody has looked.
    """

    looked_up: int
    unanswered: int
    lost: bool


async def compare(
    db: Database, source: str, adapter: Lists, progress: Callable[[int, int], None] = silently
) -> Difference:
    """Ask for everything that the MIS has; changes nothing but what `mis status` says of it."""
    listed: set[bytes] = set()
    differing: list[Listed] = []
    pages = 0
    async for page in adapter.listing():
        async with db.transaction() as tx:
            differing += await holdings.differing(tx, source, page)
            listed.update(tx.vault.mis_ref_digest(source, one.ref) for one in page)
        pages += 1
        progress(pages, len(listed))
    async with db.transaction(actor="compare") as tx:
        gone, held = await holdings.missed(tx, source, listed)
        found = Difference(len(listed), held, tuple(differing), tuple(gone))
        await mis.compared(tx, source, differing=len(differing), gone=len(gone), lost=found.lost)
    return found


async def mend(
    db: Database,
    source: str,
    adapter: ListingMis,
    found: Difference,
    progress: Callable[[int, int], None] = silently,
) -> Mended:
    """Look up what differs or is gone, into the inbox. What gives no answer costs itself.

    Of a listing that falls short nothing counts as gone where the MIS says so of more than a tenth.
    """
    missing = [Listed(ref, "") for ref in found.gone]
    lost = False
    if found.lost:
        missing = _drawn(missing, db.clock.now())[:_MOST_UNLISTED]
        lost = await _are_gone(adapter, source, missing[:_SAMPLE])
    things = [*found.differing, *([] if lost else missing)]
    done = unanswered = 0
    for some in _batches(things, _AT_ONCE):
        unanswered += await _look_up(db, source, adapter, some)
        done += len(some)
        progress(done // _AT_ONCE, done)
    mended = Mended(done - unanswered, unanswered, lost)
    async with db.transaction(actor="compare") as tx:
        await mis.mended(tx, source, looked_up=mended.looked_up, unanswered=unanswered, lost=lost)
    return mended


def _is_much(part: int, whole: int) -> bool:
    return part * 10 > whole


def _batches(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    return (things[at : at + size] for at in range(0, len(things), size))


def _drawn(things: Sequence[Listed], now: datetime) -> list[Listed]:
    """In an order that is another one each time, so that all of them have their turn."""
    return sorted(things, key=lambda one: hashlib.sha256(f"{now.isoformat()} {one.ref}".encode()).digest())


async def _are_gone(adapter: ListingMis, source: str, sample: Sequence[Listed]) -> bool:
    """Whether the MIS says of more than a tenth of these that they are gone, or is not understood."""
    gone = 0
    for some in _batches(sample, _AT_ONCE):
        body = await adapter.look_up([one.ref for one in some])
        told = await parsed((adapter, "parse"), body, _KINDS, origin=source)
        if isinstance(told, Parked | Again):
            return True
        gone += len({each.ref for each in told if isinstance(each, Deleted)})
    return _is_much(gone, len(sample))


async def _look_up(db: Database, source: str, adapter: Lists, things: Sequence[Listed]) -> int:
    """All of them at once, else one by one; how many gave no answer. Raises when none of several does."""
    if await _unanswered(db, source, adapter, things) is None:
        return 0
    unanswered = 0
    for number, one in enumerate(things, start=1):
        error = await _unanswered(db, source, adapter, [one])
        if error is None:
            continue
        unanswered += 1
        if unanswered == number == _GIVES_UP:
            raise error
    return unanswered


async def _unanswered(
    db: Database, source: str, adapter: Lists, things: Sequence[Listed]
) -> NextVisitError | None:
    """Why the MIS said nothing of these that could be kept; None: it did. Raises what our own store meets."""
    try:
        await _put(db, source, adapter, things)
    except (RetryLater, Rejected, ProtocolError) as error:
        if error.code.startswith("store."):
            raise
        return error
    return None


async def _put(db: Database, source: str, adapter: Lists, things: Sequence[Listed]) -> None:
    body = await adapter.look_up([one.ref for one in things])
    async with db.transaction() as tx:
        dedupe = hashlib.sha256(tx.now.isoformat().encode() + b"\0" + body).hexdigest()
        await inbox.put(tx, kind="mis_look_up", origin=source, dedupe=dedupe, body=body, count=len(things))
        await holdings.looked_up(tx, source, [one for one in things if one.version or one.updated_at])


async def pull_and_compare(
    db: Database, source: str, adapter: MisAdapter, progress: Callable[[int, int], None] = silently
) -> tuple[int, int, Difference | None]:
    """Pages and things of a pull, and what the daily comparison found, if it was due.

    A pull that a MIS always cuts short must not be why nobody ever compares. Raises as `pull`.
    """
    try:
        pages, things = await pull(db, source, adapter, progress)
    except ConfigError:
        raise
    except NextVisitError:
        await compare_daily(db, source, adapter, progress)
        raise
    return pages, things, await compare_daily(db, source, adapter, progress)


async def compare_daily(
    db: Database, source: str, adapter: MisAdapter, progress: Callable[[int, int], None] = silently
) -> Difference | None:
    """Compare and mend if the last time is a day ago; None when it is not, or the adapter lists nothing.

    What goes wrong is noted for `mis status`, until a comparison goes to its end, and not raised: the pull
    that comes with it is done, and the next one tries again.
    """
    if not isinstance(adapter, Lists):
        return None
    async with db.transaction() as tx:
        due = await mis.begin_comparing(tx, source, DAILY)
    if not due:
        return None
    try:
        found = await compare(db, source, adapter, progress)
        await mend(db, source, adapter, found, progress)
    except NextVisitError as error:
        async with db.transaction() as tx:
            await mis.not_compared(tx, source, error.code)
        return None
    return found
