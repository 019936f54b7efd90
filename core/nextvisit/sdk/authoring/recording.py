"""The file of a recording: JSON lines, the first one of its format, each other one exchange over HTTP.

What is written here was replaced before. An `asked` value is a text that has to be asked for; a list of texts
of which one has to be; None for anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import write_private

PLACEHOLDER: Final = "http://recorded.invalid"
"""Stands for the server's own address, up to where its paths begin."""
_FORMAT: Final = 1

Wanted = str | list[str] | None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """path: its segments. query, body: names, or places, with their values, in the order of names."""

    method: str
    path: Sequence[Wanted]
    query: Sequence[tuple[str, Wanted]]
    body: Sequence[tuple[str, Wanted]]


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """headers: of those that matter. body: a text; as much of the server's own address as stands in it is
    `PLACEHOLDER`."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what came."""

    asked: RecordedRequest
    answered: RecordedAnswer


def write_recording(file: Path, exchanges: Sequence[Exchange]) -> None:
    """Whole or not at all, for its owner alone until she has looked it over."""
    head = {"nextvisit_recording": _FORMAT}
    lines = [json_text(each) for each in (head, *map(asdict, exchanges))]
    write_private(file, "\n".join(lines) + "\n")


def json_text(value: Any) -> str:
    """For a person's eyes, unless no file could hold it: half of a pair is escaped as it was."""
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if any("\ud800" <= letter <= "\udfff" for letter in text) else text


def read_recording(file: Path) -> Sequence[Exchange]:
    """Raises ConfigError for a file that is none."""
    try:
        head, *lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        if head["nextvisit_recording"] == _FORMAT:
            return [_exchange(each) for each in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"is no recording ({type(error).__name__}); `nextvisit-plugin record` writes one"
        raise ConfigError("plugin.recording", message, place=str(file)) from error
    raise ConfigError("plugin.recording", "is of another version; record it again", place=str(file))


def _exchange(said: dict[str, Any]) -> Exchange:
    asked, answered = said["asked"], said["answered"]
    pairs = {name: [(each, wanted) for each, wanted in asked[name]] for name in ("query", "body")}
    return Exchange(
        RecordedRequest(asked["method"], asked["path"], pairs["query"], pairs["body"]),
        RecordedAnswer(int(answered["status"]), answered["headers"], answered["body"]),
    )
