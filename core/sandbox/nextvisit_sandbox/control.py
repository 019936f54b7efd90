"""The demo's and the tests' hand on the sandbox: counts, outages, spoilt records, whether patients act."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

import orjson
from starlette.responses import Response
from starlette.routing import Route

from nextvisit.clock import ScaledClock
from nextvisit_sandbox.fhir_problem import FhirProblem
from nextvisit_sandbox.fhir_store import Origin
from nextvisit_sandbox.resource import patient_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from nextvisit_sandbox.fhir_store import FhirStore, Stored
    from nextvisit_sandbox.patients import Patients
    from nextvisit_sandbox.received import ReceivedMail, ReceivedSms, RefusedMail, Throttled
    from nextvisit_sandbox.tally import Tally
    from nextvisit_sandbox.turnable_clock import TurnableClock


class Outage(Protocol):
    """A server that can be taken away and brought back."""

    async def up(self) -> None:
        """Back on the same port."""
        ...

    async def down(self) -> None:
        """Gone, with all its connections."""
        ...


class Control:
    """The routes under `/control`. They ask for no login: the sandbox has no secrets."""

    def __init__(
        self,
        *,
        clock: TurnableClock,
        store: FhirStore,
        patients: Patients,
        tally: Tally,
        mailbox: Sequence[ReceivedMail],
        phonebox: Sequence[ReceivedSms],
        refused: Sequence[RefusedMail],
        throttled: Sequence[Throttled],
        fetched: Mapping[str, int],
        booking_faults: Sequence[int],
        smtp: Outage,
        smpp: Outage,
    ) -> None:
        self._clock = clock
        self._store = store
        self._patients = patients
        self._tally = tally
        self._mailbox = mailbox
        self._phonebox = phonebox
        self._refused = refused
        self._throttled = throttled
        self._fetched = fetched
        self._booking_faults = booking_faults
        self._servers = {"smtp": smtp, "smpp": smpp}

    def routes(self) -> list[Route]:
        """To be mounted by whoever serves them."""
        return [
            Route("/control/totals", self._totals, methods=["GET"]),
            Route("/control/lag", self._lag, methods=["GET"]),
            Route("/control/appointments", self._appointments, methods=["GET"]),
            Route("/control/journal", self._journal, methods=["GET"]),
            Route("/control/clock", self._turn, methods=["POST"]),
            Route("/control/records/{kind}/{id}", self._spoil, methods=["PUT"]),
            Route("/control/patients/act", self._act, methods=["POST"]),
            Route("/control/{server}/{state}", self._switch, methods=["POST"]),
        ]

    async def _totals(self, _: Request) -> Response:
        counts = {
            "mails_refused": len(self._refused),
            "submits_throttled": len(self._throttled),
            "scanners_fetched": dict(self._fetched),
            "booking_faults_left": list(self._booking_faults),
        }
        return _json({**self._tally.as_json(), **counts, "contacted": self._patients.contacted()})

    async def _lag(self, _: Request) -> Response:
        return _json({"behind_seconds": self._clock.behind().total_seconds()})

    async def _appointments(self, _: Request) -> Response:
        made: dict[str, list[dict[str, object]]] = {Origin.API.value: [], Origin.DESK.value: []}
        for each in self._store.all("Appointment"):
            if each.created_by in made:
                made[each.created_by].append(_shown(each))
        counts = {
            f"{origin}_booked": sum(each["status"] == "booked" for each in rows)
            for origin, rows in made.items()
        }
        return _json({**made, **counts})

    async def _journal(self, request: Request) -> Response:
        limit = request.query_params.get("limit", "100")
        if not limit.isdecimal():
            return _json({"error": "limit must be a number"}, status=400)
        count = int(limit)
        mails = [
            {"to": mail.to, "subject": mail.subject, "text": mail.text, "html": mail.html, "at": mail.at}
            for mail in self._mailbox[max(0, len(self._mailbox) - count) :]
        ]
        texts = [
            {"to": sms.to, "text": sms.text, "at": sms.at}
            for sms in self._phonebox[max(0, len(self._phonebox) - count) :]
        ]
        refused = [asdict(each) for each in self._refused[max(0, len(self._refused) - count) :]]
        throttled = [asdict(each) for each in self._throttled[max(0, len(self._throttled) - count) :]]
        return _json({"mails": mails, "texts": texts, "refused": refused, "throttled": throttled})

    async def _spoil(self, request: Request) -> Response:
        try:
            self._store.spoil(request.path_params["kind"], request.path_params["id"], await request.body())
        except FhirProblem as problem:
            return _json(problem.outcome(), status=problem.status)
        return _json({"spoilt": True})

    async def _act(self, request: Request) -> Response:
        try:
            enabled = orjson.loads(await request.body())["enabled"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            enabled = None
        if not isinstance(enabled, bool):
            return _json({"error": 'send {"enabled": true} or {"enabled": false}'}, status=400)
        self._patients.act = enabled
        return _json({"enabled": enabled})

    async def _turn(self, request: Request) -> Response:
        try:
            self._clock.shown = ScaledClock.from_json((await request.body()).decode())
        except (ValueError, KeyError, TypeError):
            return _json({"error": "send a clock as ScaledClock.to_json writes it"}, status=400)
        return _json({"now": self._clock.now()})

    async def _switch(self, request: Request) -> Response:
        server = self._servers.get(request.path_params["server"])
        match request.path_params["state"]:
            case "down" if server is not None:
                await server.down()
            case "up" if server is not None:
                await server.up()
            case _:
                return _json({"error": "only smtp and smpp go up and down"}, status=404)
        return _json({request.path_params["server"]: request.path_params["state"]})


def _shown(stored: Stored) -> dict[str, object]:
    resource = stored.resource
    return {
        "id": resource["id"],
        "status": resource.get("status"),
        "patient": patient_of(resource),
        "slots": [slot.get("reference") for slot in resource.get("slot", ())],
        "start": resource.get("start"),
        "identifier": resource.get("identifier", []),
    }


def _json(content: dict[str, object], *, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
