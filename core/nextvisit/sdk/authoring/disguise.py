"""Requests and answers without the identities in them: structure stays, and keys that the plugin names.

What of the values stays is counted by its place, so that somebody looks it over: codes that the plugin's own
source names, and what `keep` allows. A value that could be a secret is never among them.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from nextvisit.sdk.authoring.bodies import CHARSET, Unfit, kind_of, leaves, root_of, tag_as, text_of
from nextvisit.sdk.authoring.pseudonyms import Pseudonyms
from nextvisit.sdk.authoring.recording import PLACEHOLDER, RecordedAnswer, RecordedRequest, Wanted, json_text
from nextvisit.sdk.authoring.source_names import plain

_SECRET: Final = re.compile(
    r"(^|[_.-])(auth\w*|api_?key|x?-?key|token|\w*token|secret|\w*secret|passw\w*|passphrase|pin|pwd|signature|sig|"
    r"session\w*|sid|credential\w*|cookie|jwt|bearer)$",
    re.IGNORECASE,
)
_COUNTS_PAGES: Final = re.compile(
    r"_?(page|pages?_?(no|num|number|size|index)|per_?page|offset|_offset|start|start_?index|skip|first|from_?row"
    r"|limit|count|size|max|max_?results|top|next|next_?(page|offset|start|index|no|number))",
    re.IGNORECASE,
)
_OF_BIRTH: Final = re.compile(
    r"birth|born|(^|_)dob|bday|geb|naiss|nacim|nasc|urodz|rozhd|rodj|рожд|нарож|γεν", re.IGNORECASE
)
_HEADERS: Final = frozenset(
    {"content-type", "etag", "last-modified", "location", "content-location", "link", "retry-after"}
)
"""Not `Date`: whoever knows when was recorded would know by how much all instants were moved."""
_NEVER: Final = frozenset({"set-cookie", "www-authenticate", "authorization", "proxy-authenticate"})
_RELATION: Final = re.compile(
    r"<([^>]*)>\s*;[^,]*?rel\s*=\s*\"?(next|prev|previous|first|last|self)\"?(?![\w-])"
)
_FIVE_DIGITS: Final = re.compile(r"[0-9]{1,5}")
_THREE_DIGITS: Final = 3
_HOUR_S: Final = 3600
_COMMON_PREFIX: Final = re.compile(r"[a-z]{1,2}\d?|soap|soapenv|env|xsi|xsd|wsse|wsu|wsa|hl7|fhir|xhtml|xml")
_TOKEN: Final = re.compile(r"[^\W_]+")


class Disguise:
    """Of one server. bases: its own address as it may be spelt, the real one and that of a relay. names: see
    `names_of`; keys that are none of them are values. secrets: never written, and never kept. keep: places,
    such as `/rows/*/status`, whose values stay as they are.

    kept: of each place, how many values stayed.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        bases: Sequence[str],
        *,
        names: frozenset[str],
        keep: Sequence[str] = (),
        secrets: frozenset[str] = frozenset(),
    ) -> None:
        self.kept: Counter[str] = Counter()
        self._names = names
        self._pseudonyms, self._pages = pseudonyms, pseudonyms.apart()
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
            (self._key("", name), self._wanted(name, value))
            for name, value in parse_qsl(url.query, keep_blank_values=True)
        ]
        called = partial(self._key, "")
        places = [(place, self._wanted(name, value)) for place, name, value in leaves(media, body, called)]
        return RecordedRequest(method, path, sorted(query, key=_first), sorted(places, key=_first))

    def _wanted(self, name: str, value: str) -> Wanted:
        """None of what no answer told and no source names: it may be anything, and so may what is asked."""
        if self._is_secret(name, value):
            return None
        if not value.strip("0"):
            return value
        own = self._own(value)
        if own is not None:
            return own
        if self._counts(name, value):
            return [self._pages.number(value), value]  # the plugin counts, or repeats what it was told
        disguised = self._replaced(name, value)
        if disguised == value or self._pseudonyms.is_instant(value):
            return disguised
        told = all(
            each.lower() in self._told or disguised_part == each
            for each, disguised_part in self._parts(value)
        )
        return disguised if told else None

    def _counts(self, name: str, value: str) -> bool:
        """Whether it is a page's number, and none of a record that was told of under another name."""
        if not (_COUNTS_PAGES.fullmatch(name) and _FIVE_DIGITS.fullmatch(value)):
            return False
        return len(value) <= _THREE_DIGITS or value not in self._told

    def _replaced(self, name: str, value: str, *, keep: bool = True) -> str:
        if self._counts(name, value):
            return self._pages.number(value)
        return self._pseudonyms.of(value, keep=keep, birth=bool(_OF_BIRTH.search(name)))

    def _parts(self, value: str) -> Iterator[tuple[str, str]]:
        for each in _TOKEN.findall(value):
            yield each, self._pseudonyms.of(each)

    def _header(self, name: str, value: str) -> str:
        if name == "content-type":
            return _media(value)
        if name == "retry-after" and _FIVE_DIGITS.fullmatch(value):
            return str(min(int(value), _HOUR_S))
        if name == "link":
            return ", ".join(
                f'<{self._leaf("link", "link", found[1])}>; rel="{found[2]}"'
                for found in _RELATION.finditer(value)
            )
        return self._leaf(f"header {name}", name, value)

    def _body(self, media: str, body: bytes) -> str:
        text = text_of(media, body)
        if not text.strip():
            return ""
        match kind_of(media, text):
            case "json":
                return json_text(self._json("", "", json.loads(text)))
            case "ndjson":
                lines = [json.loads(line) for line in text.splitlines() if line.strip()]
                return "\n".join(json_text(self._json("", "", each)) for each in lines) + "\n"
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
                    while called in made:
                        called += "x"
                    made[called] = self._json(f"{place}/{called if called == key else '*'}", key, each)
                return made
            case list():
                return [self._json(f"{place}/*", name, each) for each in value]
            case str():
                return self._leaf(place, name, value)
            case bool() | None:
                return value
            case _:
                return self._number(place, name, value)

    def _key(self, place: str, key: str) -> str:
        """One that the plugin does not name is somebody's, such as an id under which a record stands."""
        return key if plain(key) in self._names and key.isascii() else self._leaf(f"{place}/*", "", key)

    def _number(self, place: str, name: str, value: float) -> float:
        written = repr(value)
        if self._is_kept(place) and not self._is_secret("", written):
            self._count(place, written)
            return value
        if self._counts(name, written):
            return type(value)(self._pages.number(written))
        self._tell(written)
        made = self._pseudonyms.number(written)
        if made == written:
            self._count(place, written)
        return type(value)(made)

    def _xml(self, text: str) -> str:
        root: Any = root_of(text)
        self._element("", root)
        made: str = root.toxml()  # what stands around it is comments
        return made

    def _element(self, above: str, element: Any) -> None:
        own = element.tagName
        element.tagName = element.nodeName = self._tag(own)
        place = f"{above}/{element.tagName if element.tagName == own else '*'}"
        for name, value in list(element.attributes.items()):
            element.removeAttribute(name)
            if name == "xmlns" or name.startswith("xmlns:"):
                element.setAttribute(self._prefixed(name), self._namespace(value))
            else:
                element.setAttribute(self._tag(name), self._leaf(f"{place}/@{name}", name, value))
        for child in list(element.childNodes):
            if child.nodeType == child.ELEMENT_NODE:
                self._element(place, child)
            elif child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE):
                child.data = self._leaf(place, own, child.data)
            else:
                element.removeChild(child)

    def _tag(self, name: str) -> str:
        prefix, colon, local = tag_as(name, partial(self._key, "")).rpartition(":")
        return f"{self._prefix(prefix)}{colon}{local}"

    def _prefixed(self, name: str) -> str:
        """A declaration's: `xmlns:p`."""
        xmlns, colon, prefix = name.partition(":")
        return f"{xmlns}{colon}{self._prefix(prefix)}"

    def _prefix(self, prefix: str) -> str:
        if not prefix or _COMMON_PREFIX.fullmatch(prefix):
            return prefix
        made = self._key("", prefix)
        return made if made[:1].isalpha() else f"x{made}"

    def _namespace(self, value: str) -> str:
        """An address of a vocabulary, if the plugin names it."""
        return value if self._pseudonyms.names(value) else self._leaf("xmlns", "xmlns", value)

    def _leaf(self, place: str, name: str, value: str) -> str:
        own = self._own(value)
        if own is not None:
            return own
        secret = self._is_secret(name, value)
        if not self._counts(name, value):
            self._tell(value)
        if not secret and self._is_kept(place):
            self._count(place, value)
            return value
        made = self._replaced(name, value, keep=not secret)
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
                for name, each in pairs:
                    if not self._counts(name, each):
                        self._tell(each)
                query = urlencode([(self._key("", name), self._query(name, each)) for name, each in pairs])
                return f"{PLACEHOLDER}{path}{'?' if query else ''}{query}"
        return None

    def _query(self, name: str, value: str) -> str:
        return self._replaced(name, value, keep=not self._is_secret(name, value))

    def _is_secret(self, name: str, value: str) -> bool:
        """By its name, or because one stands in it."""
        return bool(_SECRET.search(name)) or any(each in value for each in self._secrets if each)

    def _is_kept(self, place: str) -> bool:
        return any(each.fullmatch(place) for each in self._keep)

    def _count(self, place: str, value: str) -> None:
        if _TOKEN.search(value) and value.strip("0"):
            self.kept[place] += 1

    def _tell(self, value: str) -> None:
        self._told |= {each.lower() for each in _TOKEN.findall(value)}


_MEDIA: Final = re.compile(r"[a-z]+/[a-z.+-]+")


def _media(value: str) -> str:
    """What of it says how the body is read."""
    name, said = value.partition(";")[0].strip().lower(), CHARSET.search(value)
    charset = f"; charset={said[1].lower()}" if said and _is_charset(said[1]) else ""
    return f"{name if _MEDIA.fullmatch(name) else 'application/octet-stream'}{charset}"


def _is_charset(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def _pattern(places: str) -> str:
    return "/".join("[^/]+" if each == "*" else re.escape(each) for each in places.split("/"))


def _first(pair: tuple[str, Wanted]) -> str:
    return pair[0]
