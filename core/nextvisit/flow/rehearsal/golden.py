"""Golden conversations: a script and what comes of it, in one YAML file that a nurse can read.

title: She opens the e-mail, says yes and takes the second time
zone: Europe/Warsaw
start: 2026-11-30 10:00
channels: [email, sms]
flags: []
language: pl                      # the patient's, for words
times: [2026-12-03 10:30]         # what is offered, for words
given: []                         # how the first effects come out, see `script`
events:
  - after 3 hours: opens          # counted from the event before
  - replies wants_visit           # at once
  - patient writes: "tak, o 16"   # in the patient's own words; also `after 3 hours, patient writes: "…"`
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
from nextvisit.flow.rehearsal.words import Reads, read_nothing
from nextvisit.sdk.records import ChannelKind
from nextvisit.segments.spans import parse_span

AT_ONCE = "at once"
WRITES = "patient writes"
_SILENCE = "silence"


def _events(value: object) -> object:
    return [_event(each) for each in value] if isinstance(value, list) else value


def _event(value: object) -> object:
    if isinstance(value, dict):
        return value
    if isinstance(value, str) and value.startswith("after "):
        return {value: ""}  # time passes and nothing else happens
    return {AT_ONCE: value}


class GoldenFile(Part):
    """The file as written.

    An event is `after <span>: <what>`, only `<what>`, or only `after <span>`; words are `patient writes:
    <words>`, or `after <span>, patient writes: <words>`.
    """

    title: str
    zone: str = "Europe/Warsaw"
    start: str
    channels: list[ChannelKind]
    flags: list[str] = Field(default_factory=list)
    language: str = "pl"
    times: list[str] = Field(default_factory=list)
    given: list[str] = Field(default_factory=list)
    events: Annotated[list[dict[str, str]], BeforeValidator(_events)] = Field(default_factory=list)
    transcript: list[str] = Field(default_factory=list)


def read_golden(source: SourceFile) -> GoldenFile:
    """Raises InvalidFile."""
    return load(source, GoldenFile)


def play(golden: GoldenFile, program: Program, read: Reads = read_nothing) -> list[str]:
    """The transcript that comes of the script. Raises ValueError for words that mean nothing."""
    zone = ZoneInfo(golden.zone)
    rehearsal = Rehearsal(
        program,
        zone,
        local_instant(golden.start, zone),
        tuple(golden.flags),
        times=tuple(local_instant(each, zone) for each in golden.times),
        language=golden.language,
        read=read,
    )
    for text in golden.given:
        do_event(rehearsal, AT_ONCE, text)
    rehearsal.start()
    for event in golden.events:
        for when, what in event.items():
            do_event(rehearsal, when, what)
    return [str(line) for line in rehearsal.lines]


def do_event(rehearsal: Rehearsal, when: str, what: str) -> None:
    """An event as the file writes it. Raises ValueError for what means nothing."""
    after, writes = _when(when)
    happening = read_happening(what, rehearsal.zone) if not writes and what not in {"", _SILENCE} else None
    if after is not None:
        rehearsal.until(parse_span(after).after(rehearsal.now, rehearsal.zone))
    if writes:
        rehearsal.write(what)
    elif what == _SILENCE:
        rehearsal.silence()
    elif happening is not None:
        rehearsal.happen(happening)


def _when(key: str) -> tuple[str | None, bool]:
    """The span that passes before, if one does, and whether words follow."""
    if key in {AT_ONCE, WRITES}:
        return None, key == WRITES
    span = key.removesuffix(f", {WRITES}")
    return span.removeprefix("after "), span != key


def with_transcript(text: str, lines: Sequence[str]) -> str:
    """A golden file's text with another transcript; comments and layout above it stay."""
    above = text.partition("\ntranscript:")[0].rstrip("\n")
    return above + "\ntranscript:\n" + "".join(f"  - {_line(line)}\n" for line in lines)


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
        *(_for_words(rehearsal) if any(WRITES in event for event in script) else ()),
        "events:" if script else "events: []",
        *(f"  - {event}" for event in script),
        "",
    ]
    lines = [f"{line.at:%a %d.%m %H:%M}  {line.what}" for line in rehearsal.lines]
    return with_transcript("\n".join(head), lines)


def _for_words(rehearsal: Rehearsal) -> Sequence[str]:
    times = (f"{each.astimezone(rehearsal.zone):%Y-%m-%d %H:%M}" for each in rehearsal.times)
    return f"language: {rehearsal.language}", f"times: [{', '.join(times)}]"


def quoted(words: str) -> str:
    """As YAML reads it back, whatever is in it."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _line(line: str) -> str:
    return quoted(line) if any(each in line for each in (": ", " #", '"')) else line
