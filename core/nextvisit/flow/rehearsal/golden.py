"""Golden conversations: a script and what comes of it, in one YAML file that a nurse can read.

title: She opens the e-mail, says yes and takes the second time
zone: Europe/Warsaw
start: 2026-11-30 10:00
channels: [email, sms]
flags: []
given: []                         # how the first effects come out, see `script`
events:
  - after 3 hours: opens          # counted from the event before
  - replies wants_visit           # at once
  - silence                       # until the journey ends
transcript:
  - Mon 30.11 10:00  clinic writes `neutral` by email
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from nextvisit.files.part import Part, SourceFile, load
from nextvisit.flow.engine.play import local_instant
from nextvisit.flow.engine.program import Program
from nextvisit.flow.rehearsal.script import read_happening
from nextvisit.flow.rehearsal.simulate import Rehearsal
from nextvisit.sdk.records import ChannelKind
from nextvisit.segments.spans import parse_span

_AT_ONCE = "at once"


def _events(value: object) -> object:
    return [_event(each) for each in value] if isinstance(value, list) else value


def _event(value: object) -> object:
    if isinstance(value, dict):
        return value
    if isinstance(value, str) and value.startswith("after "):
        return {value: ""}  # time passes and nothing else happens
    return {_AT_ONCE: value}


class GoldenFile(Part):
    """The file as written. An event is `after <span>: <what>`, only `<what>`, or only `after <span>`."""

    title: str
    zone: str = "Europe/Warsaw"
    start: str
    channels: list[ChannelKind]
    flags: list[str] = Field(default_factory=list)
    given: list[str] = Field(default_factory=list)
    events: Annotated[list[dict[str, str]], BeforeValidator(_events)] = Field(default_factory=list)
    transcript: list[str] = Field(default_factory=list)


def read_golden(source: SourceFile) -> GoldenFile:
    """Raises InvalidFile."""
    return load(source, GoldenFile)


def play(golden: GoldenFile, program: Program) -> list[str]:
    """The transcript that comes of the script. Raises ValueError for words that mean nothing."""
    zone = ZoneInfo(golden.zone)
    rehearsal = Rehearsal(program, zone, local_instant(golden.start, zone), tuple(golden.flags))
    for text in golden.given:
        _do(rehearsal, text)
    rehearsal.start()
    for event in golden.events:
        for when, what in event.items():
            if when != _AT_ONCE:
                span = parse_span(when.removeprefix("after "))
                rehearsal.until(span.after(rehearsal.now, zone))
            if what:
                _do(rehearsal, what)
    return [str(line) for line in rehearsal.lines]


def with_transcript(text: str, lines: Sequence[str]) -> str:
    """A golden file's text with another transcript; comments and layout above it stay."""
    above = text.partition("\ntranscript:")[0].rstrip("\n")
    return above + "\ntranscript:\n" + "".join(f"  - {_quoted(line)}\n" for line in lines)


def golden_text(
    rehearsal: Rehearsal,
    script: Sequence[str],
    *,
    start: datetime,
    channels: Sequence[ChannelKind],
    title: str = "A recorded rehearsal",
) -> str:
    """A rehearsal as a golden file. `script` are the events as typed: `after 3 hours: opens`, `silence`."""
    head = [
        f"title: {title}",
        f"zone: {rehearsal.zone.key}",
        f"start: {start.astimezone(rehearsal.zone):%Y-%m-%d %H:%M}",
        f"channels: [{', '.join(channels)}]",
        f"flags: [{', '.join(rehearsal.flags)}]",
        "events:" if script else "events: []",
        *(f"  - {event}" for event in script),
        "",
    ]
    lines = [f"{line.at:%a %d.%m %H:%M}  {line.what}" for line in rehearsal.lines]
    return with_transcript("\n".join(head), lines)


def _quoted(line: str) -> str:
    return f'"{line}"' if ": " in line else line


def _do(rehearsal: Rehearsal, text: str) -> None:
    if text == "silence":
        rehearsal.silence()
    else:
        rehearsal.happen(read_happening(text, rehearsal.zone))
