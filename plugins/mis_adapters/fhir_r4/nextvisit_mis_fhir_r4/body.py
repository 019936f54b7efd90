"""Bytes → JSON, whatever is in them: one broken thing costs itself and none of its neighbours.

What is wrong with a text (a byte that is not UTF-8, half an emoji, a control character) stays in it as Python
can hold it, and `primitives.text` refuses it where it is read. What is wrong with the brackets and quotes of
a Bundle costs the entry in which it is.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from nextvisit_mis_fhir_r4.primitives import Json, Unfit

Pairs = list[tuple[str, Any]]

_ENTRIES: Final = re.compile(r'"entry"\s*:\s*\[')
# How an entry begins, https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry
_BEGINS: Final = re.compile(r'\{\s*"(?:resource|fullUrl|search|link|id|extension|request|response)"\s*:')
_RESOURCE: Final = re.compile(r'"resource"\s*:\s*(?=\{)')
_MEMBER: Final = re.compile(r'\s*,?\s*"(\w+)"\s*:\s*')
_NEXT: Final = re.compile(r"\s*[,}]")
_ENDS: Final = re.compile(r'\]\s*(?:\}\s*\Z|,(?=\s*"))')
_BLANK: Final = " \t\r\n"
_DEEPEST: Final = 3
_EASE: Final = 20_000_000
_MOST_PARTS: Final = 500_000
"""Objects and lists of a page: one of three bytes takes twenty times that of memory."""
_A_STACK: Final = 50_000
_MOST_ENDS: Final = 50
"""Lists within what stands behind the entries, at most: each costs a try to read it."""


@dataclass(frozen=True, slots=True, repr=False)
class Damaged:
    """An entry whose brackets or quotes do not match. resource: what stands in it before the damage."""

    raw: str
    resource: Json

    def alone(self, made_at: datetime | None) -> bytes:
        """A Bundle with this entry only. made_at: of the page; it may stand for the time of the entry."""
        head = orjson.dumps(_head(made_at))[:-1]
        return head + b',"entry":[' + self.raw.encode("utf-8", "surrogateescape") + b"]}"


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """What came. An `entry` of a Bundle may hold Damaged ones.

    complete: the end is there. Of a body without its end nobody knows whether there was a next page.
    """

    json: Json
    complete: bool = True


def loads(body: bytes) -> Body:
    """The JSON object that `body` is. Raises Unfit: it is none, not even in part, or of too many parts."""
    if body.count(b"{") + body.count(b"[") > _MOST_PARTS:
        raise Unfit("body.too_many_parts")
    try:
        loaded = orjson.loads(body)
    except orjson.JSONDecodeError:
        loaded = None
    if loaded is None:
        text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
        try:
            loaded = json.loads(text, cls=_Tolerant)
        except (ValueError, RecursionError):
            return _salvaged(text)
    if not isinstance(loaded, dict):
        raise Unfit("body.not_an_object")
    return Body(loaded)


def alone(resource: Json, made_at: datetime | None, full_url: Any) -> bytes | None:
    """As `Damaged.alone`, for what can be read so far; None when it is nested too deeply to be written."""
    entry = {"resource": resource} if full_url is None else {"fullUrl": full_url, "resource": resource}
    bundle = {**_head(made_at), "entry": [entry]}
    try:
        return json.dumps(bundle).encode()  # it writes what it reads: half an emoji, a number without end
    except RecursionError:
        return None


def _head(made_at: datetime | None) -> Json:
    head = {"resourceType": "Bundle"}
    return head if made_at is None else {**head, "timestamp": made_at.isoformat()}


def _number(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # more digits than Python makes an int of
        return float(digits)


class _Tolerant(json.JSONDecoder):
    """Takes control characters within texts, and numbers of any length."""

    def __init__(self, object_pairs_hook: Callable[[Pairs], Json] | None = None) -> None:
        super().__init__(strict=False, parse_int=_number, object_pairs_hook=object_pairs_hook)


class _Work:
    """What is spent on one body, in characters read: somebody may nest a page so that each try fails late."""

    def __init__(self, text: str) -> None:
        self._left = _EASE + 8 * len(text)
        self.entries = _Tolerant(object_pairs_hook=self._unswallowed)

    def spend(self, characters: int) -> None:
        """Raises Unfit when it is too much."""
        self._left -= characters
        if self._left < 0:
            raise Unfit("body.not_json")

    def failed(self, error: ValueError | RecursionError, begun: int) -> None:
        """A try that began there. Where the stack ended is not said, and of a text only where it began.

        To say where it failed, Python counts the lines before.
        """
        if isinstance(error, json.JSONDecodeError):
            self.spend(error.pos // 16)
        if not isinstance(error, json.JSONDecodeError):
            self.spend(_A_STACK)
        elif error.msg.startswith("Unterminated string"):
            self.spend(len(error.doc) - begun)
        else:
            self.spend(error.pos - begun)

    def _unswallowed(self, pairs: Pairs) -> Json:
        """An object; ValueError when a broken bracket has drawn its neighbours into an entry."""
        self.spend(16 * (1 + len(pairs)))
        if any(name == "resource" for name, _ in pairs):
            lists = [value for _, value in pairs if isinstance(value, list)]
            if any(_is_entry(one) for each in lists for one in each):
                raise ValueError
        return dict(pairs)


_DECODER: Final = _Tolerant()


def _salvaged(text: str) -> Body:
    """The Bundle around the damage: what stands before its entries, the entries, what stands behind them."""
    start = _ENTRIES.search(text)
    if start is None:
        raise Unfit("body.not_json")
    entries: list[Any] = []
    work = _Work(text)
    at = done = start.end()
    while (begins := _BEGINS.search(text, at)) is not None:
        end = _whole_entry(text, begins.start(), entries, done, work)
        at = begins.start() + 1 if end is None else end
        done = done if end is None else end
    behind, damage = _behind(text[done:])
    entries += _damaged(damage, work)
    before = _members(text, text.find("{"), work)
    return Body({**before, **(behind or {}), "entry": entries}, complete=behind is not None)


def _whole_entry(text: str, begin: int, entries: list[Any], done: int, work: _Work) -> int | None:
    """The end of the entry that begins here and is added, with the damage before it; None when none does."""
    try:
        entry, end = work.entries.raw_decode(text, begin)
    except (ValueError, RecursionError) as error:
        work.failed(error, begin)
        return None
    if not _is_entry(entry):
        work.spend(end - begin)
        return None
    entries += _damaged(text[done:begin], work)
    entries.append(entry)
    return end


def _is_entry(value: Any) -> bool:
    resource = value.get("resource") if isinstance(value, dict) else None
    return isinstance(resource, dict) and isinstance(resource.get("resourceType"), str)


def _behind(text: str) -> tuple[Json | None, str]:
    """What stands behind the entries (None: the end is missing), and the damage before it."""
    for end in list(_ENDS.finditer(text))[-_MOST_ENDS:]:
        rest = text[end.end() :] if end.group().endswith(",") else "}"
        try:
            return json.loads("{" + rest, cls=_Tolerant), text[: end.start()]
        except (ValueError, RecursionError):
            continue
    cut_behind = text.lstrip(_BLANK).startswith("]") and _RESOURCE.search(text) is None
    return None, "" if cut_behind else text


def _damaged(text: str, work: _Work) -> list[Damaged]:
    """The broken entries that a piece between whole ones is made of."""
    piece = text.strip(_BLANK + ",")
    if not piece:
        return []
    resources = list(_RESOURCE.finditer(piece))
    begins = [max(piece.rfind("{", 0, one.start()), 0) for one in resources[1:]]
    pieces = [piece[a:b] for a, b in zip([0, *begins], [*begins, len(piece)], strict=True)]
    found = [_members(piece, one.end(), work) for one in resources] or [{}]
    return [Damaged(raw.strip(_BLANK + ","), resource) for raw, resource in zip(pieces, found, strict=True)]


def _members(text: str, brace: int, work: _Work, *, depth: int = 0) -> Json:
    """The members of the object that begins here, up to the first that cannot be read.

    Of a value one must see where it ends: half an id is somebody else's.
    """
    found: Json = {}
    at = brace + 1
    while (member := _MEMBER.match(text, at)) is not None:
        name, value_at = member.group(1), member.end()
        try:
            value, at = _DECODER.raw_decode(text, value_at)
        except (ValueError, RecursionError) as error:
            work.failed(error, value_at)
            if text[value_at : value_at + 1] == "{" and depth < _DEEPEST:
                found[name] = _members(text, value_at, work, depth=depth + 1)
            return found
        if _NEXT.match(text, at) is None:
            return found
        found[name] = value
    return found
