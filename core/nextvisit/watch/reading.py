"""Whether a MIS is read, when it last answered and what was met, and whether what it says is understood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.people import appointments, holds
from nextvisit.store.reading import mis
from nextvisit.store.reading.mis import OddityCount
from nextvisit.watch.finding import Finding, Grade, fine, wrong

_MISSED = 4
"""So many pulls may be late before somebody is called."""
_LEAST = timedelta(hours=1)
_SHOWN = 5
_LONG_STAY = timedelta(days=60)


async def moving(database: Database, source: str, every: timedelta) -> Sequence[Finding]:
    """One connection, pulled so often."""
    async with database.transaction() as tx:
        known = {each.source: each for each in await mis.status(tx)}
        now = tx.now
    found = known.get(source)
    look = f"`nextvisit mis sync {source}` tries at once and says what it meets"
    if found is None or (found.last_ok_at is None and found.last_error is None):
        return [wrong("was never read", do=f"see whether a worker runs; {look}")]
    findings = []
    if found.last_error is not None:
        says = f"the last pull failed: {found.last_error}"
        since = found.last_ok_at if found.last_ok_at is not None else found.last_error_at
        findings.append(wrong(says, since=since, touches="whatever changed in the MIS since", do=look))
    late = now - found.last_ok_at if found.last_ok_at is not None else None
    if late is not None and late > max(every * _MISSED, _LEAST):
        says = f"was last read {_hours(late)} ago, though it is pulled every {_hours(every)}"
        findings.append(wrong(says, since=found.last_ok_at, do=f"see whether a worker runs; {look}"))
    if found.ahead_at is not None and found.ahead_at > now:
        says = f"dates changes in the future, the newest at {found.ahead_at:%Y-%m-%d %H:%M} UTC"
        do = "have the clock of the MIS set by a time server (NTP), or ask who imported with wrong dates"
        findings.append(wrong(says, touches="in which order changes of one record are taken", do=do))
    if found.listing_lost:
        says = "at the last comparison it listed far less than it had, so that nothing was mended"
        do = f"see whether our account still sees everything; `nextvisit mis compare {source}`"
        findings.append(wrong(says, since=found.compared_at, do=do))
    elif found.differing or found.gone:
        says = f"the last comparison mended {found.differing or 0} things and ended {found.gone or 0}"
        findings.append(Finding(Grade.INFORMS, says, since=found.compared_at))
    if findings:
        return findings
    return [Finding(Grade.OK, f"{found.pages} pages, {found.resources} things", since=found.last_ok_at)]


async def understood(database: Database, source: str) -> Sequence[Finding]:
    """Whom something holds that could not be read, and what was left out of records that could."""
    async with database.transaction() as tx:
        held = (await holds.counts(tx)).get(source)
        odd = [each for each in await mis.oddities(tx) if each.source == source and each.recent]
        forgotten = await appointments.forgotten_stays(tx, source, tx.now - _LONG_STAY)
    findings = []
    if held is not None and held.changed:
        findings.append(
            wrong(
                f"{held.changed} patients are not written to: name and birth date changed at once",
                since=held.since,
                touches=f"{held.changed} patients",
                do="see the tasks of reception; `nextvisit patient confirm` for those who are the same",
            )
        )
    if held is not None and held.patients > held.changed:
        findings.append(
            wrong(
                f"{held.patients} patients are not written to: something about them could not be read",
                since=held.since,
                touches=f"{held.patients} patients",
                do="`nextvisit inbox list` names the records; have them corrected in the MIS",
            )
        )
    if forgotten:
        says = f"{forgotten} stays in hospital are open for more than {_LONG_STAY.days} days, untouched"
        do = "have those who went home closed in the MIS: nobody is invited who is in hospital"
        findings.append(Finding(Grade.INFORMS, says, touches=f"the patients of {forgotten} stays", do=do))
    if odd:
        said = ", ".join(f"{each.code} {each.recent}{_more_than_before(each)}" for each in odd[:_SHOWN])
        do = "`nextvisit mis status` has all of them; have what repeats corrected in the MIS"
        findings.append(Finding(Grade.INFORMS, f"left out since yesterday: {said}", do=do))
    return findings or fine("nothing was left out since yesterday, and nobody is held")


def _more_than_before(odd: OddityCount) -> str:
    return " (more than in all the time before)" if odd.recent * 2 > odd.total else ""


def _hours(span: timedelta) -> str:
    if span < timedelta(hours=2):
        return f"{span // timedelta(minutes=1)} minutes"
    return f"{span // timedelta(hours=1)} hours"
