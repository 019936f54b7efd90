"""Ambulo, an invented MIS: rows that change, by pages; wall-clock times of Warsaw; visits that are booked by POST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from nextvisit.sdk.records import MisRef
from nextvisit.sdk.testing.http_stub import HttpAsked, listening

KEY = "ambulo-key-7719"
PAGE = 4
Row = dict[str, Any]


class Ambulo:
    """Its clock stands, so that two edits happen at one instant."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.rows: dict[str, Row] = {}
        self.gone: set[str] = set()
        self.free: dict[str, Row] = {}
        self._fill()
        for number, row in enumerate(self.rows.values()):
            row["changed"] = (self.now - timedelta(days=2) + timedelta(minutes=10 * number)).isoformat()

    def _fill(self) -> None:
        for number, (family, died) in enumerate(
            [("Kanarek", "no"), ("Czyżyk", "yes"), ("Szczygieł", "no")], 1
        ):
            person = {"family": family, "number": NUMBERS[number], "born": BORN[number], "died": died}
            self.put({"kind": "patient", "id": number, **person})
        for number, (patient, status, begins) in enumerate(VISITS, 1):
            self.put(
                {
                    "kind": "visit",
                    "id": number,
                    "patient": patient,
                    "status": status,
                    "begins": begins,
                    "minutes": 30,
                    "ours": None,
                }
            )
        for number, says in enumerate(["yes", "no"], 1):
            self.put({"kind": "consent", "id": number, "patient": number, "says": says, "for": ["recall"]})
        for row in DETAILS:
            self.put(dict(row))
        for hour in range(8, 12):
            begins = (self.now + timedelta(days=3)).strftime(f"%Y-%m-%d {hour:02}:00")
            self.free[f"s{hour}"] = {
                "id": f"s{hour}",
                "specialty": "cardiology",
                "begins": begins,
                "minutes": 30,
                "doctor": hour % 2,
                "taken": False,
            }

    def put(self, row: Row) -> Row:
        """A new version of a row, dated now."""
        key = f"{row['kind']}/{row['id']}"
        before = self.rows.get(key)
        self.rows[key] = {**row, "rev": before["rev"] + 1 if before else 1, "changed": self.now.isoformat()}
        return self.rows[key]

    def change(self, ref: MisRef) -> None:
        self.put(self.rows[ref.lower()])

    def delete(self, ref: MisRef) -> None:
        del self.rows[ref.lower()]
        self.gone.add(ref.lower())

    def break_page(self) -> MisRef:
        """A visit that begins at no time, between others that do."""
        self.rows["visit/2"]["begins"] = "Kanarek phoned"
        return MisRef("Visit/2")

    def break_detail(self) -> MisRef:
        """A payment of no amount."""
        self.rows["payment/1"]["amount"] = "Kanarek pays later"
        return MisRef("Payment/1")

    def turn_clock(self, by: timedelta) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0) + by

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        async with listening(self._answer) as port:
            yield port

    async def _answer(self, asked: HttpAsked) -> tuple[int, Any]:
        if asked.headers.get("x-key") != KEY:
            return 401, {"error": f"{asked.headers.get('x-key')} is no key"}
        match asked.method, asked.path.removeprefix("/v1/").split("/"):
            case "GET", ["about"]:
                return 200, {"name": "Ambulo", "version": "4.2"}
            case "GET", ["changes"]:
                return 200, self._page(
                    [one for one in self._sorted() if one["changed"] >= asked.query["since"]], asked.query
                )
            case "GET", ["rows"]:
                return 200, self._page(self._sorted(), asked.query)
            case "GET", ["rows", kind, number]:
                row = self.rows.get(f"{kind}/{number}")
                return (200, row) if row else (404, {"error": "gone"})
            case "GET", ["free"]:
                return 200, self._free(asked.query)
            case "GET", ["visits"]:
                return 200, {
                    "rows": [one for one in self.rows.values() if one.get("ours") == asked.query["ours"]]
                }
            case "POST", ["visits"]:
                return self._book(asked.json)
            case "POST", ["visits", number, "move" | "cancel" as what]:
                key = f"visit/{number}"
                return self._move(key, asked.json) if what == "move" else self._cancel(key)
        return 404, {"error": "no such address"}

    def _sorted(self) -> list[Row]:
        return sorted(self.rows.values(), key=lambda one: (one["changed"], one["kind"], one["id"]))

    def _page(self, rows: list[Row], query: Mapping[str, str]) -> Any:
        at = int(query.get("page", "0")) * PAGE
        more = len(rows) > at + PAGE
        return {"rows": rows[at : at + PAGE], "next": int(query.get("page", "0")) + 1 if more else None}

    def _free(self, query: Mapping[str, str]) -> Any:
        found = [
            one for one in self.free.values()
            if one["specialty"] == query["specialty"] and query["from"] <= one["begins"] < query["to"]
        ]  # fmt: skip
        return {"rows": sorted(found, key=lambda one: one["begins"], reverse=True)}

    def _book(self, wish: Row) -> tuple[int, Any]:
        slot = self.free[wish["slot"]]
        if slot["taken"]:
            return 409, {"error": "taken"}
        slot["taken"] = True
        number = 1 + sum(one["kind"] == "visit" for one in self.rows.values())
        visit = {
            "kind": "visit",
            "id": number,
            "patient": wish["patient"],
            "status": "planned",
            "slot": slot["id"],
        }
        return 201, self.put(visit | {"begins": slot["begins"], "minutes": 30, "ours": wish["ours"]})

    def _move(self, key: str, wish: Row) -> tuple[int, Any]:
        row, slot = self.rows[key], self.free[wish["slot"]]
        if slot["taken"]:
            return 409, {"error": "taken"}
        self.free[row["slot"]]["taken"], slot["taken"] = False, True
        return 200, self.put({**row, "slot": slot["id"], "begins": slot["begins"], "ours": wish["ours"]})

    def _cancel(self, key: str) -> tuple[int, Any]:
        row = self.rows[key]
        if row["status"] == "cancelled":
            return 409, {"error": "cancelled already"}
        self.free[row["slot"]]["taken"] = False
        return 200, self.put({**row, "status": "cancelled"})


