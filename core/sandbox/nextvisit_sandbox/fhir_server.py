"""FHIR R4 over HTTP: what a clinic's system of middling quality offers, done properly."""

from __future__ import annotations

from email.utils import format_datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response
from starlette.routing import Route

from nextvisit_sandbox.fhir_problem import FhirProblem
from nextvisit_sandbox.fhir_search import PARAMETERS, FhirSearch, Page
from nextvisit_sandbox.fhir_shape import check_shape
from nextvisit_sandbox.fhir_store import Origin
from nextvisit_sandbox.fhir_transaction import Written, existing_one, run_transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from zoneinfo import ZoneInfo

    from starlette.requests import Request

    from nextvisit_sandbox.fhir_store import FhirStore, Stored
    from nextvisit_sandbox.resource import Resource

    Answer = Callable[[Request], Awaitable[Response]]

_FHIR_JSON = "application/fhir+json"
_GATEWAY_TIMEOUT = 504
_FAULT_CODES = {409: "conflict", 422: "business-rule", 500: "exception", 504: "timeout"}


class FhirServer:
    """The routes under `/fhir`."""

    def __init__(
        self, store: FhirStore, *, token: str, zone: ZoneInfo, booking_faults: Sequence[int] = ()
    ) -> None:
        self._store = store
        self.booking_faults = list(booking_faults)
        self._search = FhirSearch(store, zone)
        self._token = token.encode()

    def routes(self) -> list[Route]:
        """To be mounted by whoever serves them."""
        return [
            Route("/fhir/metadata", self._metadata, methods=["GET"]),
            Route("/fhir", self._guarded(self._at_base), methods=["GET", "POST"]),
            Route("/fhir/", self._guarded(self._at_base), methods=["GET", "POST"]),
            Route("/fhir/{kind}", self._guarded(self._at_type), methods=["GET", "POST"]),
            Route("/fhir/{kind}/_history", self._guarded(self._history_of_type), methods=["GET"]),
            Route("/fhir/{kind}/{id}", self._guarded(self._at_instance), methods=["GET", "PUT", "DELETE"]),
        ]

    def _guarded(self, answer: Answer) -> Answer:
        async def guarded(request: Request) -> Response:
            try:
                self._authorise(request)
                response = await answer(request)
            except FhirProblem as problem:
                response = _json(problem.outcome(), status=problem.status)
            response.headers["Date"] = format_datetime(self._store.now(), usegmt=True)
            return response

        return guarded

    def _authorise(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(given.encode(), self._token):
            raise FhirProblem(401, "login", "send the clinic's token as Authorization: Bearer")

    async def _metadata(self, _: Request) -> Response:
        offered = ("read", "search-type", "history-type", "create", "update", "delete")
        interactions = [{"code": code} for code in offered]
        return _json(
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "kind": "instance",
                "fhirVersion": "4.0.1",
                "format": ["json", _FHIR_JSON],
                "software": {"name": "NextVisit sandbox clinic"},
                "rest": [
                    {
                        "mode": "server",
                        "interaction": [{"code": "transaction"}],
                        "resource": [
                            {
                                "type": kind,
                                "versioning": "versioned-update",
                                "conditionalCreate": True,
                                "interaction": interactions,
                                "searchParam": [
                                    {"name": name, "type": _parameter_type(matching)}
                                    for name, (matching, _) in parameters.items()
                                ],
                            }
                            for kind, parameters in PARAMETERS.items()
                        ],
                    }
                ],
            }
        )

    async def _at_base(self, request: Request) -> Response:
        if request.method == "GET":
            token = request.query_params.get("_page")
            if token is None:
                raise FhirProblem(400, "not-supported", "a search over all types is not supported")
            return self._bundle(request, self._search.next_page(token))
        fault = self.booking_faults.pop(0) if self.booking_faults else None
        if fault is not None and fault != _GATEWAY_TIMEOUT:
            raise FhirProblem(fault, _FAULT_CODES[fault], "not now")
        written = run_transaction(self._store, self._search, await _body(request))
        if fault is not None:
            raise FhirProblem(fault, _FAULT_CODES[fault], "the answer was lost")
        entries = [{"resource": _fragment(each.stored), "response": _response_of(each)} for each in written]
        return _json({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

    async def _at_type(self, request: Request) -> Response:
        kind = self._kind(request)
        if request.method == "GET":
            return self._bundle(request, self._search.first_page(kind, request.query_params.multi_items()))
        resource = await _body(request)
        _check_kind(resource, kind)
        condition = request.headers.get("if-none-exist")
        existing = existing_one(self._search, kind, condition) if condition else None
        if existing is not None:
            return _stored(existing, status=200, base=_base(request))
        return _stored(self._store.create(resource, by=Origin.API), status=201, base=_base(request))

    async def _history_of_type(self, request: Request) -> Response:
        kind = self._kind(request)
        return self._bundle(request, self._search.history(kind, request.query_params.multi_items()))

    async def _at_instance(self, request: Request) -> Response:
        kind, resource_id = self._kind(request), request.path_params["id"]
        if request.method == "GET":
            return _stored(self._store.get(kind, resource_id), status=200)
        if request.method == "DELETE":
            self._store.delete(kind, resource_id)
            return Response(status_code=204)
        resource = await _body(request)
        _check_kind(resource, kind)
        if resource.get("id") != resource_id:
            raise FhirProblem(400, "invalid", "the resource's id differs from the URL's")
        updated = self._store.update(resource, if_match=request.headers.get("if-match"))
        return _stored(updated, status=200)

    def _kind(self, request: Request) -> str:
        kind: str = request.path_params["kind"]
        if kind not in PARAMETERS and kind not in self._store.kinds():
            raise FhirProblem(404, "not-supported", f"resource type {kind!r} is not supported")
        return kind

    @staticmethod
    def _bundle(request: Request, page: Page) -> Response:
        base = _base(request)
        links = [{"relation": "self", "url": str(request.url)}]
        if page.next_token is not None:
            links.append({"relation": "next", "url": f"{base}?_page={page.next_token}"})
        entries = [_version(base, each) for each in page.entries] if page.is_history else _found(base, page)
        kind = "history" if page.is_history else "searchset"
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind, "total": page.total}
        bundle["link"] = links
        if entries:  # FHIR forbids empty arrays
            bundle["entry"] = entries
        return _json(bundle)


def _found(base: str, page: Page) -> list[Resource]:
    return [
        {"fullUrl": f"{base}/{each.key}", "resource": _fragment(each), "search": {"mode": mode}}
        for mode, found in (("match", page.entries), ("include", page.included))
        for each in found
    ]


def _version(base: str, stored: Stored) -> Resource:
    """An entry of a history, https://hl7.org/fhir/R4/http.html#history; a deletion has no resource."""
    method = "DELETE" if stored.is_gone else "PUT" if stored.version > 1 else "POST"
    status = {"DELETE": "204 No Content", "PUT": "200 OK", "POST": "201 Created"}[method]
    at = stored.updated.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry: Resource = {
        "fullUrl": f"{base}/{stored.key}",
        "request": {"method": method, "url": stored.key if method != "POST" else stored.key.split("/")[0]},
        "response": {"status": status, "etag": stored.etag, "lastModified": at},
    }
    return entry if stored.is_gone else {**entry, "resource": _fragment(stored)}


def _base(request: Request) -> str:
    return f"{request.base_url}fhir"


def _parameter_type(matching: str) -> str:
    return {"date": "date", "reference": "reference", "patient": "reference"}.get(matching, "token")


async def _body(request: Request) -> Resource:
    try:
        resource = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise FhirProblem(400, "structure", "the body is no JSON") from error
    if not isinstance(resource, dict):
        raise FhirProblem(400, "structure", "the body is no JSON object")
    check_shape(resource)
    return resource


def _check_kind(resource: Resource, kind: str) -> None:
    if resource.get("resourceType") != kind:
        raise FhirProblem(400, "invalid", f"the body is no {kind}")


def _fragment(stored: Stored) -> orjson.Fragment:
    return orjson.Fragment(stored.body)


def _stored(stored: Stored, *, status: int, base: str | None = None) -> Response:
    headers = {"ETag": stored.etag, "Last-Modified": format_datetime(stored.updated, usegmt=True)}
    if base is not None:
        headers["Location"] = f"{base}/{stored.key}/_history/{stored.version}"
    return Response(stored.body, status, headers, media_type=_FHIR_JSON)


def _response_of(written: Written) -> Resource:
    stored = written.stored
    return {
        "status": "201 Created" if written.status == 201 else "200 OK",
        "location": f"{stored.key}/_history/{stored.version}",
        "etag": stored.etag,
        "lastModified": stored.resource["meta"]["lastUpdated"],
    }


def _json(content: Resource, *, status: int = 200) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Response(orjson.dumps(content), status, headers, media_type=_FHIR_JSON)
