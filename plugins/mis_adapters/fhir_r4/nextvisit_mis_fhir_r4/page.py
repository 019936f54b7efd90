"""A page of a search → records. One unreadable resource never spoils its page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from nextvisit.sdk.records import Change, MisRef, Unreadable
from nextvisit_mis_fhir_r4.consent import read_consent
from nextvisit_mis_fhir_r4.patient import read_patient
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, ref_of
from nextvisit_mis_fhir_r4.settings import FhirR4Settings
from nextvisit_mis_fhir_r4.visit import VisitWords, read_appointment, read_encounter


class PageReader:
    """Reads pages of one server. Pure: the same bytes give the same records."""

    def __init__(self, settings: FhirR4Settings) -> None:
        self._settings = settings
        self._words = VisitWords(
            base=settings.base_url,
            booking_system=settings.booking_system,
            specialties=settings.specialties,
            default_specialty=settings.default_specialty,
        )

    def read(self, body: bytes) -> list[Change | Unreadable]:
        """Every record of the page. Raises nothing."""
        try:
            bundle = orjson.loads(body)
        except orjson.JSONDecodeError:
            return [Unreadable(ref=None, reason="page.not_json")]
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            return [Unreadable(ref=None, reason="page.not_a_bundle")]
        entries = bundle.get("entry", [])
        if not isinstance(entries, list):
            return [Unreadable(ref=None, reason="page.entries")]
        found: list[Change | Unreadable] = []
        for entry in entries:
            record = self._entry(entry)
            if record is not None:
                found.append(record)
        return found

    def _entry(self, entry: Any) -> Change | Unreadable | None:
        if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
            return Unreadable(ref=None, reason="entry.no_resource")
        if is_beside(entry):
            return None
        resource = entry["resource"]
        try:
            return self._resource(resource)
        except Unfit as unfit:
            return Unreadable(ref=_ref(resource), reason=unfit.reason)

    def _resource(self, resource: Json) -> Change | None:
        match resource.get("resourceType"):
            case "Patient":
                return read_patient(resource, self._settings.base_url)
            case "Appointment":
                return read_appointment(resource, self._words)
            case "Encounter":
                return read_encounter(resource, self._words)
            case "Consent":
                return read_consent(
                    resource,
                    self._settings.base_url,
                    self._settings.purpose_system,
                    self._settings.channel_system,
                )
            case _:
                raise Unfit("type.unexpected")


def is_beside(entry: Json) -> bool:
    """Not a match of the search: an outcome about it, or something included."""
    search = entry.get("search")
    mode = search.get("mode") if isinstance(search, dict) else None
    return mode in ("outcome", "include") or entry["resource"].get("resourceType") == "OperationOutcome"


def matches(bundle: Json) -> Iterator[Json]:
    """The resources that a search found; see `misfits` for the rest."""
    entries = bundle.get("entry", [])
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict) and not is_beside(entry):
            yield entry["resource"]


def misfits(bundle: Json) -> list[object]:
    """Entries without a resource, which `PageReader` reports."""
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        return [entries]
    return [one for one in entries if not isinstance(one, dict) or not isinstance(one.get("resource"), dict)]


def next_link(bundle: Json) -> str | None:
    """Where the next page is, as the server says it."""
    links = bundle.get("link", [])
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(link["url"])
    return None


def _ref(resource: Json) -> MisRef | None:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not kind.isascii() or not kind.isalpha() or len(kind) > 40:
        return None
    try:
        return ref_of(resource, kind)
    except Unfit:
        return None
