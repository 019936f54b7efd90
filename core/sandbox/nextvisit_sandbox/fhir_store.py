"""The clinic's records: versions, indexes and nothing of HTTP.

Everything runs in one event loop without awaiting in between, so each method is atomic.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zlib import crc32

import orjson

from nextvisit_sandbox.fhir_problem import FhirProblem, not_found
from nextvisit_sandbox.resource import Resource, codings_of, patient_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nextvisit.clock import Clock

DAYS_OF_HISTORY: Final = 30
_DEAD_APPOINTMENTS: Final = frozenset({"cancelled", "entered-in-error", "noshow"})


class Origin(StrEnum):
    """Who put a resource there."""

    HISTORY = "history"
    API = "api"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of a resource, with `meta` as it is served; never changed in place."""

    resource: Resource
    version: int
    updated: datetime
    created_by: Origin
    body: bytes
    """The resource as JSON, unless it was spoilt."""
    is_gone: bool = False
    """It was deleted; what it says is what the last version did."""

    @property
    def etag(self) -> str:
        """The weak validator of this version."""
        return f'W/"{self.version}"'

    @property
    def key(self) -> str:
        """`Type/id`."""
        return f"{self.resource['resourceType']}/{self.resource['id']}"


def _keys() -> defaultdict[tuple[str, str, str], dict[str, None]]:
    return defaultdict(dict)


@dataclass(slots=True)
class _Index:
    """(type, name, value) → ids in the order they came."""

    entries: defaultdict[tuple[str, str, str], dict[str, None]] = field(default_factory=_keys)

    def add(self, stored: Stored) -> None:
        for key in self._keys_of(stored.resource):
            self.entries[key][stored.resource["id"]] = None

    def drop(self, stored: Stored) -> None:
        for key in self._keys_of(stored.resource):
            self.entries[key].pop(stored.resource["id"], None)

    @staticmethod
    def _keys_of(resource: Resource) -> Iterator[tuple[str, str, str]]:
        kind = resource["resourceType"]
        identifiers = resource.get("identifier", ())
        for each in identifiers if isinstance(identifiers, list) else ():
            yield kind, "identifier", str(each.get("value"))
        for specialty in codings_of(resource, "specialty"):
            yield kind, "specialty", str(specialty.get("code"))
        about = patient_of(resource)
        if about:
            yield kind, "patient", about
        if kind == "Appointment":
            for slot in resource.get("slot", ()):
                yield kind, "slot", str(slot.get("reference"))


