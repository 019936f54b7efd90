"""A recording, served: what was asked is answered as it was, and what was not asked is noted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from nextvisit.sdk.authoring.bodies import Unfit, leaves
from nextvisit.sdk.authoring.recording import PLACEHOLDER, Exchange, Wanted
from nextvisit.sdk.testing.http_stub import HttpAsked, HttpSaid, listening

NOT_RECORDED: Final = 404
_FEW: Final = 8


@dataclass(slots=True)
class Replay:
    """unrecorded: what was asked and is not in the recording: methods and paths."""

    exchanges: Sequence[Exchange]
    url: str = ""
    unrecorded: list[str] = field(default_factory=list)
    _served: set[int] = field(default_factory=set)

    async def answer(self, asked: HttpAsked) -> HttpSaid:
        """The recorded answer to what fits best; of several alike the next one, and the last one again."""
        fits = [
            (fit, at) for at, each in enumerate(self.exchanges) if (fit := self._fit(each, asked)) is not None
        ]
        if not fits:
            self.unrecorded.append(f"{asked.method} {asked.path}")
            return HttpSaid(NOT_RECORDED, b"", {})
        best = max(fit for fit, _ in fits)
        alike = [at for fit, at in fits if fit == best]
        at = next((each for each in alike if each not in self._served), alike[-1])
        self._served.add(at)
        said = self.exchanges[at].answered
        headers = {name: self._here(value) for name, value in said.headers.items()}
        return HttpSaid(said.status, self._here(said.body).encode(), headers)

    def _here(self, text: str) -> str:
        return text.replace(PLACEHOLDER, self.url)

    def _fit(self, exchange: Exchange, asked: HttpAsked) -> int | None:
        """How many values are those that were recorded; None where one is another."""
        wanted = exchange.asked
        url = urlsplit(asked.target)
        path = [unquote(each) for each in url.path.split("/") if each]
        query = sorted(parse_qsl(url.query, keep_blank_values=True), key=lambda pair: pair[0])
        try:
            body = sorted(
                (
                    (place, value)
                    for place, _, value in leaves(asked.headers.get("content-type", ""), asked.body)
                ),
                key=lambda pair: pair[0],
            )
        except Unfit:
            return None
        if asked.method != wanted.method or len(path) != len(wanted.path):
            return None
        pairs = list(zip(wanted.path, path, strict=True))
        for named, given in ((wanted.query, query), (wanted.body, body)):
            if [name for name, _ in named] != [name for name, _ in given]:
                return None
            pairs += [(one, value) for (_, one), (_, value) in zip(named, given, strict=True)]
        fits = [_value_fits(one, value.replace(self.url, PLACEHOLDER)) for one, value in pairs]
        return None if None in fits else sum(each or 0 for each in fits)


def _value_fits(wanted: Wanted, value: str) -> int | None:
    """2: it is the one. 1: another instant; who asks from now on asks from another now. 0: it may be any."""
    if wanted is None:
        return 0
    if value == wanted or (isinstance(wanted, list) and value in wanted):
        return 2
    return 1 if isinstance(wanted, str) and _is_instant(wanted) and _is_instant(value) else None


def _is_instant(value: str) -> bool:
    try:
        datetime.fromisoformat(value[2:] if value[:2].isalpha() else value)
    except ValueError:
        return False
    return True


@asynccontextmanager
async def replaying(exchanges: Sequence[Exchange]) -> AsyncIterator[Replay]:
    """A server on this machine; its `url` takes the place of the real one's."""
    replay = Replay(exchanges)
    async with listening(replay.answer) as port:
        replay.url = f"http://127.0.0.1:{port}"
        yield replay


def sampled(pages: int) -> list[int]:
    """After which of so many pages the kit kills a pull."""
    return list(range(pages)) if pages <= _FEW else [0, 1, pages // 3, pages // 2, pages - 2, pages - 1]
