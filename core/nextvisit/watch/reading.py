"""Whether a MIS is read, when it last answered and what was met, and whether what it says is understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.people import appointments, holds, merges
from nextvisit.store.people.merges import WithoutSurvivor
from nextvisit.store.reading import mis
from nextvisit.store.reading.mis import MisStatus, OddityCount
from nextvisit.store.vitals import signs
from nextvisit.watch.finding import Finding, Grade, fine, informs, wrong

_MISSED = 4
"""So many pulls may be late before somebody is called."""
_LEAST = timedelta(hours=1)
_STILL = timedelta(days=7)
"""For so long nothing changes in a clinic that works: not over a weekend, not over Christmas."""
_SETTLED = timedelta(days=3)
"""Until then the first pull may read the records of all the years, which are old and odd as no day's are."""
_MANY_ODD = 20
_SHOWN = 5
_LONG_STAY = timedelta(days=60)
_COMES_WITHIN = timedelta(days=1)
"""A record and the one that took its place may come by different pulls."""


async def moving(database: Database, source: str, every: timedelta) -> Sequence[Finding]:
    """One connection, pulled so often."""
    async with database.transaction() as tx:
        known = {each.source: each for each in await mis.status(tx)}
        age = await signs.age(tx)
        now = tx.now
    found = known.get(source)
    look = f"`nextvisit mis sync {source}` tries at once and says what it meets"
    longest = max(every * _MISSED, _LEAST)
    if found is None or (found.last_ok_at is None and found.last_error is None):
        if age <= database.clock.wall_span(longest):
            says = f"was not read yet; a worker begins with it, and then reads it every {_hours(every)}"
            return [informs("mis.not_read_yet", says)]
        return [wrong("mis.never_read", "was never read", do=f"see whether a worker runs; {look}")]
    findings = []
    if found.last_error is not None:
        says = f"the last pull failed: {found.last_error}"
        since = found.last_ok_at if found.last_ok_at is not None else found.last_error_at
        touches = "whatever changed in the MIS since"
        findings.append(wrong("mis.failed", says, since=since, touches=touches, do=look))
    late = now - found.last_ok_at if found.last_ok_at is not None else None
    if late is not None and late > longest:
        says = f"was last read {_hours(late)} ago, though it is pulled every {_hours(every)}"
        do = f"see whether a worker runs; {look}"
        findings.append(wrong("mis.late", says, since=found.last_ok_at, do=do))
    if (still := _still(found, now)) is not None:
        says = f"answers, and has had nothing new for {still.days} days"
        do = "ask those who run the MIS whether our account still sees every record, and the newest ones"
        touches = "whatever changed there since"
        findings.append(wrong("mis.still", says, since=found.newest_at, touches=touches, do=do))
    if found.ahead_at is not None and found.ahead_at > now:
        says = f"dates changes in the future, the newest at {found.ahead_at:%Y-%m-%d %H:%M} UTC"
        do = "have the clock of the MIS set by a time server (NTP), or ask who imported with wrong dates"
        findings.append(
            wrong("mis.ahead", says, touches="in which order changes of one record are taken", do=do)
        )
    findings += _compared(source, found)
    if findings:
        return findings
    return [Finding(Grade.OK, f"{found.pages} pages, {found.resources} things", since=found.last_ok_at)]


def _compared(source: str, found: MisStatus) -> Iterator[Finding]:
    """What the last comparison of both sides came to."""
    again = f"`nextvisit mis compare {source} --mend` tries again and says what it meets"
    if found.compare_error is not None:
        says = f"what it lists cannot be compared with what we have: {found.compare_error}"
        touches = "whatever was deleted in the MIS since"
        yield wrong("mis.not_compared", says, since=found.compared_at, touches=touches, do=again)
    if found.listing_lost:
        says = f"at the last comparison {found.gone or 0} things were missing there, so that none was ended"
        do = f"see whether our account still sees everything; `nextvisit mis compare {source}`"
        yield wrong("mis.listing_lost", says, since=found.compared_at, do=do)
    if found.unanswered:
        says = f"{found.unanswered} things that differ there gave no answer when they were looked up"
        touches, count = f"{found.unanswered} records", found.unanswered
        yield wrong("mis.unanswered", says, since=found.compared_at, touches=touches, do=again, count=count)
    if (found.differing or found.gone) and not found.listing_lost:
        looked_up = "none was looked up" if found.looked_up is None else f"{found.looked_up} were looked up"
        says = f"at the last comparison {found.differing or 0} things were other or new there,"
        yield informs(
            "mis.differing", f"{says} {found.gone or 0} not listed; {looked_up}", since=found.compared_at
        )


