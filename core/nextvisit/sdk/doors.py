"""What comes to us unasked: over a session that a plugin keeps open, or as a call over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class RawInbound:
    """Something that came in over a session, as it came. `repr` shows no body.

    dedupe: equal for two deliveries of the same thing, different for different things.
    waits: it is safe, and not read before: the rest of it may come, and take its place.
    replaces: the `dedupe` of what came of this before; if that still waits, it is not read any more.
    """

    body: bytes
    dedupe: str
    waits: timedelta = timedelta(0)
    replaces: str | None = None

    def __repr__(self) -> str:
        return "RawInbound()"


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A call over HTTP: header names in lower case, body untouched. `repr` shows the method alone.

    path: as the caller wrote it, `/webhooks/`, the connection's name and perhaps more.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        return f"RawRequest(method={self.method!r})"

    def as_kept(self) -> RawRequest:
        """As it comes to `parse_webhook`: without the headers that only verified it, which are secrets."""
        kept = tuple((name, value) for name, value in self.headers if name not in _SECRET_HEADERS)
        return replace(self, headers=kept)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller is to be told. Providers differ in what they take for an acknowledgement."""

    status: int = 202
    body: bytes = b""
    media_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Keep:
    """The call says something: keep it, then answer. See `RawInbound` for `dedupe`."""

    dedupe: str
    answer: Answer = Answer()


@dataclass(frozen=True, slots=True)
class Handshake:
    """The call says nothing: it asks whether we are there, or who we are. Nothing of it is kept."""

    answer: Answer


Received = Keep | Handshake
