"""Free times of the calendar, with the names that a patient is told."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import MisRef, Slot, SlotQuery
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.page import matches, next_link
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    codings,
    instant,
    items,
    node,
    ref_of,
    reference,
    text,
    version_of,
)
from nextvisit_mis_fhir_r4.settings import FhirR4Settings

_MOST_PAGES = 50
_MOST_SCHEDULES = 2000


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose calendar a Schedule is."""

    practitioner: MisRef | None = None
    practitioner_name: str = ""
    location_name: str = ""


class SlotSearch:
    """Finds free slots; remembers whose a Schedule is and what the server refused to do."""

    def __init__(self, connection: Connection, settings: FhirR4Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._calendars: OrderedDict[str, Calendar] = OrderedDict()
        self._plain = False

    async def find(self, wanted: SlotQuery) -> list[Slot]:
        """Earliest first, at most `wanted.limit`."""
        found: dict[MisRef, tuple[Slot, Json]] = {}
        answer = await self._first_page(wanted)
        for _ in range(_MOST_PAGES):
            bundle = answer.json()
            self._learn(bundle)
            for resource in matches(bundle):
                slot = self._slot(resource, wanted)
                if slot is not None:
                    found[slot.ref] = (slot, resource)
            link = next_link(bundle)
            # In the server's order the first pages hold the earliest; without it, all pages count.
            if link is None or (len(found) >= wanted.limit and not self._plain):
                break
            answer = await self._connection.read_page(link)
            if answer.status in {404, 410}:
                raise RetryLater("fhir.pages_expire", "Slot: a page expired before it was read")
            if answer.status >= 400:
                raise answer.refusal()
        first = sorted(found.values(), key=lambda pair: pair[0].start)[: wanted.limit]
        return [await self._named(slot, resource) for slot, resource in first]

    async def _first_page(self, wanted: SlotQuery) -> Answer:
        codes = [code for code, slug in self._settings.specialties.items() if slug == wanted.specialty]
        query = [
            ("status", "free"),
            ("start", "ge" + _stamp(wanted.after)),
            ("start", "lt" + _stamp(wanted.before)),
            ("_count", str(min(max(wanted.limit, 1), self._settings.page_size))),
        ]
        if codes:
            query.append(("specialty", ",".join(codes)))
        elif wanted.specialty != self._settings.default_specialty:
            return Answer(200, b'{"resourceType":"Bundle"}', "")
        if not self._plain:
            more = [("_sort", "start"), ("_include", "Slot:schedule"), ("_include:iterate", "Schedule:actor")]
            answer = await self._connection.read("Slot", query + more)
            if answer.status != 400:
                return _accepted(answer)
            self._plain = True
        return _accepted(await self._connection.read("Slot", query))

    def _slot(self, resource: Json, wanted: SlotQuery) -> Slot | None:
        """What we asked for, whether or not the server looked at every parameter."""
        if resource.get("resourceType") != "Slot" or resource.get("status") != "free":
            return None
        start, end = instant(resource.get("start")), instant(resource.get("end"))
        said = [f"{system}|{code}" for system, code in codings(*items(resource.get("specialty")))]
        ours = [self._settings.specialties[code] for code in said if code in self._settings.specialties]
        if not wanted.after <= start < wanted.before or (ours and wanted.specialty not in ours):
            return None
        return Slot(
            ref=ref_of(resource, "Slot"),
            version=version_of(resource)[0],
            start=start,
            end=end,
            specialty=wanted.specialty,
        )

    def _learn(self, bundle: Json) -> None:
        """Schedules and practitioners that came along."""
        beside = [
            entry["resource"]
            for entry in items(bundle.get("entry"))
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
        ]
        names = {
            f"Practitioner/{one.get('id')}": _person(one)
            for one in beside
            if one.get("resourceType") == "Practitioner"
        }
        for one in beside:
            if one.get("resourceType") == "Schedule":
                calendar = self._calendar(one)
                if calendar.practitioner is None or calendar.practitioner_name:
                    self._remember(f"Schedule/{one.get('id')}", calendar)
                elif names.get(calendar.practitioner):
                    named = Calendar(
                        calendar.practitioner, names[calendar.practitioner], calendar.location_name
                    )
                    self._remember(f"Schedule/{one.get('id')}", named)

    async def _named(self, slot: Slot, resource: Json) -> Slot:
        schedule = reference(resource.get("schedule"), "Schedule", self._connection.base)
        calendar = Calendar() if schedule is None else await self._calendar_of(schedule)
        return Slot(
            ref=slot.ref,
            version=slot.version,
            start=slot.start,
            end=slot.end,
            specialty=slot.specialty,
            practitioner=calendar.practitioner,
            practitioner_name=calendar.practitioner_name,
            location_name=calendar.location_name,
        )

    async def _calendar_of(self, schedule: MisRef) -> Calendar:
        known = self._calendars.get(schedule)
        if known is not None:
            return known
        answer = await self._connection.read(schedule)
        calendar = self._calendar(answer.json()) if answer.status < 400 else Calendar()
        if calendar.practitioner is not None and not calendar.practitioner_name:
            person = await self._connection.read(calendar.practitioner)
            name = _person(person.json()) if person.status < 400 else ""
            calendar = Calendar(calendar.practitioner, name, calendar.location_name)
        self._remember(schedule, calendar)
        return calendar

    def _calendar(self, schedule: Json) -> Calendar:
        practitioner: MisRef | None = None
        name = location = ""
        for actor in items(schedule.get("actor")):
            raw, shown = text(node(actor).get("reference")), text(node(actor).get("display"))
            if "Practitioner/" in raw and practitioner is None:
                practitioner = reference(actor, "Practitioner", self._connection.base)
                name = shown
            elif "Location/" in raw:
                location = location or shown
        return Calendar(practitioner, name, location)

    def _remember(self, schedule: str, calendar: Calendar) -> None:
        self._calendars[schedule] = calendar
        if len(self._calendars) > _MOST_SCHEDULES:
            self._calendars.popitem(last=False)


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
