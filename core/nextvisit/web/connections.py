"""How long a connection may take, and how many there may be: what uvicorn leaves to a proxy.

Each part of a request has its time, from its beginning and however much trickles in: a head that does not
end, a body that nobody reads, an answer that nobody takes. When all places are taken, whoever has owed the
rest of a head or of a body for the longest goes; only when all others are being answered is a new one
refused.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from nextvisit.web.lines import strict

Network = IPv4Network | IPv6Network
_LAST_WORD: Final = timedelta(seconds=2)
"""For whoever is refused to read why; closing at once would take the words back (RST)."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """connections: of the whole process. per_address: of one that is not in `trusted_proxies`, behind which
    everybody has the proxy's address.

    head: from the connection, or the answer before, to the end of the request's head. body: to its end,
    whether anybody reads it or not. answer: from there until all of it is on its way.
    """

    connections: int = 400
    per_address: int = 50
    trusted_proxies: Sequence[Network] = ()
    head: timedelta = timedelta(seconds=10)
    body: timedelta = timedelta(seconds=30)
    answer: timedelta = timedelta(seconds=60)


class Phase(Enum):
    """What a connection is waiting for."""

    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    CLOSING = "closing"


class Crowd:
    """The connections of one process."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._all: dict[BoundedHttp, str] = {}
        self._of_address: Counter[str] = Counter()

    def admits(self, new: BoundedHttp, address: str) -> bool:
        """Whether there is a place, if need be that of another one."""
        known = self._counted(address)
        fits = known is None or self._of_address[known] < self.bounds.per_address or self._drop_one(known)
        fits = fits and (len(self._all) < self.bounds.connections or self._drop_one(None))
        if fits:
            self._all[new] = known or ""
            self._of_address[known or ""] += 1
        return fits

    def gone(self, connection: BoundedHttp) -> None:
        """It was closed."""
        address = self._all.pop(connection, None)
        if address is None:
            return
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]

    def _drop_one(self, address: str | None) -> bool:
        """Of this address, or of all: who was told the last word, else who has owed the rest for longest."""
        droppable = [
            each
            for each, its in self._all.items()
            if (each.phase is Phase.CLOSING or each.owes) and (address is None or its == address)
        ]
        if not droppable:
            return False
        oldest = min(droppable, key=lambda each: (each.phase is not Phase.CLOSING, each.since))
        self.gone(oldest)
        oldest.transport.abort()
        return True

    def _counted(self, address: str) -> str | None:
        """What is counted as one; None: it is not counted. Who has an IPv6 address has 2^64 of them."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return None
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        if any(parsed in network for network in self.bounds.trusted_proxies):
            return None
        if isinstance(parsed, IPv6Address):
            return str(IPv6Network((parsed, 64), strict=False))
        return str(parsed)


class BoundedHttp(H11Protocol):
    """uvicorn's HTTP/1.1, in bounded time. headers: on what is answered before any route is asked, which
    uvicorn does in `send_400_response`.
    """

    def __init__(self, *, crowd: Crowd, headers: Mapping[str, str], **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.phase = Phase.HEAD
        self.since = 0.0
        self._crowd = crowd
        self._safe = headers
        self._turn: tuple[Phase, object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deaf = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        """See asyncio."""
        super().connection_made(transport)
        strict(self.conn)
        if self._crowd.admits(self, self.client[0] if self.client else ""):
            self._look()
        else:
            self._say_and_close(HTTPStatus.SERVICE_UNAVAILABLE)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if not self._deaf:
            super().data_received(data)
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._crowd.gone(self)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self._timer is not None:
            self._timer.cancel()

    def on_response_complete(self) -> None:
        """See uvicorn."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            # It was answered before its body came, which nobody waits for: the place is another's.
            self._close_deaf()
        self._look()

    def pause_writing(self) -> None:
        """See asyncio: an answer is not taken as fast as it is given."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        self._look()

    def timeout_keep_alive_handler(self) -> None:
        """See uvicorn."""
        super().timeout_keep_alive_handler()
        self._look()

    def send_400_response(self, msg: str) -> None:
        """See uvicorn, which is in the midst of h11's error; it may quote what the client sent."""
        del msg
        if self.cycle is not None and not self.cycle.response_complete:
            if self.cycle.response_started:
                self.transport.abort()  # a second answer within the first could be forged
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        error = sys.exception()
        status = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        self._say_and_close(HTTPStatus(status))

    @property
    def owes(self) -> bool:
        """Whether it is for the other side to go on, and nothing of an answer was said."""
        if self.phase is Phase.BODY:
            return not self.cycle.response_started
        return self.phase is Phase.HEAD

    def _look(self) -> None:
        """Which part of the request it is now, and until when."""
        if self._deaf:
            return
        turn = (self._phase(), self.cycle)
        if turn == self._turn:
            return
        self._turn, self.phase, self.since = turn, turn[0], self.loop.time()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(self._within().total_seconds(), self._is_late)

    def _phase(self) -> Phase:
        if self.transport.is_closing():
            return Phase.CLOSING
        if self.conn.their_state is h11.IDLE:
            return Phase.ANSWER if self.flow.write_paused else Phase.HEAD
        if self.conn.their_state is h11.SEND_BODY:
            return Phase.BODY
        return Phase.ANSWER

    def _within(self) -> timedelta:
        bounds = self._crowd.bounds
        match self.phase:
            case Phase.HEAD:
                return bounds.head
            case Phase.BODY:
                return bounds.body
            case _:
                return bounds.answer

    def _is_late(self) -> None:
        if self.phase is Phase.HEAD and self.conn.trailing_data[0]:
            self._say_and_close(HTTPStatus.REQUEST_TIMEOUT)
        elif self.phase is Phase.BODY and not self.cycle.response_started:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._say_and_close(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.abort()

    def _say_and_close(self, status: HTTPStatus) -> None:
        """The last word on this connection; what still comes on it is not heard."""
        if self._deaf or self.transport.is_closing():
            return
        body = f'{{"error":"{status.phrase.lower().replace(" ", "_")}"}}'
        own = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **self._safe,
        }
        lines = [f"HTTP/1.1 {status} {status.phrase}", *(f"{name}: {value}" for name, value in own.items())]
        self.transport.write("\r\n".join([*lines, "", body]).encode("ascii"))
        self._close_deaf()

    def _close_deaf(self) -> None:
        """What was written is still taken; what comes is not heard."""
        self._deaf = True
        self.phase = Phase.CLOSING
        self._unset_keepalive_if_required()
        self.transport.write_eof()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(_LAST_WORD.total_seconds(), self.transport.abort)
