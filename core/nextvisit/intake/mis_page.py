"""What a MIS says, pulled or unasked: facts, consent, and what they mean for open journeys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, assert_never, get_args

import structlog

from nextvisit.calls.guard import tell_unsound
from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.events import GoneReason
from nextvisit.intake.late import in_time
from nextvisit.intake.news import tell_or_keep
from nextvisit.intake.opt_out import end_journeys
from nextvisit.intake.parsed import parsed
from nextvisit.intake.sift import sifted, unheard
from nextvisit.intake.unreadable import free, hold, keep_unreadable, outlived, raw_of, settle_unreadable
from nextvisit.intake.verdict import Again, Done, Parked, Verdict
from nextvisit.intake.wire import MisDoor, MisNews, MisResource, webhook_from_bytes
from nextvisit.sdk.addresses import EMAIL, MOBILE, PHONE
from nextvisit.sdk.ports import AnswersWebhooks, Listens
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Change,
    Consent,
    Deleted,
    Detail,
    MisEvent,
    Oddity,
    Patient,
    PhoneCall,
    PullSoon,
    RelatedPerson,
    Unreadable,
)
from nextvisit.store.journeys import journeys
from nextvisit.store.people import (
    appointments,
    consents,
    deleted,
    details,
    kinship,
    merges,
    patients,
    related,
)
from nextvisit.store.people.identity import unreadable_points
from nextvisit.store.people.upsert import Reach
from nextvisit.store.people.upsert import upsert_many as upsert_patients
from nextvisit.store.queues import outbox
from nextvisit.store.reading import mis
from nextvisit.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from nextvisit.domain.connections import Connections
    from nextvisit.domain.site import Site
    from nextvisit.sdk.ports import MisAdapter
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.campaigns.programs import Programs
    from nextvisit.store.people.appointments import UpsertedAppointment
    from nextvisit.store.people.upsert import UpsertedPatient

log = structlog.get_logger()
MERGE_CIRCLE: Final = "link.circle"
"""Of records that replaced each other none is left to be written to."""
NUMBER_OF_MANY: Final = "identifier.of_many"
"""It makes no two records one person's, so that no refusal reaches from one to the other by it."""
CALLER: Final = "caller.no_number"
"""Whose number cannot be read: nobody will be called back."""
Kind = TypeVar("Kind", bound=MisEvent)
_KINDS: Final[tuple[type[MisEvent], ...]] = get_args(MisEvent)


@dataclass(frozen=True, slots=True)
class PageWork:
    """What a page is read with. `source` is the slug of the MIS connection."""

    source: str
    adapter: MisAdapter
    site: Site
    programs: Programs
    connections: Connections


async def receive_page(
    tx: Tx, work: PageWork, door: MisDoor, body: bytes, *, row: int, is_late: bool = False
) -> Verdict:
    """Facts and their consequences, all in `tx`. Harmless when repeated: older versions change nothing.

    Each thing that the adapter cannot read becomes an inbox row of its own, once a version, so that a better
    adapter can read it from there. row: the inbox's, where the body stays. is_late: later ones were read.
    """
    things = await _parse(work, door, body)
    if isinstance(things, Parked | Again):
        return things
    if is_late:
        things = await in_time(tx, work.source, things)
    for number, thing in enumerate(_of(Unreadable, things)):
        log.warning("intake.resource_unreadable", origin=work.source, reason=thing.reason)
        await keep_unreadable(tx, work.source, thing, door, place=(row, number))
    await _take_in(tx, work, things, has_now=door == "mis_look_up" and not is_late)
    return Done()


async def receive_resource(tx: Tx, work: PageWork, body: bytes, *, is_late: bool = False) -> Verdict:
    """A version that could not be read when its page came; parked until it reads or a later one comes."""
    resource = MisResource.model_validate_json(body)
    raw = await raw_of(tx, resource)
    if raw is None:
        return Parked("page.unopenable")
    things = await _parse(work, resource.door, raw, again=True)
    if isinstance(things, Parked | Again):
        return things
    things = _of_resource(resource, things)
    for thing in _of(Unreadable, things):
        if thing.ref in {resource.ref, None} and not await outlived(tx, work.source, resource):
            return Parked(thing.reason)
    await free(tx, work.source, resource)
    # What has a name was superseded if anything later was read of it.
    await _take_in(
        tx, work, await in_time(tx, work.source, things) if is_late and resource.ref is None else things
    )
    return Done()


def _of_resource(resource: MisResource, things: Sequence[MisEvent]) -> list[MisEvent]:
    """What of its page it is about; of a thing without a name all of it, but what was said of other times."""
    if resource.ref is None or resource.row is None:
        return [thing for thing in things if not isinstance(thing, Deleted | PullSoon)]
    return [thing for thing in things if not isinstance(thing, PullSoon) and thing.ref == resource.ref]


async def _parse(
    work: PageWork, door: MisDoor, body: bytes, *, again: bool = False
) -> Sequence[MisEvent] | Parked | Again:
    """again: what is wrong in it was told when it came."""
    method = _parser(work.adapter, door)
    if method is None:
        return Parked("no_adapter")
    raw = webhook_from_bytes(body) if door == "mis_webhook" else body
    things = await parsed((work.adapter, method), raw, _KINDS, origin=work.source)
    if isinstance(things, Parked | Again):
        return things
    return sifted(things, unheard if again else partial(tell_unsound, work.adapter, method))


