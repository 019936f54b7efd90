"""Search: parameters to conditions, conditions to a snapshot, a snapshot to pages."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.fhir_dates import DateRule, date_rule, instant
from nextvisit_sandbox.fhir_problem import FhirProblem
from nextvisit_sandbox.resource import Resource, codings_of, patient_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from nextvisit_sandbox.fhir_store import FhirStore, Stored

    Condition = Callable[[Stored], bool]

_NO_DATE: Final = datetime.min.replace(tzinfo=UTC)
DEFAULT_COUNT: Final = 50
MAX_COUNT: Final = 500
_KEPT_SNAPSHOTS: Final = 200
_CONTROL: Final = frozenset(
    {"_count", "_sort", "_format", "_total", "_include", "_include:iterate", "_revinclude"}
)
_INDEXED: Final = ("identifier", "patient", "specialty")
# Type → parameter → (kind of matching, element).
PARAMETERS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "Patient": {
        "identifier": ("identifier", ""),
        "active": ("code", "active"),
        "birthdate": ("date", "birthDate"),
    },
    "Slot": {
        "status": ("code", "status"),
        "start": ("date", "start"),
        "specialty": ("concept", "specialty"),
        "schedule": ("reference", "schedule"),
    },
    "Schedule": {"actor": ("reference", "actor"), "specialty": ("concept", "specialty")},
    "Appointment": {
        "patient": ("patient", ""),
        "date": ("date", "start"),
        "status": ("code", "status"),
        "identifier": ("identifier", ""),
        "specialty": ("concept", "specialty"),
        "slot": ("reference", "slot"),
    },
    "Consent": {"patient": ("patient", ""), "status": ("code", "status"), "date": ("date", "dateTime")},
    "Encounter": {"patient": ("patient", ""), "status": ("code", "status"), "date": ("date", "period")},
    "Practitioner": {"identifier": ("identifier", "")},
    "Location": {"identifier": ("identifier", "")},
    "HealthcareService": {"specialty": ("concept", "specialty")},
    "Condition": {"patient": ("patient", "")},
    "Procedure": {"patient": ("patient", "")},
    "Immunization": {"patient": ("patient", "")},
    "DiagnosticReport": {"patient": ("patient", "")},
    "Observation": {"patient": ("patient", "")},
    "Coverage": {"patient": ("patient", "")},
    "PractitionerRole": {"specialty": ("concept", "specialty")},
    "Organization": {"identifier": ("identifier", "")},
}


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a snapshot. included: what its entries refer to, as far as that was asked for.

    is_history: it is of a history, and not of a search.
    """

    entries: Sequence[Stored]
    included: Sequence[Stored]
    total: int
    next_token: str | None
    is_history: bool


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What one search found. includes: (type, element) of references to follow, in rounds.

    occupants: the appointments of slots come along.
    """

    found: Sequence[Stored]
    count: int
    includes: Sequence[tuple[str, str]]
    occupants: bool
    is_history: bool = False


class FhirSearch:
    """Answers searches of one store; a search's later pages show what its first one saw."""

    def __init__(self, store: FhirStore, zone: ZoneInfo) -> None:
        self._store = store
        self._zone = zone
        self._snapshots: OrderedDict[str, _Snapshot] = OrderedDict()

    def first_page(self, kind: str, query: Sequence[tuple[str, str]]) -> Page:
        """Raises FhirProblem 400 for an unknown parameter or a value that cannot be read."""
        found = self.matches(kind, query)
        options = dict(query)
        sort = options.get("_sort")
        if sort is not None:
            found.sort(key=self._order(kind, sort.removeprefix("-")), reverse=sort.startswith("-"))
        includes = [_include(value) for name, value in query if name.startswith("_include")]
        count = _count(options.get("_count"))
        return self._open(_Snapshot(found, count, includes, _with_occupants(query)))

    def history(self, kind: str, query: Sequence[tuple[str, str]]) -> Page:
        """The first page of what changed at or after `_since`. Raises FhirProblem 400 as `first_page`."""
        options = dict(query)
        unknown = options.keys() - {"_since", "_count", "_format"}
        if unknown:
            raise FhirProblem(400, "not-supported", f"a history has no parameter {min(unknown)!r}")
        found = self._store.history(kind)
        if "_since" in options:
            rule = date_rule("_since", f"ge{options['_since']}", self._zone)
            found = [each for each in found if rule.holds(each.updated)]
        return self._open(
            _Snapshot(found, _count(options.get("_count")), (), occupants=False, is_history=True)
        )

    def _open(self, snapshot: _Snapshot) -> Page:
        token = secrets.token_urlsafe(12)
        if len(snapshot.found) > snapshot.count > 0:
            self._snapshots[token] = snapshot
            while len(self._snapshots) > _KEPT_SNAPSHOTS:
                self._snapshots.popitem(last=False)
        return self._page(token, snapshot, 0)

    def next_page(self, token: str) -> Page:
        """Raises FhirProblem 410 when the snapshot is gone."""
        name, _, offset = token.partition(".")
        snapshot = self._snapshots.get(name)
        if snapshot is None or not offset.isdecimal():
            raise FhirProblem(410, "expired", "this page is gone: start the search again")
        self._snapshots.move_to_end(name)
        return self._page(name, snapshot, int(offset))

    def matches(self, kind: str, query: Sequence[tuple[str, str]]) -> list[Stored]:
        """All that fit, in the order of creation."""
        conditions = [self._condition(kind, name, value) for name, value in query if name not in _CONTROL]
        return [each for each in self._candidates(kind, query) if all(holds(each) for holds in conditions)]

    def _candidates(self, kind: str, query: Sequence[tuple[str, str]]) -> list[Stored]:
        for name, value in query:
            if name not in _INDEXED or "," in value or value.endswith("|"):
                continue
            if name == "patient":
                return self._store.indexed(kind, name, _literal(value, "Patient"))
            return self._store.indexed(kind, name, value.rpartition("|")[2])
        return self._store.all(kind)

    def _condition(self, kind: str, name: str, value: str) -> Condition:
        if name == "_id":
            wanted = set(value.split(","))
            return lambda each: each.resource["id"] in wanted
        if name == "_lastUpdated":
            rule = date_rule(name, value, self._zone)
            return lambda each: rule.holds(each.updated)
        matching, element = PARAMETERS.get(kind, {}).get(name, ("", ""))
        match matching:
            case "identifier":
                return lambda each: _has_token(each.resource.get("identifier", ()), "value", value)
            case "patient":
                patients = {_literal(part, "Patient") for part in value.split(",")}
                return lambda each: patient_of(each.resource) in patients
            case "code":
                codes = {part.rpartition("|")[2].lower() for part in value.split(",")}
                return lambda each: str(each.resource.get(element, "")).lower() in codes
            case "date":
                return self._dated(element, date_rule(name, value, self._zone))
            case "concept":
                return lambda each: _has_token(codings_of(each.resource, element), "code", value)
            case "reference":
                references = set(value.split(","))
                return lambda each: any(_refers(ref, references) for ref in _listed(each.resource, element))
            case _:
                raise FhirProblem(400, "not-supported", f"unknown search parameter {name!r} for {kind}")

    def _dated(self, element: str, rule: DateRule) -> Condition:
        def holds(each: Stored) -> bool:
            at = self._date_of(each, element)
            return at is not None and rule.holds(at)

        return holds

    def _date_of(self, each: Stored, element: str) -> datetime | None:
        """Its beginning, of a Period too."""
        value = each.resource.get(element)
        if isinstance(value, dict):
            value = value.get("start")
        return None if value is None else instant(value, self._zone)

    def _order(self, kind: str, name: str) -> Callable[[Stored], tuple[datetime, str]]:
        if name == "_lastUpdated":
            return lambda each: (each.updated, each.resource["id"])
        matching, element = PARAMETERS.get(kind, {}).get(name, ("", ""))
        if matching != "date":
            raise FhirProblem(400, "not-supported", f"_sort={name}: only dates can be sorted by")
        return lambda each: (self._date_of(each, element) or _NO_DATE, each.resource["id"])

    def _page(self, token: str, snapshot: _Snapshot, offset: int) -> Page:
        end = offset + snapshot.count
        entries = snapshot.found[offset:end]
        more = snapshot.count > 0 and end < len(snapshot.found)
        included = self._included(entries, snapshot.includes)
        if snapshot.occupants:
            included += [
                one for each in entries for one in self._store.indexed("Appointment", "slot", each.key)
            ]
        next_token = f"{token}.{end}" if more else None
        return Page(entries, included, len(snapshot.found), next_token, snapshot.is_history)

    def _included(self, entries: Sequence[Stored], includes: Sequence[tuple[str, str]]) -> list[Stored]:
        """Each once; a later include also follows what an earlier one has brought."""
        brought: dict[str, Stored] = {}
        for kind, element in includes:
            for each in (*entries, *list(brought.values())):
                if each.resource["resourceType"] != kind:
                    continue
                for ref in _listed(each.resource, element):
                    target, _, name = str(ref.get("reference", "")).partition("/")
                    found = self._store.find(target, name)
                    if found is not None:
                        brought[found.key] = found
        return list(brought.values())


