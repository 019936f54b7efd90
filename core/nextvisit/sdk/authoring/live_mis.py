"""A real MIS, asked what an appliance asks: a first pull and a second one, records, a listing, free times.

It is read, and nothing is written. Told are numbers and codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from nextvisit.sdk.authoring.live import NO_CODE, Steps, counted, named
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import FindsSlots, LeavesOut, Lists, MisAdapter, TellsTime
from nextvisit.sdk.records import (
    Appointment,
    Consent,
    Cursor,
    Deleted,
    MisEvent,
    MisRef,
    Oddity,
    Patient,
    RawBatch,
    RelatedPerson,
    Slot,
    SlotQuery,
    Specialty,
    Unreadable,
)
from nextvisit.sdk.soundness import CODE, faults_of

APART: Final = timedelta(seconds=30)
"""By so much another clock may differ."""
_SOME: Final = 3
_THINGS: Final = (Patient, Appointment, Consent)


@dataclass(frozen=True, slots=True)
class ReadingBounds:
    """pages: of each pull, at most; a first one may take hours. specialty: None for the most frequent one."""

    pages: int = 10
    specialty: Specialty | None = None
    days: timedelta = timedelta(days=14)


@dataclass(slots=True)
class Seen:
    """What a pull told. whole: it came to its end."""

    pages: list[RawBatch] = field(default_factory=list)
    whole: bool = False
    records: list[MisEvent] = field(default_factory=list)


async def ask_mis(
    adapter: MisAdapter, steps: Steps, bounds: ReadingBounds, now: Callable[[], datetime]
) -> Seen:
    """Everything that changes nothing. Raises as `check` does: nothing can be said of the rest."""
    steps.held("check", await adapter.check())
    await ask_time(adapter, steps, now)
    seen = await _first_pull(adapter, steps, bounds)
    await _second_pull(adapter, steps, bounds, seen)
    await _listing(adapter, steps, bounds, seen)
    await _look_up(adapter, steps, seen)
    await _free_slots(adapter, steps, bounds, seen, now())
    return seen


async def ask_time(plugin: object, steps: Steps, now: Callable[[], datetime]) -> None:
    """What time it is there, if it says so."""
    if not isinstance(plugin, TellsTime):
        steps.left("time", "it does not tell the other side's time")
        return
    before = now()
    theirs, error = await steps.ask("time", plugin.time())
    if error is not None:
        return
    if theirs is None:
        steps.left("time", "the answer told no time")
        return
    apart = (theirs - before).total_seconds()
    says = f"its clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
    fine = before - APART <= theirs <= now() + APART
    steps.judge("time", None if fine else says, "its clock is as this machine's")


def wanted_slots(bounds: ReadingBounds, seen: Seen, now: datetime) -> SlotQuery | None:
    """None: nobody said which specialty, and no visit does."""
    visits = Counter(one.specialty for one in seen.records if isinstance(one, Appointment) and one.specialty)
    specialty = bounds.specialty or next((name for name, _ in visits.most_common(1)), None)
    return None if specialty is None else SlotQuery(specialty, now, now + bounds.days)


async def _first_pull(adapter: MisAdapter, steps: Steps, bounds: ReadingBounds) -> Seen:
    seen, what = Seen(), "first pull"
    try:
        seen.pages, seen.whole = await _pages(adapter, None, bounds.pages)
    except NextVisitError as error:
        steps.failed(what, named(error))
        return seen
    things = sum(page.count for page in seen.pages)
    rest = "and that is all" if seen.whole else "and there are more, which were left"
    says = f"{counted(len(seen.pages), 'page')} of {counted(things, 'thing')}, {rest}"
    steps.judge(what, None if seen.pages else "there is not a single page", says)
    seen.records = _parsed(adapter, steps, seen.pages)
    return seen


def _parsed(adapter: MisAdapter, steps: Steps, pages: Sequence[RawBatch]) -> list[MisEvent]:
    records: list[MisEvent] = []
    try:
        for page in pages:
            records += adapter.parse(page.body)
    except NextVisitError as error:
        steps.failed("parse", named(error))
        return records
    unsound = Counter(fault.code for one in records for fault in faults_of(one) if fault.bars)
    kinds = Counter(type(one).__name__ for one in records)
    says = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "nothing"
    steps.judge("parse", f"would not be kept: {_codes(unsound)}" if unsound else None, f"sound: {says}")
    unread = Counter(one.reason for one in records if isinstance(one, Unreadable))
    odd = Counter(one.code for one in records if isinstance(one, Oddity))
    if pages:
        besides = f"everything; left out as odd: {_codes(odd)}" if odd else "everything"
        steps.judge("what can be read", f"not: {_codes(unread)}" if unread else None, besides)
    return records


async def _second_pull(adapter: MisAdapter, steps: Steps, bounds: ReadingBounds, seen: Seen) -> None:
    what, told = "second pull", {_face(one) for one in seen.records}
    if not seen.pages:
        steps.left(what, "the first one gave no cursor")
        return
    cursor = seen.pages[-1].cursor
    for _ in range(_SOME):
        try:
            pages, _ = await _pages(adapter, cursor, bounds.pages if seen.whole else 1)
            fresh = {_face(one) for page in pages for one in adapter.parse(page.body)} - told
        except NextVisitError as error:
            steps.failed(what, named(error))
            return
        if fresh:
            steps.held(what, f"goes on at the cursor: {counted(len(fresh), 'thing')} that the first had not")
            return
        if not pages:
            # One that goes on where another was left has to find what was left.
            wrong = None if seen.whole else "finds nothing more, and the first had not come to its end"
            steps.judge(what, wrong, "goes on at the cursor: there is nothing new")
            return
        cursor = pages[-1].cursor
    steps.failed(what, "the same pages come again and again from each cursor")


async def _listing(adapter: MisAdapter, steps: Steps, bounds: ReadingBounds, seen: Seen) -> None:
    what = "listing"
    if not isinstance(adapter, Lists):
        steps.left(what, "it lists nothing, so what is deleted is never learnt of")
        return
    try:
        pages, whole = await _taken(adapter.listing(), bounds.pages)
    except NextVisitError as error:
        steps.failed(what, named(error))
        return
    listed = {one.ref: one.version for page in pages for one in page}
    told = {one.ref: one.version for one in seen.records if isinstance(one, (*_THINGS, RelatedPerson))}
    for one in seen.records:
        if isinstance(one, Deleted) or (isinstance(one, RelatedPerson) and one.within):
            told.pop(one.ref, None)
    says = counted(len(listed), "thing")
    if not (whole and seen.whole):
        steps.judge(what, None if listed else "it names nothing", f"{says} of what may be more; not compared")
        return
    absent = told.keys() - listed
    other = [ref for ref, version in told.items() if listed.get(ref, "") not in ("", version)]
    wrong = f"of {counted(len(told), 'thing')} that were pulled it has not {len(absent)}" if absent else None
    if other and wrong is None:
        wrong = f"{counted(len(other), 'thing')} with another version than parse gives"
    steps.judge(what, wrong, f"{says}, and each that was pulled, in its version")


async def _look_up(adapter: MisAdapter, steps: Steps, seen: Seen) -> None:
    what = "look-up"
    last = {one.ref: one for one in seen.records if isinstance(one, _THINGS)}
    refs = list(last)[-_SOME:]
    if not isinstance(adapter, Lists) or not refs:
        steps.left(what, "it looks up nothing" if refs else "nothing was pulled that could be looked up")
        return
    body, error = await steps.ask(what, adapter.look_up(refs))
    if body is None or error is not None:
        return
    try:
        found = {getattr(one, "ref", None) for one in adapter.parse(body) if isinstance(one, _THINGS)}
    except NextVisitError as unread:
        steps.failed(what, named(unread))
        return
    missing = len(set(refs) - found)
    wrong = f"of {counted(len(refs), 'thing')} that were pulled it does not give {missing}"
    steps.judge(what, wrong if missing else None, f"{counted(len(refs), 'thing')} as they are now")


async def _free_slots(
    adapter: MisAdapter, steps: Steps, bounds: ReadingBounds, seen: Seen, now: datetime
) -> None:
    what = "free slots"
    wanted = wanted_slots(bounds, seen, now)
    if not isinstance(adapter, FindsSlots) or wanted is None:
        why = "no visit that was read names a specialty; say --specialty"
        steps.left(what, why if isinstance(adapter, FindsSlots) else "it finds no free times")
        return
    slots, error = await steps.ask(what, adapter.free_slots(wanted))
    if slots is None or error is not None:
        return
    says = f"{counted(len(slots), 'time')} of {wanted.specialty} within {bounds.days.days} days"
    if isinstance(adapter, LeavesOut) and (left := adapter.left_out()):
        says += f"; left out: {_codes(Counter(left))}"
    steps.judge(what, slot_fault(slots, wanted), says)


def slot_fault(slots: Sequence[Slot], wanted: SlotQuery) -> str | None:
    """What is wrong with an answer to a query."""
    starts = [one.start for one in slots]
    if any(not wanted.after <= one < wanted.before for one in starts):
        return "a free time begins outside of what was asked for"
    if starts != sorted(starts):
        return "free times are not in order"
    if any(one.specialty != wanted.specialty for one in slots):
        return "a free time is of another specialty"
    return "more free times than were asked for" if len(slots) > wanted.limit else None


async def record_of(adapter: MisAdapter, ref: MisRef, seen: Seen) -> Patient | None:
    """The patient's record as the MIS has it now, or as it was pulled, the last of it. None: neither has it,
    or it was told as deleted.

    Of several that were pulled it is a test patient's where all of them say so: which one is the latest, an
    adapter without an order does not say. Raises as `look_up` does.
    """
    records: Sequence[MisEvent] = seen.records
    if isinstance(adapter, Lists):
        records = adapter.parse(await adapter.look_up([ref]))
    told = [one for one in records if isinstance(one, Patient) and one.ref == ref]
    if not told or any(isinstance(one, Deleted) and one.ref == ref for one in records):
        return None
    return replace(told[-1], test=all(one.test for one in told))


async def _pages(adapter: MisAdapter, since: Cursor | None, most: int) -> tuple[list[RawBatch], bool]:
    return await _taken(adapter.changes(since), most)


async def _taken(pages: AsyncIterator[Any], most: int) -> tuple[list[Any], bool]:
    """So many, and whether that was the end."""
    found: list[Any] = []
    async with aclosing(cast("Any", pages)) as each:
        async for one in each:
            if len(found) == most:
                return found, False
            found.append(one)
    return found, True


def _face(record: MisEvent) -> MisEvent | tuple[str, MisRef, str]:
    """One version of one thing."""
    if isinstance(record, (*_THINGS, RelatedPerson)):
        return type(record).__name__, record.ref, record.version
    return replace(record, alone=None) if isinstance(record, Unreadable) else record


def _codes(counts: Counter[str]) -> str:
    """What is no code may be a patient's name."""
    named_so = Counter[str]()
    for code, count in counts.items():
        named_so[code if CODE.fullmatch(code) else NO_CODE] += count
    return ", ".join(f"{count} {code}" for code, count in named_so.most_common())
