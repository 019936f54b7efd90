"""`nextvisit reply …`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk.plain_file import read_plain
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.replies import Intent
from nextvisit.understanding.model import Understood
from nextvisit.understanding.own_words import with_own_words
from nextvisit.understanding.trial import CONTEXTS, Asked, Trial, Verdict, judge, read_trials
from nextvisit.understanding.understand import understand
from nextvisit.understanding.vocabulary import Vocabularies, built_in

Words = Annotated[Path | None, typer.Option(help="A file with the clinic's own words.")]


class Occasion(StrEnum):
    """What the patient answers."""

    INVITATION = "invitation"
    OFFER = "offer"
    ONE_TIME = "one_time"
    VISIT = "visit"
    SCORE = "score"


_ASKED: Mapping[Occasion, Asked] = {
    Occasion.INVITATION: "I",
    Occasion.OFFER: "O",
    Occasion.ONE_TIME: "S",
    Occasion.VISIT: "P",
    Occasion.SCORE: "N",
}

_WORDS: Mapping[Verdict, str] = {
    Verdict.RIGHT: "understood",
    Verdict.PERSON: "to a person",
    Verdict.MISREAD: "misread",
    Verdict.DANGER: "dangerous",
}


@command(Takes.JSON)
def trial(
    call: Call,
    file: Annotated[Path, typer.Argument(help="Replies with what they mean, one JSON object a line.")],
    words: Words = None,
) -> None:
    """Read replies whose meaning is known, and show each that is not understood as it was meant.

    docs/replies.md has the form of a line. The exit code is 1 when a reply is read dangerously.

    Example: `nextvisit reply test replies.jsonl --words words.yaml`
    """
    vocabularies = _vocabularies(words)
    read = [
        _Read(line, trial, understand(trial.text, trial.lang, trial.asked, vocabularies))
        for line, trial in read_trials(str(file), _text(file))
    ]
    differences = [each.difference() for each in read if each.verdict is not Verdict.RIGHT]
    if call.json:
        emit_json({"languages": _counts(read), "differences": differences})
    else:
        emit_table(
            "",
            tuple(differences[0]) if differences else (),
            [tuple(each.values()) for each in differences],
            empty="No differences.",
        )
        for language, counts in _counts(read).items():
            say(f"{language}: " + ", ".join(f"{value} {name}" for name, value in counts.items()))
    if any(each.verdict is Verdict.DANGER for each in read):
        raise typer.Exit(1)


@command(Takes.JSON)
def explain(
    call: Call,
    text: Annotated[str, typer.Argument(help="What the patient wrote.")],
    language: Annotated[str, typer.Option(help="The patient's language.")] = "en",
    context: Annotated[Occasion, typer.Option(help="What the patient answers.")] = Occasion.INVITATION,
    words: Words = None,
) -> None:
    """Say what a reply is understood as, and by which words.

    It is Wednesday 2026-09-23, 11:00; the offered times are Thursday 24th 10:30, Friday 25th 16:00 and
    Tuesday 29th 9:00, the one time is the first of them.

    Example: `nextvisit reply explain --language pl --context offer "piątek pasuje"`
    """
    found = understand(text, language, CONTEXTS[_ASKED[context]], _vocabularies(words))
    if call.json:
        emit_json(found)
        return
    for line in _explained(found):
        say(line)


@dataclass(frozen=True, slots=True)
class _Read:
    line: int
    trial: Trial
    got: Understood

    @property
    def verdict(self) -> Verdict:
        return judge(self.trial.expect, self.got)

    def difference(self) -> dict[str, Any]:
        """A row of the table."""
        return {
            "line": self.line,
            "verdict": _WORDS[self.verdict],
            "text": self.trial.text,
            "meant": _said(self.trial.expect.intents[0], self.trial.expect.choice, self.trial.expect.wanted),
            "understood": _said(self.got.intent, self.got.choice, _minute(self.got.wanted)),
            "by": self.got.rule,
        }


def _minute(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d %H:%M}"


def _said(intent: Intent, choice: int | None, wanted: str | None) -> str:
    return " ".join(str(each) for each in (intent, choice, wanted) if each is not None)


def _counts(read: Sequence[_Read]) -> Mapping[str, Mapping[str, int | str]]:
    """By language, and of all."""
    found: dict[str, Mapping[str, int | str]] = {}
    for language in (*sorted({each.trial.lang for each in read}), "all"):
        those = [each.verdict for each in read if language in ("all", each.trial.lang)]
        share = 100 * those.count(Verdict.RIGHT) / len(those) if those else 0
        counted = {_WORDS[verdict]: those.count(verdict) for verdict in Verdict}
        found[language] = {"replies": len(those), **counted, "coverage": f"{share:.0f} %"}
    return found


def _explained(found: Understood) -> Sequence[str]:
    lines = [f"understood as: {found.intent}"]
    if found.choice is not None:
        back = " (not sure: it is asked back)" if found.intent is Intent.UNCLEAR else ""
        lines.append(f"choice: {found.choice}{back}")
    if found.wanted is not None:
        lines.append(f"wanted: {found.wanted:%A %Y-%m-%d %H:%M}")
    if found.score is not None:
        lines.append(f"score: {found.score}")
    if found.stops:
        lines.append("it also says that nothing more is wanted")
    lines.append(f"found by: {found.source}" + (f", {found.rule}" if found.rule else ""))
    return lines


def _vocabularies(words: Path | None) -> Vocabularies:
    return built_in() if words is None else with_own_words(read_plain(words))


def _text(file: Path) -> str:
    """Raises ConfigError: it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigError("reply.file", str(reason), place=str(file)) from error
