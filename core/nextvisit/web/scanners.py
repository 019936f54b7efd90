"""Who fetched a link: a person's device, or a machine that looks at links before the person does.

A machine's visit is counted as `prefetched` and as nothing else. docs/write_a_channel.md says which evidence
counts as opened. Where it is in doubt it was a machine: an open that is missed costs a message on the next
rung, one that is made up costs the patient the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

PREFETCHING: Final = timedelta(seconds=20)
"""Who loads a pixel within so short a time after the message went out was a filter on its way: Safe Links and
its like fetch with an ordinary browser's name, and the delay is all that tells them from a reader."""

_APPLE_PROXY: Final = "mozilla/5.0"
"""All that Apple's Mail Privacy Protection says of itself; it loads each image, read or not."""

SCANNER_AGENTS = (
    # filters and scanners of mail
    "barracuda",
    "mimecast",
    "proofpoint",
    "safelinks",
    "microsoft office existence discovery",
    "trendmicro",
    "scanner",
    "link-check",
    "linkcheck",
    "symantec",
    "fireeye",
    # previews in messengers, and whatever calls itself a robot
    "slackbot",
    "facebookexternalhit",
    "telegrambot",
    "whatsapp/",
    "viber/",
    "skypeuripreview",
    "bot/",
    "bot-",
    "bot;",
    "crawler",
    "spider",
    "headlesschrome",
    # libraries: no reader's mail program, whatever is built with them
    "curl/",
    "wget/",
    "go-http-client",
    "java/",
    "java-http-client",
    "apache-httpclient",
    "okhttp",
    "python-requests",
    "python-urllib",
    "python-httpx",
    "aiohttp",
    "libwww-perl",
    "guzzlehttp",
    "node-fetch",
    "axios/",
    "undici",
)
"""Parts of User-Agent values, in lower case.

GoogleImageProxy is none of them: it loads an image when Gmail shows the mail for the first time, and hides
the reader; later openings come out of its cache.
"""


_ROBOT: Final = "mozilla/5.0 (compatible;"
"""How robots introduce themselves; of readers' programs only the last versions of Internet Explorer did."""


def is_machine(method: str, headers: Mapping[str, str]) -> bool:
    """Whether this request is surely not a person's. `headers` look up without regard to case."""
    if method == "HEAD":
        return True
    announced = ",".join(headers.get(name, "") for name in ("purpose", "sec-purpose", "x-purpose", "x-moz"))
    if "prefetch" in announced.lower() or "preview" in announced.lower():
        return True
    agent = headers.get("user-agent", "").strip().lower()
    if agent.startswith(_ROBOT) and "msie" not in agent:
        return True
    return agent in {"", _APPLE_PROXY} or any(part in agent for part in SCANNER_AGENTS)


def too_soon(sent_at: datetime | None, now: datetime) -> bool:
    """Whether nobody can have read it yet. sent_at: None while no provider took it."""
    return sent_at is None or now - sent_at < PREFETCHING
