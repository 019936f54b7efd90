"""Who fetched a link: a person's device, or a machine that looks at links before the person does.

A machine's visit is counted as `prefetched` and as nothing else. GoogleImageProxy is not listed: it
loads an image when the mail is opened (and hides the reader). Apple Mail Privacy Protection loads
every image through a proxy with an ordinary browser's name; nothing tells it from a person, which is
why an open is a weak signal and only a pressed button is a strong one.
"""

from __future__ import annotations

from collections.abc import Mapping

SCANNER_AGENTS = (
    "barracudacentral",
    "barracuda",
    "mimecast",
    "proofpoint",
    "safelinks",
    "microsoft office existence discovery",
    "trendmicro",
    "symantec",
    "fireeye",
    "slackbot",
    "facebookexternalhit",
    "telegrambot",
    "whatsapp/",
    "viber/",
    "twitterbot",
    "linkedinbot",
    "skypeuripreview",
    "discordbot",
    "googlebot",
    "bingbot",
    "yandexbot",
    "curl/",
    "wget/",
    "python-requests",
    "headlesschrome",
)
"""Parts of User-Agent values, in lower case."""


def is_machine(method: str, headers: Mapping[str, str]) -> bool:
    """Whether this request is surely not a person's. `headers` look up without regard to case."""
    if method == "HEAD":
        return True
    announced = ",".join(headers.get(name, "") for name in ("purpose", "sec-purpose", "x-purpose", "x-moz"))
    if "prefetch" in announced.lower() or "preview" in announced.lower():
        return True
    agent = headers.get("user-agent", "").lower()
    return not agent or any(part in agent for part in SCANNER_AGENTS)
