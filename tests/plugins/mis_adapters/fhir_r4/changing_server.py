"""A FHIR server in a few lines whose content changes between two requests, as a hospital's does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

BEGIN = datetime(2026, 5, 1, 10, tzinfo=UTC)
Step = Callable[["ChangingServer"], None]


@dataclass
class ChangingServer:
    """Patients, paged by offset: what goes away moves what is behind it one place forward.

    sorts, filters: whether it looks at `_sort` and `_lastUpdated`, or passes over them as FHIR allows.
    expires: every page but the first has gone when it is asked for.
    most: no search gives more than so many; its last page has no link.
    page_most: no page holds more than so many, whatever was asked, and there are no links.
    farthest: a page that begins beyond it is refused.
    total: what a page says about it; None says nothing.
    outcome: the issues of an outcome that comes with every page.
    steps: what changes, one after each answer that is not about the order.
    answers: by path, what is answered instead. asked: paths and queries, as they came, but for its statement.
    offers: interactions with a Patient that its statement says it has.
    """

    url: str = ""
    sorts: bool = True
    filters: bool = True
    expires: bool = False
    most: int | None = None
    page_most: int | None = None
    farthest: int | None = None
    total: Callable[[int], int] | None = None
    outcome: list[dict[str, str]] = field(default_factory=list)
    offers: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    now: datetime = BEGIN
    patients: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, name: str, *, at: datetime | None = None, tick: int = 1) -> None:
        """Make it or edit it; `tick` milliseconds after the last one."""
        self.now += timedelta(milliseconds=tick)
        version = int(self.patients.get(name, {"meta": {"versionId": "0"}})["meta"]["versionId"]) + 1
        stamp = (at or self.now).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        meta = {"versionId": str(version), "lastUpdated": stamp}
        self.patients[name] = {"resourceType": "Patient", "id": name, "meta": meta}

    def delete(self, name: str) -> None:
        """It is gone."""
        self.patients.pop(name, None)

    def versions(self) -> set[tuple[str, str]]:
        """What there is: reference and version."""
        return {(f"Patient/{name}", one["meta"]["versionId"]) for name, one in self.patients.items()}

    def answer(self, target: str) -> tuple[int, str]:
        """Status and body."""
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if path == "/fhir/metadata" and path not in self.answers:
            return 200, json.dumps(self._statement())
        self.asked.append((path, query))
        if path in self.answers:
            return self.answers[path]
        if self.expires and "offset" in query:
            return 410, "{}"
        found = self._found(query)
        there, found = len(found), found[: self.most]
        offset, count = int(query.get("offset", "0")), int(query.get("_count", "50"))
        if self.farthest is not None and offset > self.farthest:
            return 400, "{}"
        links = []
        if self.page_most is not None:
            count = min(count, self.page_most)
        elif offset + count < len(found):
            following = urlencode(query | {"offset": str(offset + count)})
            links = [{"relation": "next", "url": f"{self.url}/Patient?{following}"}]
        bundle = page(found[offset : offset + count], links)
        if self.total is not None:
            bundle["total"] = self.total(there)
        if self.outcome:
            outcome = {"resourceType": "OperationOutcome", "issue": self.outcome}
            bundle["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
        if self.steps and not query.get("_sort", "").startswith("-"):
            self.steps.pop(0)(self)
        return 200, json.dumps(bundle)

    def _statement(self) -> dict[str, Any]:
        offered = [{"code": one} for one in self.offers]
        resource = {"type": "Patient", "interaction": offered}
        return {"fhirVersion": "4.0.1", "rest": [{"mode": "server", "resource": [resource]}]}

    def _found(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = list(self.patients.values())
        if self.filters and "_lastUpdated" in query:
            since = query["_lastUpdated"].removeprefix("ge")
            found = [one for one in found if one["meta"]["lastUpdated"] >= since]
        if self.sorts:
            found.sort(key=lambda one: one["meta"]["lastUpdated"], reverse=query["_sort"].startswith("-"))
        return found


class _Listener(ThreadingHTTPServer):
    """Serves whichever ChangingServer it is given; its Date is that one's clock."""

    daemon_threads = True
    serves: ChangingServer


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        status, body = self.server.serves.answer(self.path)
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def date_time_string(self, timestamp: float | None = None) -> str:
        del timestamp
        return format_datetime(self.server.serves.now, usegmt=True)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def listening() -> Iterator[Callable[[ChangingServer], ChangingServer]]:
    """A listener; what is called with a server serves that one from then on."""
    with _Listener(("127.0.0.1", 0), _Answering) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def serve(server: ChangingServer) -> ChangingServer:
            listener.serves = server
            server.url = f"http://127.0.0.1:{listener.server_address[1]}/fhir"
            return server

        try:
            yield serve
        finally:
            listener.shutdown()
            thread.join()


def page(resources: Iterable[dict[str, Any]], links: list[dict[str, str]]) -> dict[str, Any]:
    """A page of a search."""
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}
