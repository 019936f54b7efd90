"""A small HTTP server on asyncio, and gateways on it that speak as their documents say."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True))


Told = tuple[int, Any]
"""A status, and JSON or a text."""


@asynccontextmanager
async def serving(tell: Callable[[Asked], Told]) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                status, body = tell(await _read(reader))
                text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(text)}\r\n\r\n"
                writer.write(head.encode() + text)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (each.partition(":") for each in head[1:] if each)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    query = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
    return Asked(method, url.path, query, headers, body)


@dataclass
class Gateway:
    """What all have: texts that arrived, and a number that is refused."""

    refused: str
    taken: list[tuple[str, str]] = field(default_factory=list)

    def number(self) -> int:
        return 1000 + len(self.taken)

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.taken]


class Smsapi(Gateway):
    """SMSAPI.pl with format=json: errors come with status 200."""

    token = "smsapi-oauth-token-5519"

    def tell(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"message": "Authorization failed", "error": 101}
        if asked.path == "/profile":
            return 200, {"username": "klinika", "points": 12.5}
        form = asked.form
        assert (form["format"], form["encoding"], form["check_idx"]) == ("json", "utf-8", "1")
        if form["to"] == self.refused:
            return 200, {"error": 13, "message": f"No correct phonenumbers {form['to']}"}
        self.taken.append((form["to"], form["message"]))
        one = {
            "id": f"5A{self.number()}",
            "points": 0.16,
            "number": form["to"],
            "status": "QUEUE",
            "error": None,
        }
        return 200, {"count": 1, "list": [{**one, "idx": form["idx"], "parts": 1}]}


class Smsc(Gateway):
    """SMSC.ru with fmt=3."""

    password = "smsc-password-7341"

    def tell(self, asked: Asked) -> Told:
        form = asked.form
        assert form["fmt"] == "3"
        if (form["login"], form["psw"]) != ("klinika", self.password):
            return 200, {"error": "authorise error", "error_code": 2}
        if asked.path == "/sys/balance.php":
            return 200, {"balance": "100.50"}
        if form["phones"] == self.refused:
            return 200, {"error": f"invalid number {form['phones']}", "error_code": 7, "id": 77}
        assert form["charset"] == "utf-8"
        self.taken.append((form["phones"], form["mes"]))
        return 200, {"id": self.number(), "cnt": 1, "cost": "1.40", "balance": "99.10"}


class Twilio(Gateway):
    """Programmable Messaging."""

    account, token = "AC00000000000000000000000000000000", "twilio-auth-token-9920"

    def tell(self, asked: Asked) -> Told:
        pair = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if asked.method == "GET":
            return 200, {"sid": self.account, "status": "active"}
        form = asked.form
        if form["To"] == self.refused:
            return 400, {"code": 21211, "message": f"Invalid 'To' {form['To']}", "status": 400}
        self.taken.append((form["To"], form["Body"]))
        said = {"sid": f"SM{self.number():032x}", "status": "queued", "num_segments": "1"}
        return 201, {**said, "error_code": None, "error_message": None}


class Kannel(Gateway):
    """Its smsbox's sendsms."""

    user, password = "clinic", "kannel-password-1188"

    def tell(self, asked: Asked) -> Told:
        query = asked.query
        if (query["username"], query["password"]) != (self.user, self.password):
            return 403, "Authorization failed for sendsms"
        if query["to"] == self.refused:
            return 400, "Number blacklisted"
        self.taken.append((query["to"], query["text"]))
        return 202, "0: Accepted for delivery"
