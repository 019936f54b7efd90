"""Free times of the calendar, with the names that a patient is told.

A hit counts when it says itself that it is what was asked for, because a server may pass over parameters
that it does not know. What a Slot leaves unsaid, its Schedule or the role of whom the Schedule is about says.
One slot that cannot be read costs that slot.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Final

import structlog

from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.records import MisRef, Slot, SlotQuery, Specialty
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.occupied import occupied
from nextvisit_mis_fhir_r4.page import matches, next_link, whole
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    codings,
    instant,
    items,
    node,
    ref_of,
    reference,
    text,
)
from nextvisit_mis_fhir_r4.settings import FhirR4Settings

_MOST_PAGES: Final = 50
_MOST_NAMES: Final = 2000
_REFUSED: Final = 400
_UNSAID: Final = [("specialty:missing", "true")]
"""Of slots that name no specialty, the schedule may; https://hl7.org/fhir/R4/search.html#modifiers."""
_APPOINTMENTS: Final = ("_revinclude", "Appointment:slot")
# https://terminology.hl7.org/CodeSystem-v2-0276.html: kept for whoever stands at the door.
_NOT_GIVEN_AWAY: Final = {
    ("http://terminology.hl7.org/CodeSystem/v2-0276", "WALKIN"),
    ("http://terminology.hl7.org/CodeSystem/v2-0276", "EMERGENCY"),
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose calendar a Schedule is. specialties: None when nobody says."""

    active: bool = True
    practitioner: MisRef | None = None
    practitioner_name: str = ""
    location_name: str = ""
    specialties: frozenset[Specialty] | None = None


class SlotSearch:
    """Finds free slots; remembers names, and what the server refused to do."""

    def __init__(self, connection: Connection, settings: FhirR4Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._names: OrderedDict[MisRef, str] = OrderedDict()
        self._left_out: Counter[str] = Counter()
        self._plain = False
        self._sorts = True
        self._knows_missing = True
        self._shows_appointments = True
        self._log = structlog.get_logger("nextvisit_mis_fhir_r4")

    async def find(self, wanted: SlotQuery) -> list[Slot]:
        """Earliest first, at most `wanted.limit`."""
        search = _Search(self._connection, self._settings, wanted, self._names)
        for query in self._queries(wanted):
            await self._read_through(search, query)
        for code, count in search.left_out.items():
            self._log.warning("slots.left_out", code=code, count=count)
            self._left_out[f"slot.{code}"] += count
        if search.met is not None and not search.found:
            raise search.met
        if search.given_up and not search.found:
            message = f"Slot: nothing that was asked for on the first {_MOST_PAGES} pages, and there are more"
            raise ProtocolError("fhir.slots_unending", message, whose="theirs")
        while len(self._names) > _MOST_NAMES:
            self._names.popitem(last=False)
        return sorted(search.found.values(), key=lambda slot: slot.start)[: wanted.limit]

    def left_out(self) -> Counter[str]:
        """How many since this was last asked, by why."""
        left_out, self._left_out = self._left_out, Counter()
        return left_out

    def _queries(self, wanted: SlotQuery) -> Iterator[list[tuple[str, str]]]:
        codes = [code for code, slug in self._settings.specialties.items() if slug == wanted.specialty]
        if wanted.specialty == self._settings.default_specialty:
            yield []
            return
        if codes:
            yield [("specialty", ",".join(codes))]
        if self._knows_missing:
            yield _UNSAID

    async def _read_through(self, search: _Search, query: list[tuple[str, str]]) -> None:
        wanted, count = search.wanted, 0
        answer = await self._first_page(wanted, query)
        for _ in range(_MOST_PAGES):
            bundle = whole(answer, "Slot")
            count += await search.take(bundle)
            link = next_link(bundle)
            # In the server's order the first pages hold the earliest; without it, all pages count.
            if link is None or (self._in_order and (count >= wanted.limit or search.is_past(bundle))):
                return
            answer = await self._connection.read_page(link)
            if answer.status in {404, 410}:
                raise RetryLater("fhir.pages_expire", "Slot: a page expired before it was read")
            _accepted(answer)
        search.given_up = True
        self._log.warning("slots.given_up", count=_MOST_PAGES)

    async def _first_page(self, wanted: SlotQuery, query: list[tuple[str, str]]) -> Answer:
        """Of two parameters of one name a server may pass over one; where it sorts, one is enough."""
        answer = await self._ask(wanted, query)
        if self._in_order and not _is_sorted(answer.json(), self._settings.clock_zone):
            self._sorts = False
            answer = await self._ask(wanted, query)
        return answer

    @property
    def _in_order(self) -> bool:
        return self._sorts and not self._plain

    async def _ask(self, wanted: SlotQuery, query: list[tuple[str, str]]) -> Answer:
        until = ("start", "lt" + _stamp(wanted.before))
        common = [
            ("status", "free"),
            ("start", "ge" + _stamp(wanted.after)),
            ("_count", str(min(max(wanted.limit, 1), self._settings.page_size))),
        ]
        if not self._plain:
            more = [("_sort", "start"), ("_include", "Slot:schedule"), ("_include:iterate", "Schedule:actor")]
            more = more if self._sorts else [until, *more]
            if self._shows_appointments:
                answer = await self._connection.read("Slot", [*common, *query, *more, _APPOINTMENTS])
                if answer.status != _REFUSED:
                    return _accepted(answer)
                self._shows_appointments = query == _UNSAID
            answer = await self._connection.read("Slot", [*common, *query, *more])
            if answer.status != _REFUSED:
                return _accepted(answer)
            self._plain = query != _UNSAID
        if self._plain:
            answer = await self._connection.read("Slot", [*common, until, *query])
        if answer.status == _REFUSED and query == _UNSAID:
            self._knows_missing = False
            return Answer(200, b'{"resourceType":"Bundle"}', "")
        return _accepted(answer)


class _Search:
    """One search: what it found, and whose calendars it came by. A calendar is asked for anew each time."""

    def __init__(
        self,
        connection: Connection,
        settings: FhirR4Settings,
        wanted: SlotQuery,
        names: MutableMapping[MisRef, str],
    ) -> None:
        self.wanted = wanted
        self.found: dict[MisRef, Slot] = {}
        self.left_out: Counter[str] = Counter()
        self.given_up = False
        self.met: NextVisitError | None = None
        """What the server met us with instead of a calendar."""
        self._connection = connection
        self._settings = settings
        self._names = names
        self._calendars: dict[MisRef, Calendar | Unfit] = {}

    async def take(self, bundle: Json) -> int:
        """The slots of a page that are wanted; how many."""
        beside = dict(_resources(bundle))
        gone = occupied(beside.values(), self._settings.address)
        count = 0
        for resource in matches(bundle):
            try:
                slot = await self._slot(resource, beside)
            except Unfit as unfit:
                self.left_out[unfit.reason] += 1
                continue
            if slot is not None and slot.ref not in gone:
                self.found[slot.ref] = slot
                count += 1
        return count

    def is_past(self, bundle: Json) -> bool:
        """Whether a page of slots in their order ends behind what is wanted."""
        starts = _starts(bundle, self._settings.clock_zone)
        return bool(starts) and starts[-1] >= self.wanted.before

    async def _slot(self, resource: Json, beside: Mapping[str, Json]) -> Slot | None:
        """What we asked for, whether or not the server looked at every parameter."""
        if resource.get("resourceType") != "Slot" or resource.get("status") != "free":
            return None
        if is_given_away(resource):
            return None
        zone = self._settings.clock_zone
        start, end = instant(resource.get("start"), zone), instant(resource.get("end"), zone)
        if end <= start:
            raise Unfit("no_length")
        if not self.wanted.after <= start < self.wanted.before:
            return None
        schedule = reference(resource.get("schedule"), "Schedule", self._settings.address)
        calendar = Calendar() if schedule is None else await self._calendar(schedule, beside)
        if not calendar.active or self.wanted.practitioner not in (None, calendar.practitioner):
            return None
        if not self._is_wanted(resource, calendar):
            return None
        return Slot(
            ref=ref_of(resource, "Slot"),
            version=text(node(resource.get("meta")).get("versionId")),
            start=start,
            end=end,
            specialty=self.wanted.specialty,
            practitioner=calendar.practitioner,
            practitioner_name=calendar.practitioner_name,
            location_name=calendar.location_name,
        )

    def _is_wanted(self, resource: Json, calendar: Calendar) -> bool:
        said = specialties_of(resource, self._settings)
        if said is None:
            said = calendar.specialties
        return self.wanted.specialty in (said if said is not None else {self._settings.default_specialty})

    async def _calendar(self, schedule: MisRef, beside: Mapping[str, Json]) -> Calendar:
        """Raises Unfit, for each of its slots, when it or a role within it cannot be had."""
        known = self._calendars.get(schedule)
        if known is None:
            known = self._calendars[schedule] = await self._asked(schedule, beside)
        if isinstance(known, Unfit):
            raise known
        return known

    async def _asked(self, schedule: MisRef, beside: Mapping[str, Json]) -> Calendar | Unfit:
        try:
            resource = await self._resource(schedule, beside)
            return Calendar(active=False) if resource is None else await self._read(resource, beside)
        except Unfit as unfit:
            return unfit
        except (RetryLater, Rejected, ProtocolError) as error:
            self.met = self.met or error
            return Unfit("schedule_no_answer")

    async def _read(self, schedule: Json, beside: Mapping[str, Json]) -> Calendar:
        said = Calendar(
            active=schedule.get("active") in (None, True),
            specialties=specialties_of(schedule, self._settings),
        )
        for actor in map(node, items(schedule.get("actor"))):
            raw, shown = text(actor.get("reference")), text(actor.get("display"))
            if "PractitionerRole/" in raw:
                said = await self._with_role(said, actor, beside)
            elif "Practitioner/" in raw and said.practitioner is None:
                said = await self._with_practitioner(said, actor, shown, beside)
            elif "Location/" in raw:
                said = replace(said, location_name=said.location_name or shown)
        return said

    async def _with_role(self, said: Calendar, actor: Json, beside: Mapping[str, Json]) -> Calendar:
        """Who works there as what: https://hl7.org/fhir/R4/practitionerrole.html."""
        ref = reference(actor, "PractitionerRole", self._settings.address)
        if ref is None:
            return said
        role = await self._resource(ref, beside) or {}
        if said.specialties is None:
            said = replace(said, specialties=specialties_of(role, self._settings))
        places = [text(node(one).get("display")) for one in items(role.get("location"))]
        said = replace(said, location_name=said.location_name or next(filter(None, places), ""))
        person = node(role.get("practitioner"))
        if said.practitioner is None and person:
            shown = text(person.get("display")) or text(actor.get("display"))
            said = await self._with_practitioner(said, person, shown, beside)
        return said

    async def _with_practitioner(
        self, said: Calendar, actor: Json, shown: str, beside: Mapping[str, Json]
    ) -> Calendar:
        ref = reference(actor, "Practitioner", self._settings.address)
        if ref is None:
            return said
        if not shown and ref not in self._names:
            self._names[ref] = _person(await self._resource(ref, beside) or {})
        return replace(said, practitioner=ref, practitioner_name=shown or self._names[ref])

    async def _resource(self, ref: MisRef, beside: Mapping[str, Json]) -> Json | None:
        """What came along, or is asked for; None when the server does not have it."""
        if ref in beside:
            return beside[ref]
        answer = await self._connection.read(ref)
        return answer.json() if answer.status < 400 else None


def is_given_away(resource: Json) -> bool:
    """Whether a free slot is nobody's to take: booked beyond its measure, or kept for whoever comes."""
    overbooked = resource.get("overbooked") not in (None, False)
    return overbooked or not _NOT_GIVEN_AWAY.isdisjoint(codings(resource.get("appointmentType")))


def specialties_of(resource: Json, settings: FhirR4Settings) -> frozenset[Specialty] | None:
    """What the codes of a slot, a schedule or a role mean to us; None when it names none."""
    said = [f"{system}|{code}" for system, code in codings(*items(resource.get("specialty")))]
    known = {settings.specialties[code] for code in said if code in settings.specialties}
    if said and not known and settings.default_specialty is not None:
        known = {settings.default_specialty}
    return frozenset(known) if said else None


def _resources(bundle: Json) -> Iterator[tuple[str, Json]]:
    for entry in items(bundle.get("entry")):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield f"{resource.get('resourceType')}/{resource.get('id')}", resource


def _starts(bundle: Json, zone: tzinfo | None) -> list[datetime]:
    """When its slots begin, in its order, as far as they say it."""
    found = []
    for resource in matches(bundle):
        try:
            found.append(instant(resource.get("start"), zone))
        except Unfit:
            continue
    return found


def _is_sorted(bundle: Json, zone: tzinfo | None) -> bool:
    starts = _starts(bundle, zone)
    return starts == sorted(starts)


def _accepted(answer: Answer) -> Answer:
    if answer.status >= 400:
        raise answer.refusal()
    return answer


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _person(resource: Json) -> str:
    """A practitioner's name as one line."""
    for one in items(resource.get("name")):
        part = node(one)
        words = [*items(part.get("prefix")), *items(part.get("given")), part.get("family")]
        line = text(part.get("text")) or " ".join(filter(None, map(text, words)))
        if line:
            return line
    return ""
