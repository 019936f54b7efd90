"""`nextvisit campaign simulate`: a conversation, played through the same `step` as the real thing."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.campaign_files import Folder
from nextvisit.cli.output import complain, say
from nextvisit.desk.campaign_files import find_folder, valid
from nextvisit.desk.rehearsal import read_words
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import LoadedCampaign
from nextvisit.flow.rehearsal.golden import AT_ONCE, WRITES, do_event, golden_text, quoted
from nextvisit.flow.rehearsal.simulate import Rehearsal
from nextvisit.install.provided import provided
from nextvisit.messages.forms import FORMS, as_read, form_of, parts_of, with_media
from nextvisit.messages.labels import slot_label
from nextvisit.messages.render import RenderValues, SlotLine
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind

HELP = """You are the patient. Say what happens, or let time pass:
  replies wants_visit        replies choice 2       replies question      replies opt_out
  patient writes: "tak, chętnie"                    after 2 hours, patient writes: "2"
  opens                      after 3 hours          silence               quit"""

_ZONE = ZoneInfo("Europe/Warsaw")
_TIMES = tuple(datetime(2026, 12, 1, hour, tzinfo=_ZONE) for hour in range(9, 18))
"""What is offered; never more than these."""


@command(Takes.SETTINGS | Takes.PLACES | Takes.TERMINAL)
def simulate(
    call: Call,
    folder: Folder,
    language: Annotated[
        str | None,
        typer.Option(help="In which language the patient is written to; default: the site's first."),
    ] = None,
    flags: Annotated[
        list[str] | None, typer.Option("--flag", help="A condition that holds for the patient.")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Write the conversation as a golden file.")] = None,
) -> None:
    """Play a conversation in this terminal: you are the patient, and time passes as you say.

    Example: `nextvisit campaign simulate reactivation --language pl --record she_books.yaml`
    """
    have = provided(call.settings)
    loaded = valid(find_folder(folder, have.catalogue), have.channels)
    spoken = _language(language, loaded.catalogue.languages, have.languages)
    _rehearse(loaded, have.channels, language=spoken, flags=tuple(flags or ()), record=record)


def _language(asked: str | None, spoken: Sequence[str], site: Sequence[str]) -> str:
    """Raises ConfigError: there are no texts in it."""
    if asked is None:
        return next(each for each in (*site, *spoken) if each in spoken)
    if asked not in spoken:
        message = f"the campaign has no texts in it, but in: {', '.join(spoken)}"
        raise ConfigError("campaign.language", message, place=asked)
    return asked


def _rehearse(
    loaded: LoadedCampaign,
    channels: Mapping[ChannelKind, ChannelCapabilities],
    *,
    language: str,
    flags: tuple[str, ...],
    record: Path | None,
) -> None:
    """Read happenings from standard input until the journey ends. Raises ConfigError for an unknown flag."""
    program = compile_campaign(loaded, usable=frozenset(channels))
    unknown = set(flags) - set(program.conditions)
    if unknown:
        known = ", ".join(program.conditions) or "none"
        raise ConfigError(
            "campaign.no_condition", f"the campaign has: {known}", place=", ".join(sorted(unknown))
        )
    start = datetime(2026, 11, 30, 10, 0, tzinfo=_ZONE)
    rehearsal = Rehearsal(
        program,
        _ZONE,
        start,
        flags,
        say=lambda name, kind: _said(loaded, name, language, channels[kind]),
        times=_TIMES,
        language=language,
        read=read_words,
    )
    script: list[str] = []
    shown = 0
    say(*HELP.splitlines())
    rehearsal.start()
    while True:
        for line in rehearsal.lines[shown:]:
            say(*str(line).splitlines())
        shown = len(rehearsal.lines)
        if rehearsal.ended:
            break
        words = _ask(rehearsal)
        if words is None or words == "quit":
            break
        try:
            script.append(_do(rehearsal, words))
        except ValueError as error:
            complain(str(error))
    if record is not None:
        record.write_text(
            golden_text(rehearsal, script, start=start, channels=sorted(channels)), encoding="utf-8"
        )
        say(f"written to {record}")


def _ask(rehearsal: Rehearsal) -> str | None:
    prompt = f"{rehearsal.now.astimezone(_ZONE):%a %d.%m %H:%M} > "
    if sys.stdin.isatty():
        sys.stdout.write(prompt)
        sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def _do(rehearsal: Rehearsal, typed: str) -> str:
    """As a golden file's event, which is returned; words may stand in quotation marks, or in none."""
    when, colon, what = (each.strip() for each in typed.partition(":"))
    if colon and when.endswith(WRITES):
        words = what.removeprefix('"').removesuffix('"')
        do_event(rehearsal, when, words)
        return f"{when}: {quoted(words)}"
    if typed.startswith("after "):
        do_event(rehearsal, when, what)
    else:
        do_event(rehearsal, AT_ONCE, typed)
    return typed


def _said(loaded: LoadedCampaign, name: str, language: str, can: ChannelCapabilities) -> str:
    template = loaded.catalogue.templates.get((name, language))
    if template is None:
        raise ConfigError("campaign.language", f"there is no message {name!r} in it", place=language)
    form = form_of(template.wordings, with_media(template.wordings, can))
    if form is None:
        raise ConfigError(
            "template.part_missing", f"it has no {parts_of(can.forms)} part", place=template.place
        )
    labels = [slot_label(at, _ZONE, language) for at in _TIMES[:3]]
    values = RenderValues(
        clinic_name="Klinika Pod Lipą" if FORMS[form].full_name else "Klinika Pod Lipa",
        clinic_phone="+48 22 555 01 00",
        salutation="Anna",
        slots=tuple(SlotLine(number, label) for number, label in enumerate(labels, 1)),
        visit_label=labels[0],
        link="https://wizyty.klinika.example/v/…",
        unsubscribe="https://wizyty.klinika.example/u/…",
        pixel="https://wizyty.klinika.example/p/….gif",
        addressee=("Anna Nowak", "ul. Lipowa 1", "00-316 Warszawa"),
    )
    return as_read(template.wordings[form].render(values, language=language, place=template.place))
