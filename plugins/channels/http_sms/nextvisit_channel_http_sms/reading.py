"""What stands in an answer or a call: one word of JSON, of a form, of a query or of a text.

Nothing is guessed. A name that stands twice, and a thing where a word is wanted, are no word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from pydantic import AfterValidator

from nextvisit.sdk.errors import SettingsFault

_STEP: Final = re.compile(r"([A-Za-z_][\w-]*)|\[(\d{1,3})\]")
_PATH: Final = re.compile(r"(?:[A-Za-z_][\w-]*|\[\d{1,3}\])(?:\.[A-Za-z_][\w-]*|\[\d{1,3}\])*")
_LONGEST_PATTERN: Final = 200
_LONGEST_MATCHED: Final = 1000
_ESCAPED: Final = re.compile(r"\\.")
_CHARACTER_CLASS: Final = re.compile(r"\[\^?\]?[^\]]*\]")
_REPEATED_GROUP: Final = re.compile(r"\)[*+{]")
_OPEN_ENDED: Final = re.compile(r"[*+]|\{\d*,\d*\}")
_OPTIONAL: Final = re.compile(r"(?<![(*+?}])\?")
_MOST_OPEN_ENDED: Final = 2
_MOST_OPTIONAL: Final = 6
_MOST_FIELDS: Final = 200


class Unreadable(Exception):
    """It is not what it should be. Holds no word of it."""


def json_path(path: str) -> str:
    """The path itself. Raises ValueError."""
    if not _PATH.fullmatch(path):
        message = "must be a path such as id, list[0].status or data.message-id"
        raise SettingsFault(message)
    return path


def _pattern(text: str) -> str:
    if len(text) > _LONGEST_PATTERN:
        message = f"must have at most {_LONGEST_PATTERN} characters"
        raise SettingsFault(message)
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        message = "must be a regular expression"
        raise SettingsFault(message) from None
    if "(?" in _ESCAPED.sub("x", text):
        message = "must have no (?…): flags and looks ahead change what the rest means"
        raise SettingsFault(message)
    # Each can take longer than there is time for, on a text that does not fit.
    bare = _CHARACTER_CLASS.sub("x", _ESCAPED.sub("x", text))
    if _REPEATED_GROUP.search(bare):
        message = "must not repeat a group: (…)* and (…)+ may take without end"
        raise SettingsFault(message)
    if len(_OPEN_ENDED.findall(bare)) > _MOST_OPEN_ENDED or len(_OPTIONAL.findall(bare)) > _MOST_OPTIONAL:
        message = (
            f"must not have more than {_MOST_OPEN_ENDED} of * + and {{n,m}}, or {_MOST_OPTIONAL} of ?:"
            " it may take without end"
        )
        raise SettingsFault(message)
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
"""A regular expression that the whole of a word or text has to fit."""


def capture(text: str) -> str:
    """The pattern itself. Raises ValueError unless one group of it is meant."""
    if re.compile(_pattern(text)).groups != 1:
        message = "must have one group: the part that is meant in ( )"
        raise SettingsFault(message)
    return text


def fits(pattern: str, text: str) -> bool:
    """Whether the whole of `text` does. `OK` does not fit `NOT OK`."""
    return len(text) <= _LONGEST_MATCHED and re.fullmatch(pattern, text) is not None


def captured(pattern: str, text: str) -> str | None:
    """What the group of a pattern holds, if the text fits."""
    found = re.fullmatch(pattern, text) if len(text) <= _LONGEST_MATCHED else None
    return None if found is None else found[1]


def word_of(value: Any) -> str | None:
    """A scalar as JSON writes it, without quotes. None: it is null, a list or an object."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            # Half a surrogate pair has no bytes.
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case _:
            return None


def read_json(body: bytes) -> Any:
    """Strictly: UTF-8, with a mark before it or without, no name twice, no NaN. Raises Unreadable."""
    try:
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(_: str) -> Any:
    raise ValueError


def at_path(data: Any, path: str) -> Any:
    """What stands there; None where there is nothing."""
    for name, number in _STEP.findall(path):
        if name and isinstance(data, Mapping):
            data = data.get(name)
        elif number and isinstance(data, list) and int(number) < len(data):
            data = data[int(number)]
        else:
            return None
    return data


def read_form(body: bytes, charset: str) -> tuple[tuple[str, str], ...]:
    """Its fields, with U+FFFD for what cannot be read. Raises Unreadable."""
    try:
        # An escape is ASCII; so is everything else that may stand in a form.
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, encoding=charset, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Unreadable from None
    return tuple(pairs)


def only(pairs: Sequence[tuple[str, str]], name: str) -> str | None:
    """The field of this name; None where it is absent. Raises Unreadable where it stands twice."""
    found = [value for each, value in pairs if each == name]
    if len(found) > 1:
        raise Unreadable
    return found[0] if found else None