def _parser(adapter: MisAdapter, door: MisDoor) -> str | None:
    """By which method this adapter reads what came in by such a door; None when it has none."""
    match door:
        case "mis_page" | "mis_look_up":
            return "parse"
        case "mis_inbound":
            return "parse_inbound" if isinstance(adapter, Listens) else None
        case "mis_webhook":
            return "parse_webhook" if isinstance(adapter, AnswersWebhooks) else None
        case _:
            assert_never(door)


async def _take_in(tx: Tx, work: PageWork, things: Sequence[MisEvent], *, has_now: bool = False) -> None:
    """has_now: the MIS was asked for these things, and this is what it has."""
    source, reach = work.source, Reach(work.connections.addresses, work.site.country)
    gone = _gone(things)
    waiting = await settle_unreadable(tx, source, things, [each.ref for each in gone])
    people = await upsert_patients(tx, source, _of(Patient, things), reach=reach, has_now=has_now)
    new = [person.id for person in people if "new" in person.changes]
    await related.adopt(tx, new)
    await details.adopt(tx, new)
    await related.upsert_many(tx, source, _of(RelatedPerson, things), reach=reach, has_now=has_now)
    await related.leave_out(tx, [person.id for person in people])
    visits = await appointments.upsert_many(tx, source, _of(Appointment, things), has_now=has_now)
    told = [each for each in things if isinstance(each, Detail)]
    await details.upsert_many(tx, source, told, country=reach.country, has_now=has_now)
    said = await deleted.returned(tx, source, _of(Consent, things))
    decided = await consents.record_many(tx, source, said, has_now=has_now)
    left = await deleted.delete(tx, source, gone)
    await hold(tx, source, [*_of(Unreadable, things), *waiting])
    odd = Counter(f"{each.code} {each.word}".rstrip() for each in _of(Oddity, things))
    odd[MERGE_CIRCLE] += await merges.in_circle(tx, [each.id for each in people if "merged" in each.changes])
    odd[NUMBER_OF_MANY] += await kinship.with_numbers_of_many(tx, [each.id for each in people])
    odd.update(_unreadable_telecoms(things, reach))
    await mis.count_oddities(tx, source, +odd)
    await _after_patients(tx, people)
    for patient in left.inactive:
        await end_journeys(tx, patient, "inactive")
    await _after_visits(tx, work, visits)
    await _after_consents(tx, work, decided)
    if _of(PullSoon, things) and await mis.ask_for_pull(tx, source):
        await outbox.put(tx, "pull_mis", source, {})


def _unreadable_telecoms(things: Sequence[MisEvent], reach: Reach) -> list[str]:
    """A code for each contact point that is no address; kinds are those that channels know."""
    spaces = {*reach.addresses, MOBILE, EMAIL}
    points = [each.contact_points for each in things if isinstance(each, Patient | RelatedPerson)]
    found = [
        f"telecom.no_{kind}" for some in points for kind in unreadable_points(some, spaces, reach.country)
    ]
    calls = [each for each in things if isinstance(each, PhoneCall) and each.caller]
    return found + [CALLER for each in calls if not _is_number(each, reach)]


def _is_number(call: PhoneCall, reach: Reach) -> bool:
    return PHONE.normalise(call.caller, reach.country) is not None


def _gone(things: Sequence[MisEvent]) -> list[Deleted]:
    """What is deleted and not there again further down."""
    last = {thing.ref: thing for thing in things if isinstance(thing, Deleted | Change)}
    return [thing for thing in last.values() if isinstance(thing, Deleted)]


def _of(kind: type[Kind], things: Sequence[MisEvent]) -> list[Kind]:
    return [thing for thing in things if isinstance(thing, kind)]


_GONE: Final[tuple[GoneReason, ...]] = ("deceased", "merged", "test", "restricted", "inactive")
"""The gravest first."""


async def _after_patients(tx: Tx, people: Sequence[UpsertedPatient]) -> None:
    for person in people:
        if "identity" in person.changes:
            await tasks.create(
                tx,
                queue=RECEPTION,
                reason=TaskReason.IDENTITY_CHANGED,
                dedupe=f"identity:{person.id}:{tx.now.isoformat()}",
                patient_id=person.id,
            )
        reason = next((each for each in _GONE if each in person.changes), None)
        if reason is not None:
            await end_journeys(tx, person.id, reason)


async def _after_visits(tx: Tx, work: PageWork, written: Sequence[UpsertedAppointment]) -> None:
    """A visit newly booked reaches the goal of the patient's journeys, whoever booked it."""
    for visit in written:
        if not _newly_booked(visit, tx.now) or visit.patient_id is None:
            continue
        for journey in await journeys.open_of_patient(tx, visit.patient_id):
            booked = MisNews(journey=journey, visit=visit.id, specialty=visit.specialty)
            await tell_or_keep(tx, work.source, work.programs, work.connections, booked)


def _newly_booked(visit: UpsertedAppointment, now: datetime) -> bool:
    booked = AppointmentStatus.BOOKED
    return (
        visit.status == booked
        and visit.previous_status != booked
        and visit.visit_at is not None
        and visit.visit_at > now
    )


async def _after_consents(tx: Tx, work: PageWork, decided: Iterable[Consent]) -> None:
    """A refusal on every channel ends the journeys of its purpose; a partial one is the gate's business."""
    for ref in {consent.patient for consent in decided}:
        patient = await patients.by_ref(tx, work.source, ref)
        if patient is None:
            continue
        for each in await kinship.of(tx, patient):
            for journey in await journeys.open_of_patient(tx, each):
                news = MisNews(journey=journey)
                await tell_or_keep(tx, work.source, work.programs, work.connections, news)
