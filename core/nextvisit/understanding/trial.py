"""How replies with a known meaning are understood: right, harmlessly wrong, or dangerously.

Dangerous is a booking or a consent that nobody gave, a refusal taken as a yes, a stop, an emergency or a
death that is missed, and a withdrawal that nobody meant. Handing over to a person is never dangerous, but
where everything has to be held.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.sdk.replies import Intent
from nextvisit.understanding.model import Context, Understood
from nextvisit.understanding.vocabulary import BUILT_IN

_ZONE: Final = ZoneInfo("Europe/Warsaw")
NOW: Final = datetime(2026, 9, 23, 11, 0, tzinfo=_ZONE)
"""When every reply of a trial is written: a Wednesday."""

_OFFER: Final = tuple(
    datetime(2026, 9, day, hour, minute, tzinfo=_ZONE)
    for day, hour, minute in ((24, 10, 30), (25, 16, 0), (29, 9, 0))
)

Asked = Literal["I", "O", "S", "P", "N"]
"""What was asked: an invitation, an offer of three times, of one, whether she comes, a score."""

CONTEXTS: Final[Mapping[Asked, Context]] = MappingProxyType(
    {
        "I": Context(NOW, _ZONE),
        "O": Context(NOW, _ZONE, offer=_OFFER),
        "S": Context(NOW, _ZONE, offer=_OFFER[:1]),
        "P": Context(NOW, _ZONE, appointment_pending=True),
        "N": Context(NOW, _ZONE, asks_score=True),
    }
)

_A_PERSON = frozenset({Intent.UNCLEAR, Intent.HUMAN})
_HOLDING = frozenset({Intent.URGENT, Intent.DECEASED, Intent.OPT_OUT, Intent.HOLD})
_REFUSING = frozenset(
    {Intent.DECLINES, Intent.CANCEL, Intent.OPT_OUT, Intent.HOLD, Intent.COMPLAINT, Intent.WRONG_NUMBER}
)
_AGREEING = frozenset(
    {
        Intent.WANTS_VISIT,
        Intent.CHOICE,
        Intent.CONFIRM,
        Intent.OTHER_TIMES,
        Intent.RESCHEDULE,
        Intent.FOR_ANOTHER,
    }
)
_BOOKING = frozenset({Intent.CHOICE, Intent.CONFIRM})


class Verdict(StrEnum):
    """From best to worst. PERSON: a person reads it, who need not have. MISREAD: something else is made of
    it, and can be mended."""

    RIGHT = "right"
    PERSON = "person"
    MISREAD = "misread"
    DANGER = "danger"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


_DAY: Final = r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_CLOCK: Final = r"\d{1,2}(?::\d\d)?(?:-\d{1,2})?"
_WANTED: Final = rf"^(?:!{_DAY}|{_DAY}(?:\.\.{_DAY})?(?: {_CLOCK})?|{_CLOCK})$"


class Expected(_Strict):
    """intents: acceptable ones, the truth first. wanted: a time `2026-09-24 10:30`, a day, days `a..b`, hours
    `2026-09-25 6-12`; `!2026-09-25` must not be that day. score: where the intent is one.
    """

    model_config = ConfigDict(extra="forbid")

    intents: tuple[Intent, ...]
    choice: Annotated[int, Field(ge=1, le=9)] | None = None
    wanted: Annotated[str, Field(pattern=_WANTED)] | None = None
    score: Annotated[int, Field(ge=0, le=10)] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.intents:
            raise ValueError("name what it means, the truth first")
        if self.intents[0] is Intent.CHOICE and self.choice is None:
            raise ValueError("say which time is chosen: `choice`")
        return self


class Trial(_Strict):
    """A reply with what it means. lang: the patient's language; the text may be in another."""

    lang: str
    context: Asked
    text: str
    expect: Expected

    @field_validator("lang")
    @classmethod
    def _is_known(cls, lang: str) -> str:
        if lang.partition("-")[0].lower() not in BUILT_IN:
            raise ValueError(f"we know: {', '.join(sorted(BUILT_IN))}")
        return lang

    @property
    def asked(self) -> Context:
        return CONTEXTS[self.context]


