"""Every golden conversation comes out as written. NEXTVISIT_UPDATE_GOLDEN=1 rewrites the transcripts."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nextvisit.desk.rehearsal import read_words
from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.rehearsal.golden import golden_text, play, read_golden, with_transcript
from nextvisit.flow.rehearsal.script import read_happening
from nextvisit.flow.rehearsal.simulate import Rehearsal
from nextvisit.sdk.records import ChannelKind
from tests.world.campaigns import built_in, campaign, reactivation

# A folder that is named after a built-in campaign plays that one; another brings its own in `campaign/`.
HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}-{path.stem}" for path in FILES])
def test_the_conversation_goes_as_written(path: Path) -> None:
    source = SourceFile(path.name, path.read_text(encoding="utf-8"))
    golden = read_golden(source)
    lines = play(golden, _program(path.parent, frozenset(golden.channels)), read_words)
    if os.environ.get("NEXTVISIT_UPDATE_GOLDEN") == "1":
        path.write_text(with_transcript(source.text, lines), encoding="utf-8")
        return
    assert lines == golden.transcript


def _program(folder: Path, usable: frozenset[ChannelKind]) -> Program:
    own = folder / "campaign"
    return compile_campaign(campaign(own) if own.is_dir() else built_in(folder.name), usable=usable)


def test_there_are_conversations() -> None:
    assert len(list((HERE / "reactivation").glob("*.yaml"))) >= 8


def test_a_rewritten_file_reads_back() -> None:
    path = HERE / "reactivation" / "question.yaml"
    source = SourceFile(path.name, path.read_text(encoding="utf-8"))
    lines = play(read_golden(source), reactivation())
    again = SourceFile(source.name, with_transcript(source.text, lines))
    assert read_golden(again).transcript == lines


def test_a_recorded_rehearsal_plays_again() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    start = datetime(2026, 11, 30, 10, tzinfo=zone)
    rehearsal = Rehearsal(reactivation(), zone, start, say=lambda name, kind: f"{name} for {kind}")
    rehearsal.start()
    rehearsal.until(start + timedelta(hours=3))
    rehearsal.happen(read_happening("replies question", zone))
    assert rehearsal.ended
    assert "neutral for email" in str(rehearsal.lines[0])
    script = ["after 2 hours", "after 1 hour: replies question"]
    text = golden_text(rehearsal, script, start=start, channels=[ChannelKind("email"), ChannelKind("sms")])
    again = read_golden(SourceFile("recorded.yaml", text))
    assert play(again, reactivation()) == again.transcript
