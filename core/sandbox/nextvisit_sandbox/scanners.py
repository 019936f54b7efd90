"""Machines that fetch a mail's links: filters before it is taken, scanners and previews afterwards."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import Counter
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Final

import httpx2

from nextvisit_sandbox.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nextvisit_sandbox.received import ReceivedMail
    from nextvisit_sandbox.turnable_clock import TurnableClock

_URL: Final = re.compile(r"https?://[^\s\"'<>]+")
_LATER: Final = (timedelta(minutes=2), timedelta(hours=9))
_TIMEOUT: Final = 3.0
_AT_ONCE: Final = 12
"""Fetches side by side, from all machines together."""

# A filter goes by a browser's name, so that nobody shows it another page than a reader.
_FILTERS: Final = (
    ("GET", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"),
    (
        "HEAD",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1",
    ),
)
_SCANNERS: Final = (
    ("GET", "Mozilla/5.0 (compatible; MailSecurityScanner/2.1; link-check)"),
    ("GET", "BarracudaCentral"),
    ("GET", "Mozilla/5.0"),
    ("GET", "Go-http-client/2.0"),
    ("GET", "python-requests/2.32.3"),
    ("GET", "TelegramBot (like TwitterBot)"),
    ("GET", ""),
    ("HEAD", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"),
)


class Scanners:
    """In front of every mailbox. They read pages and pictures, and press nothing."""

    def __init__(self, clock: TurnableClock, trust_ca: Path | None) -> None:
        self.fetched: Counter[str] = Counter()
        self._clock = clock
        self._tls = ssl.create_default_context(cafile=trust_ca)
        self._tasks = Tasks()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._mails = 0

    async def inspect(self, mail: ReceivedMail) -> None:
        """Before the mail is taken, all of its links at once."""
        await self._fetch(mail, _FILTERS)

    def look_again(self, mail: ReceivedMail) -> None:
        """After it has arrived, now and then, each time by other machines."""
        self._mails += 1
        for number, after in enumerate(_LATER):
            first = (self._mails * len(_LATER) + number) % len(_SCANNERS)
            self._tasks.start(self._later(mail, after, _SCANNERS[first:] + _SCANNERS[:first]))

    async def stop(self) -> None:
        """Nothing is fetched any more."""
        await self._tasks.stop()

    async def _later(self, mail: ReceivedMail, after: timedelta, agents: Sequence[tuple[str, str]]) -> None:
        await self._clock.until(mail.at + after)
        await self._fetch(mail, agents[:2])

    async def _fetch(self, mail: ReceivedMail, agents: Sequence[tuple[str, str]]) -> None:
        urls = dict.fromkeys(unescape(url) for url in _URL.findall(f"{mail.html} {mail.text}"))
        async with httpx2.AsyncClient(
            verify=self._tls, follow_redirects=True, timeout=_TIMEOUT, trust_env=False
        ) as client:
            await asyncio.gather(
                *(self._one(client, method, agent, url) for method, agent in agents for url in urls)
            )

    async def _one(self, client: httpx2.AsyncClient, method: str, agent: str, url: str) -> None:
        async with self._room:
            try:
                answer = await client.request(method, url, headers={"User-Agent": agent})
            except httpx2.HTTPError:
                self.fetched[f"{method} failed"] += 1
                return
        self.fetched[f"{method} {answer.status_code}"] += 1
