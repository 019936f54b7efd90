"""Replies with what they mean, from files, for the tests of this room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nextvisit.understanding.trial import Trial, read_trials

REPLIES = Path(__file__).parent / "replies"


def trials(name: str) -> Sequence[Trial]:
    """Those of a file."""
    file = REPLIES / f"{name}.jsonl"
    return [trial for _, trial in read_trials(file.name, file.read_text(encoding="utf-8"))]


def name_of(trial: Trial) -> str:
    """For a report of failures."""
    return f"{trial.lang}:{trial.context}:{trial.text[:60]}"
