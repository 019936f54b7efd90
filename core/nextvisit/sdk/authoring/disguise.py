"""Requests and answers with the identities in them replaced: keys and structure stay, values do not.

What stays as it is, is counted by its place, so that somebody looks it over: codes that the plugin's own
source names, and what `keep` allows. A value that could be a secret is never among them.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from nextvisit.sdk.authoring.pseudonyms import Pseudonyms
from nextvisit.sdk.authoring.recording import PLACEHOLDER, RecordedAnswer, RecordedRequest, Wanted
from nextvisit.sdk.records import (
    AppointmentStatus,
    ConditionStatus,
    CoverageKind,
    ProcedureStatus,
    Purpose,
)

_SECRET: Final = re.compile(
    r"(^|[_.-])(auth\w*|api_?key|x?-?key|token|\w*token|secret|\w*secret|passw\w*|passphrase|pin|pwd|signature|sig|"
    r"session\w*|sid|credential\w*|cookie|jwt|bearer)$",
    re.IGNORECASE,
)
_COUNTS_PAGES: Final = re.compile(
    r"_?(page|pages?_?(no|num|number|size|index)|per_?page|offset|_offset|start|start_?index|skip|first|from_?row"
    r"|limit|count|size|max|max_?results|top)",
    re.IGNORECASE,
)
_HEADERS: Final = frozenset(
    {"content-type", "date", "etag", "last-modified", "location", "content-location", "link", "retry-after"}
)
_NEVER: Final = frozenset({"set-cookie", "www-authenticate", "authorization", "proxy-authenticate"})
_NAME: Final = re.compile(r"[A-Za-z_@$#][A-Za-z_$#:.-]*\d{0,3}[A-Za-z_$#:.-]*\d{0,3}")
"""What a key may be that stays: no address, and no number."""
_CODE: Final = re.compile(r"\S{1,200}")
_TOKEN: Final = re.compile(r"[^\W_]+")
_WORDS: Final = (AppointmentStatus, ConditionStatus, ProcedureStatus, CoverageKind, Purpose)
NOBODY: Final = "nobody-has-this-id"
"""The id of a thing that no MIS has, which kits look up."""


class Unfit(Exception):
    """A body in which nobody knows what is a value. args: its kind."""


def codes_of(package: Path) -> frozenset[str]:
    """What a plugin's source names: its literals without a space, and the words of which they are made.

    With the words of the SDK for statuses, purposes and who pays, which a MIS may have, too.
    """
    found: set[str] = {NOBODY, f"Patient/{NOBODY}", *(str(word) for each in _WORDS for word in each)}
    for file in [package] if package.is_file() else sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.add(node.value)
                # `rows/` and `/v1/` name what stands in a path.
                found |= {each for each in _TOKEN.findall(node.value) if each[:1].isalpha()}
                # `system|code`, as codes are written.
                found |= set(filter(None, node.value.split("|")))
    return frozenset(found)


class Disguise:
    """Of one server. bases: its own address as it may be spelt, the real one and that of a relay. secrets:
    never written, and never kept. keep: places, such as `/rows/*/status`, whose values stay as they are.

    kept: of each place, how many values stayed.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        bases: Sequence[str],
        *,
        keep: Sequence[str] = (),
        secrets: frozenset[str] = frozenset(),
    ) -> None:
        self.kept: Counter[str] = Counter()
        self._pseudonyms = pseudonyms
        self._bases = sorted({each.rstrip("/") for each in bases}, key=len, reverse=True)
        self._keep = [re.compile(_pattern(each)) for each in keep]
        self._secrets = secrets
        self._told: set[str] = set()

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> RecordedAnswer:
        """Raises Unfit."""
        kept = {
            name: self._header(name, value)
            for name, value in headers.items()
            if name in _HEADERS and name not in _NEVER
        }
        return RecordedAnswer(status, kept, self._body(headers.get("content-type", ""), body))

    def asked(self, method: str, target: str, media: str, body: bytes) -> RecordedRequest:
        """target: below the server's own address. Raises Unfit."""
        url = urlsplit(target)
        path = [self._wanted("path", unquote(each)) for each in url.path.split("/") if each]
        query = [
            (name, self._wanted(name, value)) for name, value in parse_qsl(url.query, keep_blank_values=True)
        ]
        places = [(place, self._wanted(name, value)) for place, name, value in leaves(media, body)]
        return RecordedRequest(method, path, sorted(query, key=_first), sorted(places, key=_first))

    def _wanted(self, name: str, value: str) -> Wanted:
        """None of what no answer told and no source names: it may be anything, and so may what is asked."""
        if _SECRET.search(name) or value in self._secrets:
            return None
        if not value.strip("0"):
            return value
        own = self._own(value)
        if own is not None:
            return own
        disguised = self._pseudonyms.of(value)
        if _COUNTS_PAGES.fullmatch(name) and value.isdecimal():
            return [disguised, value]  # the plugin counts, or repeats what it was told
        if disguised == value or self._pseudonyms.is_instant(value):
            return disguised
        told = all(
            each.lower() in self._told or disguised_part == each
            for each, disguised_part in self._parts(value)
        )
        return disguised if told else None

    def _parts(self, value: str) -> Iterator[tuple[str, str]]:
        for each in _TOKEN.findall(value):
            yield each, self._pseudonyms.of(each)

    def _header(self, name: str, value: str) -> str:
        if name == "content-type" or (name == "retry-after" and value.isdecimal()):
            return value
        if name == "link":
            inside = re.sub(r"<([^>]*)>", lambda found: f"<{self._leaf('link', 'link', found[1])}>", value)
            return inside if inside != value else self._leaf("link", "link", value)
        return self._leaf(f"header {name}", name, value)

    def _body(self, media: str, body: bytes) -> str:
        text = _text(media, body)
        if not text.strip():
            return ""
        match kind_of(media, text):
            case "json":
                return json.dumps(self._json("", "", json.loads(text)), ensure_ascii=False)
            case "ndjson":
                lines = [json.loads(line) for line in text.splitlines() if line.strip()]
                return (
                    "\n".join(json.dumps(self._json("", "", each), ensure_ascii=False) for each in lines)
                    + "\n"
                )
            case "xml":
                return self._xml(text)
            case "form":
                pairs = parse_qsl(text, keep_blank_values=True)
                return urlencode(
                    [(self._key("", name), self._leaf(f"/{name}", name, value)) for name, value in pairs]
                )
        raise Unfit(media.partition(";")[0] or "no media type")

    def _json(self, place: str, name: str, value: Any) -> Any:
        match value:
            case dict():
                made: dict[str, Any] = {}
                for key, each in value.items():
                    called = self._key(place, key)
                    made[called] = self._json(f"{place}/{called if called == key else '*'}", key, each)
                return made
            case list():
                return [self._json(f"{place}/*", name, each) for each in value]
            case str():
                return self._leaf(place, name, value)
            case bool() | None:
                return value
            case _:
                return self._number(place, value)

    def _key(self, place: str, key: str) -> str:
        """One that is no name is somebody's, such as an id under which a record stands."""
        return key if _NAME.fullmatch(key) else self._leaf(f"{place}/*", key, key)

    def _number(self, place: str, value: float) -> float:
        written = repr(value)
        if self._is_kept(place):
            self._count(place, written)
            return value
        self._tell(written)
        made = self._pseudonyms.number(written)
        if made == written:
            self._count(place, written)
        return type(value)(made)

    def _xml(self, text: str) -> str:
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise Unfit("XML with declarations of its own")
        try:
            document = minidom.parseString(text.encode())  # noqa: S318  without declarations there is nothing to unfold
        except ExpatError:
            raise Unfit("XML that is none") from None
        root: Any = document.documentElement
        self._element("", root)
        made: str = root.toxml()  # what stands around it is comments
        return made

    def _element(self, above: str, element: Any) -> None:
        place = f"{above}/{element.tagName}"
        for name, value in list(element.attributes.items()):
            if not name.startswith("xmlns"):
                element.setAttribute(name, self._leaf(f"{place}/@{name}", name, value))
        for child in list(element.childNodes):
            if child.nodeType == child.ELEMENT_NODE:
                self._element(place, child)
            elif child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE):
                child.data = self._leaf(place, element.tagName, child.data)
            else:
                element.removeChild(child)

    def _leaf(self, place: str, name: str, value: str) -> str:
        own = self._own(value)
        if own is not None:
            return own
        self._tell(value)
        secret = bool(_SECRET.search(name)) or value in self._secrets
        if not secret and self._is_kept(place):
            self._count(place, value)
            return value
        made = self._pseudonyms.of(value, keep=not secret)
        if made == value:
            self._count(place, value)
        return made

    def _own(self, value: str) -> str | None:
        """An address of the server's own; None of anything else."""
        for base in self._bases:
            if value == base or value.startswith((f"{base}/", f"{base}?")):
                url = urlsplit(value[len(base) :])
                self._tell(unquote(url.path))
                path = "/".join(quote(self._pseudonyms.of(unquote(each))) for each in url.path.split("/"))
                pairs = parse_qsl(url.query, keep_blank_values=True)
                for _, each in pairs:
                    self._tell(each)
                query = urlencode([(name, self._query(name, each)) for name, each in pairs])
                return f"{PLACEHOLDER}{path}{'?' if query else ''}{query}"
        return None

    def _query(self, name: str, value: str) -> str:
        secret = bool(_SECRET.search(name)) or value in self._secrets
        return self._pseudonyms.of(value, keep=not secret)

    def _is_kept(self, place: str) -> bool:
        return any(each.fullmatch(place) for each in self._keep)

    def _count(self, place: str, value: str) -> None:
        if _TOKEN.search(value) and value.strip("0"):
            self.kept[place] += 1

    def _tell(self, value: str) -> None:
        self._told |= {each.lower() for each in _TOKEN.findall(value)}


