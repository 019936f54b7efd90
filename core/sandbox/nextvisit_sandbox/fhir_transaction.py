"""Transaction bundles: everything in them happens, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson

from nextvisit_sandbox.fhir_problem import FhirProblem
from nextvisit_sandbox.fhir_shape import check_shape
from nextvisit_sandbox.fhir_store import Origin

if TYPE_CHECKING:
    from nextvisit_sandbox.fhir_search import FhirSearch
    from nextvisit_sandbox.fhir_store import FhirStore, Stored
    from nextvisit_sandbox.resource import Resource


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one write."""

    status: int
    stored: Stored


@dataclass(frozen=True, slots=True)
class _Create:
    resource: Resource
    new_id: str
    existing: Stored | None


@dataclass(frozen=True, slots=True)
class _Update:
    resource: Resource


def existing_one(search: FhirSearch, kind: str, if_none_exist: str) -> Stored | None:
    """The one resource that a conditional create would repeat.

    Raises FhirProblem 412 when several match, 400 when the condition selects nothing in particular.
    """
    query = parse_qsl(if_none_exist.removeprefix("?").removeprefix(f"{kind}?"))
    if not query:
        raise FhirProblem(400, "invalid", "If-None-Exist must hold search parameters")
    found = search.matches(kind, query)
    if len(found) > 1:
        raise FhirProblem(412, "multiple-matches", f"{len(found)} resources match If-None-Exist")
    return found[0] if found else None


def run_transaction(store: FhirStore, search: FhirSearch, bundle: Resource) -> list[Written]:
    """Checks every entry first, then writes; raises FhirProblem before anything is written."""
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise FhirProblem(400, "invalid", "only a Bundle of type transaction can be posted here")
    entries = bundle.get("entry", [])
    steps = [_plan(store, search, entry) for entry in entries]
    _check_targets(steps)
    names = {
        entry["fullUrl"]: f"{step.resource['resourceType']}/{_id_of(step)}"
        for entry, step in zip(entries, steps, strict=True)
        if entry.get("fullUrl")
    }
    resolved = [_resolve(step.resource, names) for step in steps]
    _check_slots(store, steps, resolved)
    return [_write(store, step, body) for step, body in zip(steps, resolved, strict=True)]


def _plan(store: FhirStore, search: FhirSearch, entry: Resource) -> _Create | _Update:
    request, resource = entry.get("request", {}), entry.get("resource")
    if not isinstance(resource, dict) or "resourceType" not in resource:
        raise FhirProblem(400, "required", "every entry needs a resource")
    check_shape(resource)
    if not isinstance(request, dict):
        raise FhirProblem(400, "structure", "entry.request must be an object")
    kind, _, resource_id = str(request.get("url", "")).partition("/")
    if kind != resource["resourceType"]:
        raise FhirProblem(
            400, "invalid", f"request.url {request.get('url')!r} is not of {resource['resourceType']}"
        )
    match request.get("method"):
        case "PUT":
            if resource.get("id") != resource_id:
                raise FhirProblem(400, "invalid", f"the id of {kind} differs from its request.url")
            store.check_version(kind, resource_id, request.get("ifMatch"))
            return _Update(resource)
        case "POST":
            condition = request.get("ifNoneExist")
            existing = existing_one(search, kind, condition) if condition else None
            return _Create(resource, store.new_id(), existing)
        case other:
            raise FhirProblem(400, "not-supported", f"method {other!r}: only PUT and POST in a transaction")


def _id_of(step: _Create | _Update) -> str:
    found: str
    match step:
        case _Create(existing=None):
            return step.new_id
        case _Create(existing=existing):
            found = existing.resource["id"] if existing else step.new_id
        case _Update():
            found = step.resource["id"]
    return found


def _check_targets(steps: list[_Create | _Update]) -> None:
    targets = [(step.resource["resourceType"], _id_of(step)) for step in steps]
    if len(set(targets)) != len(targets):
        raise FhirProblem(400, "invalid", "a transaction may touch each resource once only")


def _resolve(resource: Resource, names: dict[str, str]) -> Resource:
    """Puts real references in the place of the bundle's own `fullUrl`s."""
    body = orjson.dumps(resource).decode()
    for full_url, name in names.items():
        body = body.replace(f'"reference":"{full_url}"', f'"reference":"{name}"')
    resolved: Resource = orjson.loads(body)
    return resolved


def _check_slots(store: FhirStore, steps: list[_Create | _Update], resolved: list[Resource]) -> None:
    claimed: set[str] = set()
    for step, body in zip(steps, resolved, strict=True):
        if isinstance(step, _Create) and step.existing is not None:
            continue
        store.check_slot(body)
        if body["resourceType"] == "Appointment":
            slots = {slot.get("reference", "") for slot in body.get("slot", ())}
            if slots & claimed:
                raise FhirProblem(409, "conflict", "two appointments of one transaction claim one slot")
            claimed |= slots


def _write(store: FhirStore, step: _Create | _Update, body: Resource) -> Written:
    match step:
        case _Create(existing=None, new_id=new_id):
            return Written(201, store.create(body, by=Origin.API, resource_id=new_id))
        case _Create(existing=existing) if existing is not None:
            return Written(200, existing)
        case _:
            return Written(200, store.update(body))