def read_trials(name: str, text: str) -> Sequence[tuple[int, Trial]]:
    """JSON lines, by their number, without blank ones. Raises InvalidFile with each that is none."""
    trials: list[tuple[int, Trial]] = []
    faults: list[Fault] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            trials.append((number, Trial.model_validate(json.loads(line))))
        except json.JSONDecodeError as error:
            faults.append(Fault(name, number, error.colno, f"no JSON: {error.msg}"))
        except RecursionError:
            faults.append(Fault(name, number, 1, "no JSON that can be read: too deep"))
        except ValidationError as error:
            for each in error.errors():
                place = ".".join(map(str, each["loc"])) or "the line"
                says = each["msg"].removeprefix("Value error, ")
                faults.append(Fault(name, number, 1, f"`{place}`: {says}"))
        except ValueError as error:
            faults.append(Fault(name, number, 1, f"no JSON that can be read: {error}"))
    if not trials and not faults:
        faults.append(Fault(name, 1, 1, "no reply stands in it"))
    if faults:
        raise InvalidFile(faults)
    return trials


def judge(expected: Expected, got: Understood) -> Verdict:
    """What comes of what was understood."""
    truth = expected.intents[0]
    if truth in (Intent.URGENT, Intent.DECEASED, Intent.OPT_OUT):
        return _judge_stop(expected, got)
    if got.intent in expected.intents:
        if got.intent is Intent.CHOICE and got.choice != expected.choice:
            return Verdict.DANGER
        if got.intent is Intent.SCORE and expected.score is not None and got.score != expected.score:
            return Verdict.MISREAD
        times = expected.wanted is None or got.intent is Intent.CHOICE or _is_time(expected.wanted, got)
        return Verdict.RIGHT if times or got.intent in _A_PERSON else Verdict.MISREAD
    if got.intent in _A_PERSON or got.intent in _HOLDING - {Intent.OPT_OUT}:
        return Verdict.PERSON
    return Verdict.DANGER if _is_dangerous(expected, got) else Verdict.MISREAD


def _judge_stop(expected: Expected, got: Understood) -> Verdict:
    """At least everything has to be held."""
    truth = expected.intents[0]
    if got.intent is truth or (got.stops and truth is Intent.OPT_OUT):
        return Verdict.RIGHT
    if truth is Intent.URGENT:
        return Verdict.DANGER
    if got.intent in _HOLDING or got.intent is Intent.DECEASED:
        return Verdict.RIGHT if got.intent in expected.intents else Verdict.PERSON
    return Verdict.DANGER


def _is_dangerous(expected: Expected, got: Understood) -> bool:
    meant = set(expected.intents)
    match got.intent:
        case Intent.OPT_OUT:
            return True
        case Intent.CHOICE | Intent.CONFIRM:
            return True
        case Intent.WANTS_VISIT:
            return not meant & _AGREEING or bool(meant & _REFUSING and expected.intents[0] in _REFUSING)
        case Intent.CANCEL:
            return bool(meant & _BOOKING)
        case _:
            return False


def _is_time(wanted: str, got: Understood) -> bool:
    at = got.wanted
    if wanted.startswith("!"):
        return at is None or f"{at:%Y-%m-%d}" != wanted[1:11]
    if at is None:
        return False
    days = re.findall(r"\d{4}-\d{2}-\d{2}", wanted)
    if days and not days[0] <= f"{at:%Y-%m-%d}" <= days[-1]:
        return False
    clock = re.search(r"(?:^|\s)(\d{1,2})(?::(\d{2}))?(?:-(\d{1,2}))?$", wanted)
    if clock is None:
        return True
    if clock[3] is not None:
        return int(clock[1]) <= at.hour <= int(clock[3])
    return (at.hour, at.minute) == (int(clock[1]), int(clock[2] or 0))