def leaves(media: str, body: bytes) -> Iterator[tuple[str, str, str]]:
    """Of a request's body: where, under which name, what. Raises Unfit."""
    text = _text(media, body)
    if not text.strip():
        return
    match kind_of(media, text):
        case "json":
            yield from _json_leaves("", "", json.loads(text))
        case "form":
            pairs = parse_qsl(text, keep_blank_values=True)
            yield from ((f"/{name if _NAME.fullmatch(name) else '*'}", name, each) for name, each in pairs)
        case "xml":
            if "<!DOCTYPE" in text or "<!ENTITY" in text:
                raise Unfit("XML with declarations of its own")
            document = minidom.parseString(text.encode())  # noqa: S318  as above
            yield from _xml_leaves("", document.documentElement)
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


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except (ValueError, RecursionError):
        return False
    return True


def _text(media: str, body: bytes) -> str:
    charset = re.search(r"charset=[\"']?([\w-]+)", media)
    try:
        return body.decode(charset[1] if charset else "utf-8-sig")
    except (UnicodeDecodeError, LookupError):
        raise Unfit("text in another encoding than it says") from None


def _json_leaves(place: str, name: str, value: Any) -> Iterator[tuple[str, str, str]]:
    match value:
        case dict():
            for key, each in value.items():
                yield from _json_leaves(f"{place}/{key if _NAME.fullmatch(key) else '*'}", key, each)
        case list():
            for at, each in enumerate(value):
                yield from _json_leaves(f"{place}/{at}", name, each)
        case _:
            yield place, name, value if isinstance(value, str) else json.dumps(value)


def _xml_leaves(above: str, element: Any) -> Iterator[tuple[str, str, str]]:
    place = f"{above}/{element.tagName}"
    yield from (
        (f"{place}/@{name}", name, value) for name, value in element.attributes.items() if name[:5] != "xmlns"
    )
    for child in element.childNodes:
        if child.nodeType == child.ELEMENT_NODE:
            yield from _xml_leaves(place, child)
        elif child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE) and child.data.strip():
            yield place, element.tagName, child.data


def _pattern(places: str) -> str:
    return "/".join("[^/]+" if each == "*" else re.escape(each) for each in places.split("/"))


def _first(pair: tuple[str, Wanted]) -> str:
    return pair[0]
