"""How a MIS connection is told about, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from nextvisit.desk.instants import shown
from nextvisit.intake.compare import Difference, Mended
from nextvisit.store.people.merges import WithoutSurvivor
from nextvisit.store.reading.mis import MisStatus

_MOST_REFS: Final = 20


def of_status(status: MisStatus, zone: ZoneInfo) -> Iterator[str]:
    """What there is to be said beside its counts."""
    at = status.source
    if status.newest_at is not None:
        yield f"{at}: the newest change is of {shown(status.newest_at, zone)}"
    if status.compared_at is None:
        return
    compared = shown(status.compared_at, zone)
    if status.differing or status.gone:
        yield f"{at}: {status.differing} things were other there on {compared}, {status.gone} gone"
    if status.looked_up or status.unanswered:
        yield f"{at}: {status.looked_up} of them were looked up, {status.unanswered} gave no answer"


def of_missing(source: str, alone: WithoutSurvivor | None) -> Iterator[str]:
    """Whose record another took the place of, which is not here."""
    if alone is None:
        return
    yield f"{source}: merged into records that are not here: {alone.patients} patients"
    yield from (f"  {each}" for each in alone.latest)
    if alone.patients > len(alone.latest):
        yield f"  and {alone.patients - len(alone.latest)} more"


def of_difference(source: str, difference: Difference | None, mended: Mended | None) -> Iterator[str]:
    """Counts, and the first references. None: the adapter lists nothing; nothing was to be mended."""
    if difference is None:
        yield f"{source}: this kind of MIS cannot list what it has"
        return
    counts = f"{len(difference.differing)} other or new there, {len(difference.gone)} gone there"
    yield f"{source}: {difference.listed} listed, {counts}"
    refs = [f"  other  {one.ref}" for one in difference.differing]
    refs += [f"  gone   {ref}" for ref in difference.gone]
    yield from refs[:_MOST_REFS]
    if len(refs) > _MOST_REFS:
        yield f"  and {len(refs) - _MOST_REFS} more; --json lists them all"
    if difference.lost:
        yield "  More than a tenth of what we have is not listed: it lists less than it has, or has lost it."
    if mended is not None:
        yield f"  {mended.looked_up} were looked up and taken in, {mended.unanswered} gave no answer."
        if mended.lost:
            yield "  The MIS says that what is not listed is gone: look at the MIS, none of it is ended."