def _still(found: MisStatus, now: datetime) -> timedelta | None:
    """How long the newest change that was read had been made when the MIS last answered, if that is long.

    None while the first pull may still be at the records of earlier years.
    """
    if found.newest_at is None or found.last_ok_at is None or not _settled(found, now):
        return None
    span = found.last_ok_at - found.newest_at
    return span if span > _STILL else None


def _settled(found: MisStatus, now: datetime) -> bool:
    return found.first_ok_at is not None and now - found.first_ok_at > _SETTLED


async def understood(database: Database, source: str) -> Sequence[Finding]:
    """Whom something holds that could not be read, and what was left out of records that could."""
    async with database.transaction() as tx:
        held = (await holds.counts(tx)).get(source)
        told = [each for each in await mis.oddities(tx) if each.source == source and each.recent]
        settled = any(_settled(each, tx.now) for each in await mis.status(tx) if each.source == source)
        forgotten = await appointments.forgotten_stays(tx, source, tx.now - _LONG_STAY)
        alone = (await merges.without_survivor(tx)).get(source)
        now = tx.now
    findings = []
    odd, unmapped = [each for each in told if not each.word], [each for each in told if each.word]
    if unmapped:
        says = f"codes that nobody has mapped: {_counted(unmapped)}"
        do = "map them in the file that `catalogue` names; `nextvisit mis status` has all of them"
        findings.append(
            informs("record.unmapped", says, touches="what campaigns know of these records", do=do)
        )
    if alone is not None:
        findings.append(_without_survivor(source, alone, late=settled and now - alone.since > _COMES_WITHIN))
    if held is not None and held.changed:
        findings.append(
            wrong(
                "patient.changed",
                f"{held.changed} patients are not written to: name and birth date changed at once",
                since=held.since,
                count=held.changed,
                touches=f"{held.changed} patients",
                do="see the tasks of reception; `nextvisit patient confirm` for those who are the same",
            )
        )
    if held is not None and held.patients > held.changed:
        findings.append(
            wrong(
                "patient.unreadable",
                f"{held.patients} patients are not written to: something about them could not be read",
                since=held.since,
                count=held.patients,
                touches=f"{held.patients} patients",
                do="`nextvisit inbox list` names the records; have them corrected in the MIS",
            )
        )
    if forgotten:
        says = f"{forgotten} stays in hospital are open for more than {_LONG_STAY.days} days, untouched"
        do = "have those who went home closed in the MIS: nobody is invited who is in hospital"
        touches = f"the patients of {forgotten} stays"
        findings.append(informs("stay.forgotten", says, touches=touches, do=do, count=forgotten))
    rising = [each for each in odd if settled and _rises(each)]
    if rising:
        says = f"left out since yesterday more than in all the time before: {_counted(rising)}"
        do = "ask those who run the MIS what they have changed, and have it corrected there"
        touches = "what these records say, and whoever it is about"
        findings.append(wrong("record.odd_rising", says, touches=touches, do=do))
    if usual := [each for each in odd if each not in rising]:
        do = "`nextvisit mis status` has all of them; have what repeats corrected in the MIS"
        findings.append(informs("record.odd", f"left out since yesterday: {_counted(usual)}", do=do))
    return findings or fine("nothing was left out since yesterday, and nobody is held")


def _rises(odd: OddityCount) -> bool:
    return odd.recent >= _MANY_ODD and odd.recent * 2 > odd.total


def _counted(odd: Sequence[OddityCount]) -> str:
    return ", ".join(f"{each.code} {each.recent}" for each in odd[:_SHOWN])


def _without_survivor(source: str, alone: WithoutSurvivor, *, late: bool) -> Finding:
    says = f"{alone.patients} patients are not written to: what replaced their records is not here"
    touches = f"{alone.patients} patients"
    if not late:
        return informs("record.survivor_missing", says, since=alone.since, touches=touches)
    do = (
        f"`nextvisit mis compare {source}` asks for what is missing, `nextvisit mis status` says who they"
        " are; have the MIS show our account the records that took their place, or take the merges back"
    )
    return wrong(
        "record.survivor_missing", says, since=alone.since, touches=touches, do=do, count=alone.patients
    )


def _hours(span: timedelta) -> str:
    if span < timedelta(hours=2):
        return f"{span // timedelta(minutes=1)} minutes"
    return f"{span // timedelta(hours=1)} hours"
