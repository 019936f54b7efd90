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
