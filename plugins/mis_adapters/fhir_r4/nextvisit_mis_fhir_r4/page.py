"""A page of a search → records.

One unreadable resource never spoils its page, one odd element never its record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from nextvisit.sdk.errors import ProtocolError, RetryLater
from nextvisit.sdk.records import Change, Deleted, MisEvent, MisRef, Unreadable
from nextvisit_mis_fhir_r4.body import Damaged, alone, loads
from nextvisit_mis_fhir_r4.care import read_condition, read_coverage, read_procedure, read_result
from nextvisit_mis_fhir_r4.clinic import read_location, read_practitioner, read_role, read_service
from nextvisit_mis_fhir_r4.consent import read_consent
from nextvisit_mis_fhir_r4.oddities import Oddities, notes_of
from nextvisit_mis_fhir_r4.patient import read_patient
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant, node, ref_of, reference
from nextvisit_mis_fhir_r4.related_person import read_related_person
from nextvisit_mis_fhir_r4.stamp import Stamp, stamp_of
from nextvisit_mis_fhir_r4.visit import identifiers_of, patients_of, read_appointment, read_encounter
from nextvisit_mis_fhir_r4.words import Words

if TYPE_CHECKING:
    from datetime import datetime

    from nextvisit_mis_fhir_r4.connection import Answer
    from nextvisit_mis_fhir_r4.settings import FhirR4Settings


_FULL_URL: Final = re.compile(r'"fullUrl"\s*:\s*"([^"\\]+)"')
# https://hl7.org/fhir/R4/valueset-issue-type.html, `transient` and what is below it.
_PASSING: Final = frozenset(
    ["transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"]
)
_DETAILS: Final[Mapping[str, Callable[[Json, Stamp, Words, Oddities], Change | Deleted]]] = {
    "Practitioner": read_practitioner,
    "PractitionerRole": read_role,
    "Location": read_location,
    "HealthcareService": read_service,
    "Coverage": read_coverage,
    "Condition": read_condition,
    "Procedure": read_procedure,
    "DiagnosticReport": read_result,
    "Observation": read_result,
}
"""What stops nobody and permits nothing."""


class PageReader:
    """Reads pages of one server. Pure: the same bytes give the same records."""

    def __init__(self, settings: FhirR4Settings) -> None:
        self._words = Words.of(settings)

    def read(self, body: bytes) -> list[MisEvent]:
        """Every record of the page. Raises nothing."""
        try:
            bundle = loads(body).json
        except Unfit:
            return [Unreadable(ref=None, reason="page.not_json")]
        if bundle.get("resourceType") != "Bundle":
            return [Unreadable(ref=None, reason="page.not_a_bundle")]
        entries = bundle.get("entry", [])
        if not isinstance(entries, list):
            return [Unreadable(ref=None, reason="page.entries")]
        words = replace(self._words, base=replace(self._words.base, full_urls=_full_urls(entries)))
        page = _Page(words, _made_at(bundle), _roles(entries))
        return [event for entry in entries for event in page.entry(entry)]


class _Page:
    """What is known of the page while its entries are read."""

    def __init__(self, words: Words, made_at: datetime | None, roles: dict[str, Json]) -> None:
        self._words = words
        self._made_at = made_at
        self._roles = roles

    def entry(self, entry: Any) -> list[MisEvent]:
        if isinstance(entry, Damaged):
            place = _FULL_URL.search(entry.raw)
            known_as = None if place is None else place.group(1)
            return self._unreadable(
                entry.resource, "entry.damaged", entry.alone(self._made_at), known_as=known_as
            )
        if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
            gone = _deleted(entry, self._words)
            if gone is not None:
                return [gone]
            rest = entry if isinstance(entry, dict) else {}
            return self._unreadable({}, "entry.no_resource", None, known_as=rest.get("fullUrl"))
        if is_beside(entry):
            return [*notes_of(entry["resource"])]
        resource = entry["resource"]
        odd = Oddities(self._words.zone)
        try:
            ref = ref_of(resource, _kind(resource))
            stamp = stamp_of(resource, ref, self._made_at, odd)
            return [*self._records(resource, stamp, odd), *odd.of(ref)]
        except Unfit as unfit:
            known_as = entry.get("fullUrl")
            return self._unreadable(
                resource, unfit.reason, alone(resource, self._made_at, known_as), known_as=known_as
            )

    def _records(self, resource: Json, stamp: Stamp, odd: Oddities) -> list[Change | Deleted]:
        words, kind = self._words, resource["resourceType"]
        if kind in _DETAILS:
            return [_DETAILS[kind](resource, stamp, words, odd)]
        match kind:
            case "Patient":
                return list(read_patient(resource, stamp, words, odd))
            case "RelatedPerson":
                return [read_related_person(resource, stamp, words, odd)]
            case "Appointment":
                return list(read_appointment(resource, stamp, words, self._roles, odd))
            case "Encounter":
                return list(read_encounter(resource, stamp, words, self._roles, odd))
            case "Consent":
                return list(read_consent(resource, stamp, words, odd))
            case _:
                raise Unfit("type.unexpected")

    def _unreadable(
        self, resource: Json, reason: str, alone: bytes | None, *, known_as: Any
    ) -> list[MisEvent]:
        """One for each patient whom it is about: a group's visit that cannot be read holds them all.

        known_as: the entry's full URL, which says what it is when the resource does not.
        """
        ref = self._ref(resource, known_as)
        if ref is None:
            return [Unreadable(ref=None, reason=reason, alone=alone)]
        stamp = stamp_of(resource, ref, self._made_at, Oddities(self._words.zone))
        about: list[MisRef | None] = (
            [ref] if ref.startswith("Patient/") else [*patients_of(resource, self._words.base)]
        )
        return [
            Unreadable(
                ref=ref,
                reason=reason,
                version=stamp.version,
                updated_at=stamp.updated_at,
                patient=patient,
                alone=alone,
                identifiers=() if about else identifiers_of(resource),
                holds=ref.partition("/")[0] not in _DETAILS,
            )
            for patient in about or [None]
        ]

    def _ref(self, resource: Json, known_as: Any) -> MisRef | None:
        try:
            return ref_of(resource, _kind(resource))
        except Unfit:
            pass
        below = self._words.base.below(known_as) if isinstance(known_as, str) else None
        kind = (below or "").partition("/")[0]
        try:
            return reference({"reference": below}, kind, self._words.base)
        except Unfit:
            return None


def _deleted(entry: Any, words: Words) -> Deleted | None:
    """How a history tells of a deletion, https://hl7.org/fhir/R4/http.html#history."""
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or request.get("method") != "DELETE":
        return None
    url = request.get("url")
    kind = url.split("/")[0] if isinstance(url, str) else ""
    try:
        ref = reference({"reference": url}, kind, words.base)
    except Unfit:
        return None
    response = entry.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    return None if ref is None else Deleted(ref, unseen=isinstance(status, str) and status.startswith("404"))


