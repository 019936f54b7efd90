"""Whether there are free times for what running campaigns invite to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from nextvisit.files.fault import InvalidFile
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import FindsSlots, MisAdapter
from nextvisit.sdk.records import SlotQuery, Specialty
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.campaigns import campaigns
from nextvisit.watch.finding import Finding, Grade, fine, wrong

_AHEAD = timedelta(days=30)
_MANY = 50


async def free_times(
    database: Database, mis: Mapping[str, MisAdapter], books: str | None
) -> Sequence[Finding]:
    """The next thirty days of each specialty that a running campaign names."""
    async with database.transaction() as tx:
        wanted = await _specialties(tx)
        now = tx.now
    calendar: object = mis.get(books) if books is not None else None
    if not wanted:
        return fine("no running campaign offers any")
    if not isinstance(calendar, FindsSlots):
        says = f"{', '.join(sorted(wanted))} are to be offered, and no connection knows a calendar"
        return [
            wrong(
                "calendar.none", says, do="set `books: true` at the MIS connection that visits are booked in"
            )
        ]
    return [await _of(calendar, specialty, sorted(names), now) for specialty, names in sorted(wanted.items())]


async def _of(calendar: FindsSlots, specialty: str, campaigns_of: Sequence[str], now: datetime) -> Finding:
    names = ", ".join(campaigns_of)
    do = "see the MIS's schedules of this specialty: in use, not booked out, and readable for our account"
    try:
        found = await calendar.free_slots(SlotQuery(Specialty(specialty), now, now + _AHEAD, limit=_MANY))
    except NextVisitError as error:
        return wrong(
            "calendar.unanswered",
            f"{specialty}: the calendar cannot be asked: {error}",
            touches=f"offers of {names}",
            do=do,
        )
    if not found:
        says = f"{specialty}: nothing is free in the next {_AHEAD.days} days"
        return wrong("calendar.empty", says, touches=f"offers of {names}", do=do)
    many = f"{_MANY} or more" if len(found) >= _MANY else str(len(found))
    return Finding(Grade.OK, f"{specialty}: {many} free in the next {_AHEAD.days} days")


async def _specialties(tx: Tx) -> Mapping[str, set[str]]:
    """What running campaigns offer times of, and which of them."""
    wanted: dict[str, set[str]] = {}
    for standing in await campaigns.listing(tx):
        if standing.state != "running" or standing.active_version is None:
            continue
        try:
            loaded = load_files(await campaigns.load_files(tx, standing.active_version))
        except InvalidFile:
            continue  # the check of campaigns says so
        pace = loaded.model.enrol.pace.open_slots
        offered = set() if pace is None else {Specialty(pace.specialty)}
        for node in compile_campaign(loaded, usable=frozenset()).nodes.values():
            offered |= node.specialties()
        for specialty in offered:
            wanted.setdefault(specialty, set()).add(standing.campaign)
    return wanted
