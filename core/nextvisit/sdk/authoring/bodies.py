"""What a body of JSON, NDJSON, XML or a form says, piece by piece: each value with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.dom import minidom
from xml.parsers.expat import ExpatError

CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
_PROLOG: Final = re.compile(r"\s*<\?xml[^>]*\?>")
_PROLOGS_CHARSET: Final = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w-]{1,40})[\"']")


class Unfit(Exception):
    """A body in which nobody knows what is a value. args: its kind."""


def as_it_is(key: str) -> str:
    """What a key is called by whoever asks a recording."""
    return key


def leaves(
    media: str, body: bytes, called: Callable[[str], str] = as_it_is
) -> Iterator[tuple[str, str, str]]:
    """Of a request's body: where, under which name, what. called: how keys stand in places. Raises Unfit."""
    text = text_of(media, body)
    if not text.strip():
        return
    match kind_of(media, text):
        case "json":
            yield from _json_leaves("", "", json.loads(text), called)
        case "form":
            pairs = parse_qsl(text, keep_blank_values=True)
            yield from ((f"/{called(name)}", name, each) for name, each in pairs)
        case "xml":
            yield from _xml_leaves("", root_of(text), called)
        case _:
            raise Unfit(media.partition(";")[0] or "no media type")


def kind_of(media: str, text: str) -> str:
    """Of a body: json, ndjson, xml, form, or other."""
    name = media.partition(";")[0].strip().lower()
    if name == "application/x-www-form-urlencoded":
        return "form"
    if "ndjson" in name or "jsonl" in name:
        return (
            "ndjson"
            if _reads(lambda: [json.loads(each) for each in text.splitlines() if each.strip()])
            else "other"
        )
    if "json" in name or (not name and text.lstrip()[:1] in ("{", "[")):
        return "json" if _reads(lambda: json.loads(text)) else "other"
    if "xml" in name or (not name and text.lstrip()[:1] == "<"):
        return "xml"
    return "other"


def root_of(text: str) -> Any:
    """Raises Unfit."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unfit("XML with declarations of its own")
    try:
        # What it says of its encoding is true no more.
        bare = _PROLOG.sub("", text, count=1).encode()
        return minidom.parseString(bare).documentElement  # noqa: S318  without declarations there is nothing to unfold
    except (ExpatError, UnicodeEncodeError):
        raise Unfit("XML that is none") from None


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except (ValueError, RecursionError):
        return False
    return True


def text_of(media: str, body: bytes) -> str:
    said = CHARSET.search(media)
    prolog = _PROLOGS_CHARSET.match(body)
    charset = said[1] if said else prolog[1].decode("ascii") if prolog else "utf-8-sig"
    try:
        return body.decode(charset)
    except (UnicodeError, LookupError):
        raise Unfit("text in another encoding than it says") from None


def _json_leaves(
    place: str, name: str, value: Any, called: Callable[[str], str]
) -> Iterator[tuple[str, str, str]]:
    match value:
        case dict():
            for key, each in value.items():
                yield from _json_leaves(f"{place}/{called(key)}", key, each, called)
        case list():
            for at, each in enumerate(value):
                yield from _json_leaves(f"{place}/{at}", name, each, called)
        case _:
            yield place, name, value if isinstance(value, str) else json.dumps(value)


def tag_as(name: str, called: Callable[[str], str]) -> str:
    """The name of an element or of an attribute, behind its prefix."""
    prefix, colon, local = name.rpartition(":")
    made = called(local)
    return f"{prefix}{colon}{made if made[:1].isalpha() or made[:1] == '_' else f'x{made}'}"


def _xml_leaves(above: str, element: Any, called: Callable[[str], str]) -> Iterator[tuple[str, str, str]]:
    place = f"{above}/{tag_as(element.tagName, called)}"
    yield from (
        (f"{place}/@{tag_as(name, called)}", name, value)
        for name, value in element.attributes.items()
        if name != "xmlns" and not name.startswith("xmlns:")
    )
    for child in element.childNodes:
        if child.nodeType == child.ELEMENT_NODE:
            yield from _xml_leaves(place, child, called)
        elif child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE) and child.data.strip():
            yield place, element.tagName, child.data