def _kind(resource: Json) -> str:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not kind.isascii() or not kind.isalpha() or len(kind) > 40:
        raise Unfit("type.malformed")
    return kind


def _made_at(bundle: Json) -> datetime | None:
    """When the server made the page, https://hl7.org/fhir/R4/bundle.html."""
    for said in (bundle.get("timestamp"), _meta(bundle).get("lastUpdated")):
        try:
            return instant(said)
        except Unfit:
            continue
    return None


def _meta(bundle: Json) -> Json:
    try:
        return node(bundle.get("meta"))
    except Unfit:
        return {}


def _roles(entries: list[Any]) -> dict[str, Json]:
    """The PractitionerRoles that came along."""
    return {
        f"PractitionerRole/{one['resource'].get('id')}": one["resource"]
        for one in entries
        if isinstance(one, dict)
        and isinstance(one.get("resource"), dict)
        and one["resource"].get("resourceType") == "PractitionerRole"
    }


def _full_urls(entries: list[Any]) -> dict[str, str]:
    """What each entry is, by its full URL; without those that say it themselves."""
    found: dict[str, str] = {}
    for one in entries:
        resource = one.get("resource") if isinstance(one, dict) else None
        known_as = one.get("fullUrl") if isinstance(one, dict) else None
        if not isinstance(resource, dict) or not isinstance(known_as, str):
            continue
        try:
            ref = ref_of(resource, _kind(resource))
        except Unfit:
            continue
        if not known_as.endswith(f"/{ref}"):
            found[known_as.strip()] = ref
    return found


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


def total_of(bundle: Json) -> int | None:
    """How many things the search found, as the server says it; includes and outcomes are none of them."""
    total = bundle.get("total")
    return total if type(total) is int and total >= 0 else None


def is_incomplete(bundle: Json) -> bool:
    """Whether an outcome beside the matches says that something of them is missing, for now."""
    entries = bundle.get("entry", [])
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "OperationOutcome":
            issues = resource.get("issue")
            if any(map(_is_passing, issues if isinstance(issues, list) else [])):
                return True
    return False


def whole(answer: Answer, kind: str) -> Json:
    """The Bundle of a search. Raises RetryLater when the server says that something of it is missing.

    Whatever else comes is no answer: that nothing was found must not be read into it. Raises ProtocolError.
    """
    bundle = answer.json()
    if bundle.get("resourceType") != "Bundle":
        raise ProtocolError("fhir.not_a_bundle", f"the search for {kind}", whose="theirs")
    if is_incomplete(bundle):
        raise RetryLater("fhir.incomplete", f"{kind}: the server says that its answer is incomplete")
    return bundle


def _is_passing(issue: Any) -> bool:
    if not isinstance(issue, dict) or issue.get("severity") == "information":
        return False
    return issue.get("code") in _PASSING


def next_link(bundle: Json) -> str | None:
    """Where the next page is, as the server says it."""
    links = bundle.get("link", [])
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(link["url"])
    return None