class FhirStore:
    """All resources by type and id, each in its latest version."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kinds: dict[str, dict[str, Stored]] = {}
        self._gone: dict[str, dict[str, Stored]] = {}
        self._index = _Index()
        self._last = datetime.min.replace(tzinfo=UTC)
        self._counter = 0

    def load(self, resources: Iterable[Resource], at: datetime) -> None:
        """The history: everything in version 1, last touched on some day before `at`.

        A day's changes share one instant, as after a nightly import, so many things have the same stamp.
        """
        self._last = at
        for resource in resources:
            name = f"{resource['resourceType']}/{resource['id']}"
            days = crc32(name.encode()) % DAYS_OF_HISTORY
            self._put(resource, 1, at - timedelta(days=days), Origin.HISTORY)

    def kinds(self) -> list[str]:
        """Types of which there is something."""
        return sorted(self._kinds)

    def all(self, kind: str) -> list[Stored]:
        """Every resource of a type in the order of creation."""
        return list(self._kinds.get(kind, {}).values())

    def indexed(self, kind: str, name: str, value: str) -> list[Stored]:
        """Candidates by `identifier` (its value), `specialty` (a code), `patient` or `slot` (a reference)."""
        ids = self._index.entries.get((kind, name, value), {})
        return [self._kinds[kind][each] for each in ids]

    def find(self, kind: str, resource_id: str) -> Stored | None:
        """None when there is no such resource."""
        return self._kinds.get(kind, {}).get(resource_id)

    def get(self, kind: str, resource_id: str) -> Stored:
        """Raises FhirProblem 404, and 410 when it was deleted."""
        stored = self.find(kind, resource_id)
        if stored is None:
            if resource_id in self._gone.get(kind, {}):
                raise FhirProblem(410, "deleted", f"{kind}/{resource_id} was deleted")
            raise not_found(kind, resource_id)
        return stored

    def history(self, kind: str) -> list[Stored]:
        """The latest version of each resource of a type, of the deleted ones too, newest first."""
        found = [*self.all(kind), *self._gone.get(kind, {}).values()]
        return sorted(found, key=lambda each: (each.updated, each.resource["id"]), reverse=True)

    def new_id(self) -> str:
        """An id that no resource has."""
        self._counter += 1
        return f"new-{self._counter:06d}"

    def create(self, resource: Resource, *, by: Origin, resource_id: str | None = None) -> Stored:
        """A new resource under a new id."""
        self.check_slot(resource)
        made = {**resource, "id": resource_id or self.new_id()}
        return self._put(made, 1, self._now(), by)

    def update(self, resource: Resource, *, if_match: str | None = None) -> Stored:
        """A new version of an existing resource; one that was deleted is there again.

        Raises FhirProblem 404 when there is none, 412 when `if_match` names another version.
        """
        gone = self._gone.get(resource["resourceType"], {}).get(resource["id"])
        if gone is not None and if_match is None:
            self.check_slot(resource)
            return self._put(resource, gone.version + 1, self._now(), gone.created_by)
        old = self.check_version(resource["resourceType"], resource["id"], if_match)
        self.check_slot(resource)
        return self._put(resource, old.version + 1, self._now(), old.created_by)

    def delete(self, kind: str, resource_id: str) -> None:
        """It is gone. Raises FhirProblem 404 when it never was, 410 when it is gone already."""
        old = self.get(kind, resource_id)
        gone = replace(old, version=old.version + 1, updated=self._now(), is_gone=True)
        self._gone.setdefault(kind, {})[resource_id] = gone
        self._index.drop(old)
        del self._kinds[kind][resource_id]

    def spoil(self, kind: str, resource_id: str, body: bytes) -> None:
        """Serve this version as `body`, whatever that is; searches find it as it was before.

        Raises FhirProblem 404 when there is none.
        """
        of_kind = self._kinds.get(kind, {})
        of_kind[resource_id] = replace(self.get(kind, resource_id), body=body)

    def check_version(self, kind: str, resource_id: str, if_match: str | None) -> Stored:
        """What an update would replace; raises as `update` does."""
        old = self.get(kind, resource_id)
        if if_match is not None and if_match.removeprefix("W/").strip('"') != str(old.version):
            problem = f"{old.key} is at version {old.version}, not at {if_match}"
            raise FhirProblem(412, "conflict", problem)
        return old

    def check_slot(self, resource: Resource) -> None:
        """Raises FhirProblem 409 when a live appointment asks for the slot of another one."""
        if resource["resourceType"] != "Appointment" or resource.get("status") in _DEAD_APPOINTMENTS:
            return
        for slot in resource.get("slot", ()):
            for other in self.indexed("Appointment", "slot", slot.get("reference", "")):
                live = other.resource["status"] not in _DEAD_APPOINTMENTS
                if live and other.resource["id"] != resource.get("id"):
                    problem = f"{slot['reference']} belongs to another appointment"
                    raise FhirProblem(409, "conflict", problem)

    def now(self) -> datetime:
        """What time it is in the clinic."""
        return self._clock.now().astimezone(UTC)

    def _now(self) -> datetime:
        """In whole milliseconds, as a FHIR instant shows it; never before an earlier write."""
        now = self.now()
        self._last = max(self._last, now.replace(microsecond=now.microsecond // 1000 * 1000))
        return self._last

    def _put(self, resource: Resource, version: int, at: datetime, by: Origin) -> Stored:
        stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": stamp}
        made = {**resource, "meta": meta}
        stored = Stored(made, version, at, by, orjson.dumps(made))
        of_kind = self._kinds.setdefault(made["resourceType"], {})
        old = of_kind.get(made["id"])
        if old is not None:
            self._index.drop(old)
        of_kind[made["id"]] = stored
        self._gone.get(made["resourceType"], {}).pop(made["id"], None)
        self._index.add(stored)
        return stored