NUMBERS = {1: "81020347713", 2: "19031547715", 3: "83020347718"}
BORN = {1: "1981-02-03", 2: "before the war", 3: "1983-02-03"}
DETAILS: list[Row] = [
    {"kind": "doctor", "id": 1, "family": "Kos", "does": ["cardiology"], "room": 1},
    {"kind": "room", "id": 1, "name": "Room 7"},
    {"kind": "service", "id": 1, "name": "Echo", "code": "E1", "specialty": "cardiology"},
    {
        "kind": "policy",
        "id": 1,
        "patient": 1,
        "payer": "state",
        "until": "2027-01-31",
        "left": "350.50",
        "unit": "PLN",
    },
    {"kind": "policy", "id": 2, "patient": 3, "payer": "firm", "until": None, "left": "2", "unit": "visit"},
    {"kind": "diagnosis", "id": 1, "patient": 1, "code": "I50.1", "since": "2024-03", "state": "active"},
    {"kind": "diagnosis", "id": 2, "patient": 3, "code": "J45", "since": "2019", "state": "resolved"},
    {"kind": "treatment", "id": 1, "patient": 1, "code": "88.72", "day": "2026-01-15", "state": "done"},
    {"kind": "treatment", "id": 2, "patient": 3, "code": "88.72", "day": "2026-01-16", "state": "stopped"},
    {"kind": "result", "id": 1, "patient": 1, "state": "ready", "at": "2026-01-16 14:00"},
    {"kind": "result", "id": 2, "patient": 3, "state": "waiting", "at": "2026-01-17 14:00"},
    {
        "kind": "payment",
        "id": 1,
        "patient": 1,
        "amount": "120.00",
        "currency": "zloty",
        "at": "2026-01-15 10:10",
        "visit": 1,
    },
    {
        "kind": "call",
        "id": 1,
        "from": "500 100 200",
        "state": "missed",
        "at": "2026-01-15 08:00",
        "line": "front",
    },
    {"kind": "call", "id": 2, "from": "", "state": "answered", "at": "2026-01-15 08:05", "line": "front"},
    {"kind": "freed", "id": 1, "begins": "2027-02-11 08:15", "specialty": "cardiology", "doctor": 1},
]
VISITS = [
    (1, "done", "2026-01-15 09:30"),
    (1, "done", "2026-07-15 09:30"),
    (2, "cancelled", "2026-03-02 12:00"),
    (3, "absent", "2026-02-11 08:15"),
    (3, "planned", "2027-02-11 08:15"),
]
