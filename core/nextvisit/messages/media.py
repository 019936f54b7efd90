"""What goes along with a text by reference: written once, and the same for whoever gets the message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from nextvisit.sdk.channels import MEDIA_TYPE, Media

LONGEST_NAME: Final = 60
"""Characters; about what a messenger shows of one."""
LONGEST_URL: Final = 2000

# A host that the world knows by its name, then a path and a query in the characters of RFC 3986. So there is
# no place for `user:password@`, for a fragment, which no server is told, or for a gap.
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_CHARACTERS: Final = r"([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_URL: Final = re.compile(
    rf"https://({_LABEL}\.)+[A-Za-z]([A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?(:[0-9]{{1,5}})?(/{_CHARACTERS})?"
    rf"(\?({_CHARACTERS}|\?)*)?"
)


_OF_NOBODY_ELSE: Final = re.compile(
    r"(^|\.)(local|localdomain|localhost|loc|internal|intranet|intra|lan|home|corp|private|arpa|svc"
    r"|test|invalid|onion|fritz\.box|nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me)$"
)
"""Names that lead nowhere outside of a house (RFC 6761, 6762, 7686, 8375, ICANN's list, what routers give),
or wherever an address in their first labels says."""
_SIGNED: Final = re.compile(
    r"x-(amz|goog|ms|oss|cos)-.*|sig|signature|.*token|.*secret|(api|access|account)?_?key(_?id)?|auth.*|expires?"
    r"|exp|se|hmac|policy|credential.*|passw.*|pwd|session.*|sid|jwt|bearer",
    re.IGNORECASE,
)
_TOKEN_IN_PATH: Final = re.compile(r"/bot\d+:|/[A-Za-z0-9_-]{60,}(/|$)")
_HIGHEST_PORT: Final = 65_535


def _leads_nowhere(url: str) -> str | None:
    """Why it is of use to nobody, or to too many. url: of the shape above."""
    before, _, query = url.removeprefix("https://").partition("?")
    authority, _, path = before.partition("/")
    host, _, port = authority.partition(":")
    if port and not 0 < int(port) <= _HIGHEST_PORT:
        return f"its port is none between 1 and {_HIGHEST_PORT}"
    if _OF_NOBODY_ELSE.search(host.lower()):
        return "its host has no name in the world outside"
    # As the server reads them: escaped or not, in whatever way the parameters are parted.
    parameters = "&".join((*_read(path).split(";")[1:], _read(query)))
    names = [each.partition("=")[0] for each in re.split(r"[&;?]", parameters)]
    signed = sorted(each for each in names if _SIGNED.fullmatch(each))
    if signed or _TOKEN_IN_PATH.search(f"/{_read(path)}"):
        what = f"`{signed[0]}`" if signed else "its path"
        return f"{what} is for whoever has it, or for a time: publish the file without"
    return None


def _read(escaped: str) -> str:
    """Byte by byte; what we look for is ASCII."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), escaped)


def texts_of(part: str, media: Media | None) -> Mapping[str, str]:
    """What of it the patient sees, as of a `Wording`. part: what holds it, as faults call it."""
    return {} if media is None else {f"{part}.media.name": media.name}


def lint_media(part: str, media: Media | None) -> list[str]:
    """What speaks against it on any channel."""
    if media is None:
        return []
    faults = []
    if "{{" in media.url or "{%" in media.url:
        faults.append(
            "url: it is one for all patients, without `{{`; `{{ link }}` in the text is each one's own"
        )
    elif len(media.url) > LONGEST_URL or _URL.fullmatch(media.url) is None:
        faults.append(
            f"url: it is no address that anybody can fetch: `https://`, a host with its domain, no name or"
            f" password before it, no `#`, at most {LONGEST_URL} characters"
        )
    elif (why := _leads_nowhere(media.url)) is not None:
        faults.append(f"url: {why}")
    if re.fullmatch(MEDIA_TYPE, media.media_type) is None:
        faults.append(
            "type: it is none of `image/…`, `audio/…`, `video/mp4`, `application/pdf` and `text/calendar`,"
            " in small letters"
        )
    if "{{" in media.name or "{%" in media.name:
        faults.append("name: it is one for all patients, without `{{`")
    if not media.name.isprintable() or not media.name.strip() or len(media.name) > LONGEST_NAME:
        faults.append(f"name: it is one line that shows, of at most {LONGEST_NAME} characters")
    return [f"{part}.media.{fault}" for fault in faults]