def _count(raw: str | None) -> int:
    if raw is None:
        return DEFAULT_COUNT
    if not raw.isdecimal():
        raise FhirProblem(400, "value", f"_count={raw!r} is no number")
    return min(int(raw), MAX_COUNT)


def _include(value: str) -> tuple[str, str]:
    """`Slot:schedule` as type and element. Raises FhirProblem 400 for what is no reference."""
    kind, _, name = value.partition(":")
    matching, element = PARAMETERS.get(kind, {}).get(name, ("", ""))
    if matching != "reference":
        raise FhirProblem(400, "not-supported", f"_include={value} names no reference")
    return kind, element


def _with_occupants(query: Sequence[tuple[str, str]]) -> bool:
    """Raises FhirProblem 400 for references that cannot be followed backwards."""
    wanted = {value for name, value in query if name == "_revinclude"}
    if wanted - {"Appointment:slot"}:
        raise FhirProblem(400, "not-supported", "_revinclude: only Appointment:slot")
    return bool(wanted)


def _literal(value: str, kind: str) -> str:
    return value if "/" in value else f"{kind}/{value}"


def _listed(resource: Resource, element: str) -> Sequence[Resource]:
    found = resource.get(element, ())
    return [found] if isinstance(found, dict) else found


def _refers(reference: Resource, wanted: set[str]) -> bool:
    literal: str = reference.get("reference", "")
    return literal in wanted or literal.rpartition("/")[2] in wanted


def _has_token(held: Sequence[Resource], value_key: str, wanted: str) -> bool:
    """FHIR token matching: `code`, `system|code`, `system|` or `|code`, any of a comma's alternatives."""
    for part in wanted.split(","):
        system, bar, value = part.rpartition("|")
        for each in held:
            if bar and each.get("system", "") != system:
                continue
            if not value or each.get(value_key) == value:
                return True
    return False
