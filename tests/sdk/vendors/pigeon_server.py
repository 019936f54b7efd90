"""Pigeon, an invented SMS gateway: texts by POST, signed calls of what became of them, answers by a queue."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

from nextvisit.sdk.channels import Media, Parameter, TemplateButton, TemplateMessage
from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.testing.http_stub import HttpAsked, listening

TOKEN = "pigeon-token-5502"
SECRET = "pigeon-secret-3391"
NOBODY = "+48500100404"
UNHEARD_OF = "moonstruck"
LONGEST = 480
PRICE = "-0.075"
"""In PLN; as some real ones do, it says what it takes from the account."""
ECHO = "4719"
AT = "2026-05-04T10:00:00+02:00"


def a_call(event: int, *items: dict[str, Any]) -> RawRequest:
    """As Pigeon makes it."""
    body = json.dumps({"event": event, "items": items}).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = (("authorization", "Bearer of-the-proxy"), ("x-pigeon", signature))
    return RawRequest("POST", "/webhooks/sms", (), headers, body)


def a_challenge() -> RawRequest:
    """Before it calls an address for the first time."""
    return RawRequest("GET", "/webhooks/sms", (("echo", ECHO), ("word", SECRET)), (), b"")


class Pigeon:
    """What it took, and who wrote."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.in_session = True
        self._code, self._status = "nobody", {True: "there", False: "nobody's"}
        self.queue: dict[str, dict[str, str]] = {}
        self._wrote = asyncio.Event()

    def write_in(self, sender: str, text: str) -> None:
        self.queue[f"in-{len(self.queue) + 1}"] = {"from": sender, "text": text, "at": AT}
        self._wrote.set()

    def close_session(self) -> None:
        self.in_session = False

    def refuse_strangely(self) -> None:
        self._code = UNHEARD_OF

    def answer_strangely(self) -> None:
        self._status = dict.fromkeys((True, False), UNHEARD_OF)

    def templates(self) -> list[TemplateMessage]:
        """Of each template what it was told."""
        return [
            TemplateMessage(
                told["name"],
                told["language"],
                "",
                tuple(Parameter(each["value"], each["name"]) for each in told["gaps"]),
                tuple(TemplateButton(each["label"], each["data"]) for each in told["buttons"]),
            )
            for told in (one["template"] for one in self.sent)
            if told is not None
        ]

    def media(self) -> list[Media | None]:
        """Of each text what came with it."""
        came = [one["media"] for one in self.sent]
        return [None if one is None else Media(one["url"], one["type"], one["name"]) for one in came]

    def called_back(self) -> list[RawRequest]:
        """What it says of each text: that it went out, and that it arrived."""
        return [
            a_call(number, {"ref": one["ref"], "state": state, "at": AT})
            for number, one in enumerate(self.sent)
            for state in ("sent", "delivered")
        ]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        async with listening(self._answer) as port:
            yield port

    async def _answer(self, asked: HttpAsked) -> tuple[int, Any]:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "who are you"}
        match asked.method, asked.path.removeprefix("/v1/").split("/"):
            case "GET", ["account"]:
                return 200, {"name": "Pigeon", "version": "2"}
            case "POST", ["messages"]:
                return self._take(asked.json)
            case "GET", ["messages", name]:
                return self._look_up(name)
            case "GET", ["there", those]:
                return 200, {each: self._status[each != NOBODY] for each in unquote(those).split(",")}
            case "GET", ["inbox"]:
                return 200, await self._waiting()
            case "DELETE", ["inbox", name]:
                return 200, self.queue.pop(name, {})
        return 404, {"error": "no such address"}

    def _take(self, wish: dict[str, Any]) -> tuple[int, Any]:
        if not self.in_session and wish["template"] is None:
            return 409, {"error": "the session is over"}
        if wish["to"] == NOBODY or self._code == UNHEARD_OF:
            return 422, {"error": f"{wish['to']} is nobody's", "code": self._code}
        if len(wish["text"]) > LONGEST:
            return 400, {"error": "too long"}
        for one in self.sent:
            if wish.get("key") is not None and one.get("key") == wish["key"]:
                return 202, {"ref": one["ref"], "price": PRICE}
        self.sent.append({**wish, "ref": f"p-{len(self.sent) + 1}"})
        return 202, {"ref": self.sent[-1]["ref"], "price": PRICE}

    def _look_up(self, name: str) -> tuple[int, Any]:
        kept = next((one for one in self.sent if one["id"] == name), None)
        return (404, {"error": "no such message"}) if kept is None else (200, {"ref": kept["ref"]})

    async def _waiting(self) -> Any:
        """The queue, as soon as there is something in it."""
        while not self.queue:
            self._wrote.clear()
            await self._wrote.wait()
        return {"items": [{"id": name, **one} for name, one in self.queue.items()]}
