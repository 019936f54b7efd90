"""Whether the second reader of replies can be loaded, and whether it reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nextvisit.sdk.errors import NextVisitError
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import second_readers
from nextvisit.store.vitals.second_readers import ReaderRecord
from nextvisit.watch.finding import Finding, Grade, fine, informs, wrong

_MIB = 1024**2
_TOUCHES = "replies that the rules leave open"
_DO = "see to what it names, or leave `understanding` out of the settings; the rules go on alone meanwhile"


@dataclass(frozen=True, slots=True)
class Beside:
    """Who reads beside the rules. load: loads it in this process and gives its name, or raises.

    memory: about how many bytes it takes in each worker.
    """

    slug: str
    languages: frozenset[str]
    memory: int
    load: Callable[[], Awaitable[str]]


async def reading(
    database: Database | None, second: Beside | None, languages: Sequence[str]
) -> Sequence[Finding]:
    """Of the one that the settings name. languages: the site's."""
    if second is None:
        return fine("the rules alone read replies")
    found = await _loaded(second, languages)
    if database is None:
        return found
    async with database.transaction() as tx:
        record = await second_readers.record(tx, second.slug)
    return [*found, *_fared(second.slug, record)]


async def _loaded(second: Beside, languages: Sequence[str]) -> Sequence[Finding]:
    try:
        name = await second.load()
    except NextVisitError as error:
        says = f"{second.slug} cannot be loaded: {error}"
        return [wrong("reader.broken", says, touches=_TOUCHES, do=_DO)]
    takes = f"about {max(1, second.memory // _MIB)} MiB in each worker"
    loaded = Finding(Grade.OK, f"{second.slug} can be loaded: {name}; {takes}")
    unknown = [each for each in languages if each.partition("-")[0].lower() not in second.languages]
    if not unknown:
        return [loaded]
    says = f"{second.slug} is not asked about patients of {', '.join(unknown)}, which it does not know"
    return [loaded, informs("reader.language", says)]


def _fared(slug: str, record: ReaderRecord | None) -> Sequence[Finding]:
    if record is None:
        return [Finding(Grade.OK, f"{slug} was not asked yet")]
    counts = f"of {record.answered + record.failed} replies it read {record.answered}"
    if record.failing_since_wall is not None:
        says = f"{slug} does not read: {record.code}; {counts}"
        return [wrong("reader.failing", says, since=record.failing_since_wall, touches=_TOUCHES, do=_DO)]
    if record.failed:
        says = f"{slug} reads, and has failed before: {counts}; last {record.code}"
        return [informs("reader.failed_before", says, since=record.failed_at_wall)]
    return [Finding(Grade.OK, f"{slug} reads: {counts}")]
