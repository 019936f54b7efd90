"""A relay on this machine between a plugin and a real server: what passes is disguised, then kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from nextvisit.sdk.authoring.bodies import Unfit
from nextvisit.sdk.authoring.disguise import Disguise
from nextvisit.sdk.authoring.recording import Exchange
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.outbound import HttpReply, OutboundHttp, OutboundServer
from nextvisit.sdk.testing.http_stub import HttpAsked, HttpSaid, listening

_NOT_PASSED_ON = frozenset(
    {
        "host", "connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding",
        "content-encoding", "upgrade", "te", "trailer", "proxy-connection", "expect",
    }
)  # fmt: skip


@dataclass(slots=True)
class RecordingRelay:
    """exchanges: what passed, disguised. left_out: by why, how often. disguise: once the address is known.

    Of the plugin's headers nothing is kept: they bring its secrets.
    """

    server: OutboundServer
    url: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    disguise: Disguise | None = None

    async def answer(self, http: OutboundHttp, asked: HttpAsked) -> HttpSaid:
        """The server's answer to a request, with its own address in it spelt as the relay's."""
        base = self.server.base_url.rstrip("/")
        headers = {name: value for name, value in asked.headers.items() if name not in _NOT_PASSED_ON}
        try:
            reply = await http.ask(
                asked.method, base + asked.target, content=asked.body or None, headers=headers
            )
        except NextVisitError as error:
            self.left_out[f"the server gave no answer ({error.code})"] += 1
            return HttpSaid(502, b"", {})
        self._keep(asked, reply)
        kept = {name: value for name, value in reply.headers.items() if name not in _NOT_PASSED_ON}
        here = {name: value.replace(base, self.url) for name, value in kept.items()}
        return HttpSaid(reply.status, _here(reply.body, base, self.url), here)

    def _keep(self, asked: HttpAsked, reply: HttpReply) -> None:
        if self.disguise is None:
            return
        try:
            wanted = self.disguise.asked(
                asked.method, asked.target, asked.headers.get("content-type", ""), asked.body
            )
            answered = self.disguise.answered(reply.status, _lower(reply.headers), reply.body)
        except Unfit as unfit:
            self.left_out[f"a body that nobody knows how to disguise ({unfit.args[0]})"] += 1
            return
        except RecursionError:
            self.left_out["a body nested too deep to disguise"] += 1
            return
        self.exchanges.append(Exchange(wanted, answered))


@asynccontextmanager
async def relaying(relay: RecordingRelay) -> AsyncIterator[RecordingRelay]:
    """It listens, and its `url` is where."""
    http = OutboundHttp("relay", relay.server)
    try:
        async with listening(lambda asked: relay.answer(http, asked)) as port:
            relay.url = f"http://127.0.0.1:{port}"
            yield relay
    finally:
        await http.close()


def _here(body: bytes, base: str, url: str) -> bytes:
    for there, here in ((base, url), (base.replace("/", "\\/"), url.replace("/", "\\/"))):
        body = body.replace(there.encode(), here.encode())
    return body


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}
