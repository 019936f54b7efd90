"""What a MIS says, pulled or unasked: facts, consent, and what they mean for open journeys."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar, assert_never, get_args

import structlog

from nextvisit.intake.news import tell_or_keep
from nextvisit.intake.opt_out import end_journeys
from nextvisit.intake.parsed import parsed
from nextvisit.intake.verdict import Done, Parked, Verdict
from nextvisit.intake.wire import MisDoor, MisNews, MisResource, webhook_from_bytes
from nextvisit.sdk.ports import AnswersWebhooks, Listens
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Consent,
    MisEvent,
    Patient,
    PullSoon,
    Unreadable,
)
from nextvisit.store.journeys import journeys
from nextvisit.store.people import appointments, consents, patients
from nextvisit.store.people.upsert import Reach
from nextvisit.store.people.upsert import upsert_many as upsert_patients
from nextvisit.store.queues import inbox, outbox
from nextvisit.store.reading import mis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from nextvisit.domain.connections import Connections
    from nextvisit.domain.site import Site
    from nextvisit.intake.programs import Programs
    from nextvisit.sdk.ports import MisAdapter
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.people.appointments import UpsertedAppointment
    from nextvisit.store.people.upsert import UpsertedPatient

log = structlog.get_logger()
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


async def receive_page(tx: Tx, work: PageWork, door: MisDoor, body: bytes, *, ref: str) -> Verdict:
    """Facts and their consequences, all in `tx`. Harmless when repeated: older versions change nothing.

    Each thing that the adapter cannot read becomes an inbox row of its own, with the page that it came
    on, so that a better adapter can read it from there.
    """
    things = await _parse(work, door, body)
    if isinstance(things, Parked):
        return things
    for number, thing in enumerate(_of(Unreadable, things)):
        log.warning("intake.resource_unreadable", origin=work.source, reason=thing.reason)
        await inbox.put(
            tx,
            kind="mis_resource",
            origin=work.source,
            dedupe=f"{ref}:{number}",
            body=_resource(thing, door, body),
        )
    await _take_in(tx, work, things)
    return Done()


async def receive_resource(tx: Tx, work: PageWork, body: bytes) -> Verdict:
    """A thing that could not be read when its page came; parked until its page reads without it."""
    resource = MisResource.model_validate_json(body)
    things = await _parse(work, resource.door, base64.b64decode(resource.page))
    if isinstance(things, Parked):
        return things
    for thing in _of(Unreadable, things):
        if thing.ref == resource.ref:
            return Parked(thing.reason)
    await _take_in(tx, work, things)
    return Done()


def _resource(thing: Unreadable, door: MisDoor, body: bytes) -> bytes:
    resource = MisResource(ref=thing.ref, page=base64.b64encode(body).decode(), door=door)
    return resource.model_dump_json().encode()


async def _parse(work: PageWork, door: MisDoor, body: bytes) -> Sequence[MisEvent] | Parked:
    parse = _parser(work.adapter, door, body)
    if parse is None:
        return Parked("no_adapter")
    return await parsed(parse, _KINDS, origin=work.source)


def _parser(adapter: MisAdapter, door: MisDoor, body: bytes) -> Callable[[], Sequence[MisEvent]] | None:
    """How this adapter reads what came in by such a door; None when it has none."""
    match door:
        case "mis_page":
            return lambda: adapter.parse(body)
        case "mis_inbound":
            return (lambda: adapter.parse_inbound(body)) if isinstance(adapter, Listens) else None
        case "mis_webhook":
            if isinstance(adapter, AnswersWebhooks):
                return lambda: adapter.parse_webhook(webhook_from_bytes(body))
            return None
        case _:
            assert_never(door)


async def _take_in(tx: Tx, work: PageWork, things: Sequence[MisEvent]) -> None:
    reach = Reach(work.connections.addresses, work.site.country)
    people = await upsert_patients(tx, work.source, _of(Patient, things), reach=reach)
    visits = _of(Appointment, things)
    written = await appointments.upsert_many(tx, work.source, visits)
    decided = await consents.record_many(tx, work.source, _of(Consent, things))
    await _after_patients(tx, people)
    await _after_visits(tx, work, visits, written)
    await _after_consents(tx, work, decided)
    if _of(PullSoon, things) and await mis.ask_for_pull(tx, work.source):
        await outbox.put(tx, "pull_mis", work.source, {})


def _of(kind: type[Kind], things: Sequence[MisEvent]) -> list[Kind]:
    return [thing for thing in things if isinstance(thing, kind)]


async def _after_patients(tx: Tx, people: Sequence[UpsertedPatient]) -> None:
    for person in people:
        if "deceased" in person.changes:
            await end_journeys(tx, person.id, "deceased")
        elif "merged" in person.changes:
            await end_journeys(tx, person.id, "merged")
        elif "inactive" in person.changes:
            await end_journeys(tx, person.id, "inactive")


async def _after_visits(
    tx: Tx, work: PageWork, visits: Sequence[Appointment], written: Sequence[UpsertedAppointment]
) -> None:
    """A visit newly booked reaches the goal of the patient's journeys, whoever booked it."""
    newest_last = sorted(visits, key=lambda visit: visit.updated_at)
    specialties = {visit.ref: visit.specialty for visit in newest_last}
    for visit in written:
        if not _newly_booked(visit, tx.now) or visit.patient_id is None:
            continue
        for journey in await journeys.open_of_patient(tx, visit.patient_id):
            booked = MisNews(journey=journey, visit=visit.id, specialty=specialties[visit.ref])
            await tell_or_keep(tx, work.source, work.programs, work.connections, booked)


def _newly_booked(visit: UpsertedAppointment, now: datetime) -> bool:
    booked = AppointmentStatus.BOOKED
    return (
        visit.status == booked
        and visit.previous_status != booked
        and visit.start is not None
        and visit.start > now
    )


async def _after_consents(tx: Tx, work: PageWork, decided: Iterable[Consent]) -> None:
    """A refusal on every channel ends the journeys of its purpose; a partial one is the gate's business."""
    for ref in {consent.patient for consent in decided}:
        patient = await patients.by_ref(tx, work.source, ref)
        if patient is None:
            continue
        for journey in await journeys.open_of_patient(tx, patient):
            await tell_or_keep(tx, work.source, work.programs, work.connections, MisNews(journey=journey))
