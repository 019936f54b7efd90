"""What a plugin's parser makes of one body. It may do anything; a row is lost by none of it.

A thing that is dropped in silence is a patient who is never found again, so whatever is not exactly what
was promised is the parser's bug, and waits for a better one: the thing, or the row where nothing else came of
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar

import structlog

from nextvisit.calls.aside import Aside, Unanswered
from nextvisit.calls.guard import tell_slow
from nextvisit.calls.troubles import AWAY, DIED
from nextvisit.intake.verdict import Again, Parked
from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.errors import Bug, NextVisitError, RetryLater

Thing = TypeVar("Thing")

PATIENCE: Final = timedelta(seconds=60)
"""For one page of a MIS, which may be large."""
PATIENCE_WITH_TALK: Final = timedelta(seconds=10)
"""For one thing that a channel brought. What other patients wrote waits behind it."""

log = structlog.get_logger()
_ASIDE: Final = Aside("parser", most=3)
"""One page that no parser comes to the end of must not be why no other is read."""
_PARSER_BUG: Final = "parser_bug"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Stands in the place of something that a parser gave and is none of what it was to give."""


@dataclass(frozen=True, slots=True)
class _Bug:
    """`error` is the type's name of what was raised or returned; its text may hold a patient's data.

    parks_as: why the row waits, by the plugin's own code where it has said what is wrong.
    """

    reason: Literal["raised", "returned"]
    error: str
    parks_as: str = _PARSER_BUG


async def parsed(
    parser: tuple[object, str],
    raw: bytes | RawRequest,
    kinds: tuple[type[Thing], ...],
    *,
    origin: str,
    patience: timedelta = PATIENCE,
) -> Sequence[Thing | Misfit] | Parked | Again:
    """All that the parser, a plugin and its method, makes of `raw`: each of one of these kinds, or `Misfit`.

    Parked when nothing was right, Again when the parser says that it cannot read now: its process has ended.

    In a thread: it is pure and perhaps long, and the event loop also serves patients' pages. One that does
    not end costs the row that it was asked about, and is left where it hangs.
    """
    try:
        found = await _ASIDE.ask(origin, lambda: _run(getattr(*parser), raw, kinds), patience)
    except Unanswered as error:
        log.error("intake.parser_failed", origin=origin, reason=error.code)  # noqa: TRY400
        tell_slow(*parser, patience)
        return Parked(error.code)
    if isinstance(found, Again):
        log.warning("intake.parser_away", origin=origin, reason=found.reason)
        return found
    if isinstance(found, _Bug):
        log.error("intake.parser_failed", origin=origin, reason=found.reason, error=found.error)
        return Parked(found.parks_as)
    return found


def _run(
    parse: Callable[[Any], Sequence[Thing]], raw: bytes | RawRequest, kinds: tuple[type[Thing], ...]
) -> list[Thing | Misfit] | _Bug | Again:
    try:
        # Here, not later: an iterator runs the parser's code when it is read, and can be read once.
        things = list(parse(raw))
    except RetryLater as error:
        return Again(error.code, counts=error.code != AWAY)
    except Bug as error:
        return _Bug("raised", type(error).__name__, DIED if error.code == DIED else _PARSER_BUG)
    except NextVisitError as error:  # by the plugin's own word, of what came
        return _Bug("raised", type(error).__name__, error.code)
    # Nobody interrupts or cancels this thread, so all of it is the parser's: a future cannot carry
    # StopIteration, and SystemExit or CancelledError would end whoever waits for it.
    except BaseException as error:  # noqa: BLE001
        return _Bug("raised", type(error).__name__)
    if things and not any(isinstance(each, kinds) for each in things):
        return _Bug("returned", type(things[0]).__name__)
    return [each if isinstance(each, kinds) else Misfit() for each in things]
