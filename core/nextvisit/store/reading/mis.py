"""Where the pull from each MIS connection stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.store.base.engine import Tx

_MOST_WORDS: Final = 200


@dataclass(frozen=True, slots=True)
class MisStatus:
    """One connection. last_error: the code of the latest failure, None since the last success.

    first_ok_at, last_ok_at: when it first and last gave what was asked of it; None before it ever did.
    newest_at, ahead_at: the newest change that was read, and the newest that is dated beyond the MIS's clock.
    differing, gone, listing_lost: what the comparison at compared_at found; None before the first.
    looked_up, unanswered: how much of that was looked up since, and how much of it gave no answer.
    compare_error: the code of the latest comparison that failed, None since the last that did not.
    """

    source: str
    cursor: Cursor | None
    pages: int
    resources: int
    first_ok_at: datetime | None
    last_ok_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    newest_at: datetime | None
    ahead_at: datetime | None
    compared_at: datetime | None
    differing: int | None
    gone: int | None
    listing_lost: bool | None
    looked_up: int | None
    unanswered: int | None
    compare_error: str | None


def never_read(source: str) -> MisStatus:
    """Of a connection that is set up and has neither answered nor failed."""
    nothing: dict[str, Any] = dict.fromkeys(each.name for each in fields(MisStatus))
    return MisStatus(**(nothing | {"source": source, "pages": 0, "resources": 0}))


async def lock_source(tx: Tx, source: str) -> None:
    """One writer of a source's records at a time, until the commit.

    Without it a patient and their appointment in two transactions would not see each other.
    """
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended('mis ' || :source, 0))")
    await tx.connection.execute(statement, {"source": source})


async def begin_pull(tx: Tx, source: str) -> Cursor | None:
    """Where the pull goes on; None: from the beginning. Who asks for a pull from now on means another."""
    statement = text("UPDATE mis_connection SET pull_asked_at = NULL WHERE source = :source RETURNING cursor")
    found = (await tx.connection.execute(statement, {"source": source})).scalar_one_or_none()
    return None if found is None else Cursor(found)


async def ask_for_pull(tx: Tx, source: str) -> bool:
    """The next pull need not wait. False when that was said and no pull has begun since.

    A workflow bears only so many signals, and a MIS may hint at every record of a night's import.
    """
    statement = text(
        """
        INSERT INTO mis_connection (source, pages, resources, pull_asked_at) VALUES (:source, 0, 0, :now)
        ON CONFLICT (source) DO UPDATE SET pull_asked_at = excluded.pull_asked_at
            WHERE mis_connection.pull_asked_at IS NULL
        RETURNING source
        """
    )
    values = {"source": source, "now": tx.now}
    return (await tx.connection.execute(statement, values)).one_or_none() is not None


async def advance(tx: Tx, source: str, page: RawBatch) -> None:
    """`page` is safe; belongs in the transaction that put it into the inbox."""
    statement = text(
        """
        INSERT INTO mis_connection (
            source, cursor, pages, resources, first_ok_at, last_ok_at, newest_at, ahead_at
        ) VALUES (:source, :cursor, 1, :count, :now, :now, :newest, :ahead)
        ON CONFLICT (source) DO UPDATE SET
            cursor = excluded.cursor,
            pages = mis_connection.pages + 1,
            resources = mis_connection.resources + excluded.resources,
            first_ok_at = coalesce(mis_connection.first_ok_at, excluded.first_ok_at),
            last_ok_at = excluded.last_ok_at,
            last_error = NULL,
            newest_at = excluded.newest_at,
            ahead_at = excluded.ahead_at
        """
    )
    values = {
        "source": source,
        "cursor": page.cursor,
        "count": page.count,
        "now": tx.now,
        "newest": page.newest,
        "ahead": page.ahead,
    }
    await tx.connection.execute(statement, values)


async def answered(tx: Tx, source: str) -> None:
    """A pull went to its end, whether or not it brought anything; a MIS may be empty."""
    statement = text(
        """
        INSERT INTO mis_connection (source, pages, resources, first_ok_at, last_ok_at, ended_at)
        VALUES (:source, 0, 0, :now, :now, :now)
        ON CONFLICT (source) DO UPDATE SET
            ended_at = excluded.ended_at,
            first_ok_at = coalesce(mis_connection.first_ok_at, excluded.first_ok_at),
            last_ok_at = excluded.last_ok_at,
            last_error = NULL
        """
    )
    await tx.connection.execute(statement, {"source": source, "now": tx.now})


async def read_to_the_end(tx: Tx, since: datetime) -> frozenset[str]:
    """The connections of which a pull has gone to its end since then."""
    found = await tx.connection.scalars(
        text("SELECT source FROM mis_connection WHERE ended_at > :since"), {"since": since}
    )
    return frozenset(found)


async def begin_comparing(tx: Tx, source: str, every: timedelta) -> bool:
    """Whether a comparison is due. The first is due `every` after the first pull."""
    statement = text("SELECT compared_at FROM mis_connection WHERE source = :source")
    last = (await tx.connection.execute(statement, {"source": source})).scalar_one_or_none()
    if last is None:
        await compared(tx, source, differing=0, gone=0, lost=False)
    return last is not None and tx.now - last >= every


async def compared(tx: Tx, source: str, *, differing: int, gone: int, lost: bool) -> None:
    """What a comparison found."""
    statement = text(
        "UPDATE mis_connection SET compared_at = :now, differing = :differing, gone = :gone,"
        " listing_lost = :lost, looked_up = NULL, unanswered = NULL, compare_error = NULL"
        " WHERE source = :source"
    )
    values = {"source": source, "now": tx.now, "differing": differing, "gone": gone, "lost": lost}
    await tx.connection.execute(statement, values)


async def mended(tx: Tx, source: str, *, looked_up: int, unanswered: int, lost: bool) -> None:
    """What became of what the last comparison found."""
    statement = text(
        "UPDATE mis_connection SET looked_up = :looked_up, unanswered = :unanswered, listing_lost = :lost"
        " WHERE source = :source"
    )
    values = {"source": source, "looked_up": looked_up, "unanswered": unanswered, "lost": lost}
    await tx.connection.execute(statement, values)


async def not_compared(tx: Tx, source: str, code: str) -> None:
    """A comparison failed; `code` as in sdk.errors."""
    statement = text("UPDATE mis_connection SET compare_error = :code WHERE source = :source")
    await tx.connection.execute(statement, {"source": source, "code": code})


async def fault(tx: Tx, source: str, code: str) -> None:
    """The pull failed; `code` as in sdk.errors."""
    statement = text(
        """
        INSERT INTO mis_connection (source, pages, resources, last_error, last_error_at)
        VALUES (:source, 0, 0, :code, :now)
        ON CONFLICT (source) DO UPDATE SET
            last_error = excluded.last_error, last_error_at = excluded.last_error_at
        """
    )
    await tx.connection.execute(statement, {"source": source, "code": code, "now": tx.now})


async def status(tx: Tx) -> Sequence[MisStatus]:
    """All connections that ever answered or failed."""
    rows = await tx.connection.execute(
        text(
            "SELECT source, cursor, pages, resources, first_ok_at, last_ok_at, last_error, last_error_at,"
            " newest_at, ahead_at, compared_at, differing, gone, listing_lost, looked_up, unanswered,"
            " compare_error"
            " FROM mis_connection ORDER BY source"
        )
    )
    return [MisStatus(**row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class OddityCount:
    """How often something of this kind was left out. recent: today and yesterday, by UTC.

    code: the adapter's; where it tells a word of the MIS that nobody has mapped, that stands behind a blank.
    """

    source: str
    code: str
    recent: int
    total: int
    last_at: datetime

    @property
    def word(self) -> str:
        """The MIS's, if it tells one."""
        return self.code.partition(" ")[2]


async def count_oddities(tx: Tx, source: str, codes: Mapping[str, int]) -> None:
    """More of these. What comes again, on another page, counts again: a gauge of trouble, not of records.

    Of one code so many words are kept apart; what comes beyond counts for the code alone.
    """
    statement = text(
        """
        INSERT INTO mis_oddity (source, code, day, count, last_at)
        SELECT :source, code, CAST(:now AS timestamptz) AT TIME ZONE 'UTC', number, :now
        FROM unnest(CAST(:codes AS text[]), CAST(:numbers AS bigint[])) AS more(code, number)
        ON CONFLICT (source, code, day) DO UPDATE SET
            count = mis_oddity.count + excluded.count, last_at = excluded.last_at
        """
    )
    if codes:
        codes = await _bounded(tx, source, codes)
        values = {"source": source, "codes": list(codes), "numbers": list(codes.values()), "now": tx.now}
        await tx.connection.execute(statement, values)


async def _bounded(tx: Tx, source: str, codes: Mapping[str, int]) -> Mapping[str, int]:
    """With the words that are known, and new ones as long as there are not too many."""
    if not any(" " in each for each in codes):
        return codes
    statement = text("SELECT DISTINCT code FROM mis_oddity WHERE source = :source AND code LIKE '% %'")
    known = set((await tx.connection.execute(statement, {"source": source})).scalars())
    of = Counter(each.partition(" ")[0] for each in known)
    found: Counter[str] = Counter()
    for each, number in codes.items():
        code, _, word = each.partition(" ")
        if word and each not in known:
            of[code] += 1
        found[each if of[code] <= _MOST_WORDS or each in known else code] += number
    return found


async def oddities(tx: Tx) -> Sequence[OddityCount]:
    """Of all connections, the most frequent lately first."""
    statement = text(
        """
        SELECT source, code, coalesce(sum(count) FILTER (WHERE day >= :yesterday), 0)::bigint AS recent,
            sum(count)::bigint AS total, max(last_at) AS last_at
        FROM mis_oddity GROUP BY source, code ORDER BY source, recent DESC, total DESC, code
        """
    )
    yesterday = tx.now.astimezone(UTC).date() - timedelta(days=1)
    rows = await tx.connection.execute(statement, {"yesterday": yesterday})
    return [OddityCount(**row) for row in rows.mappings()]
