"""What a plugin's parser makes of one body. It may do anything; a row is lost by none of it.

A thing that is dropped in silence is a patient who is never found again, so whatever is not exactly what
was promised is the parser's bug, and the row waits, whole, for a better one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import structlog

from nextvisit.intake.verdict import Parked

Thing = TypeVar("Thing")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Bug:
    """`error` is the type's name of what was raised or returned; its text may hold a patient's data."""

    reason: Literal["raised", "returned"]
    error: str


async def parsed(
    parse: Callable[[], Sequence[Thing]], kinds: tuple[type[Thing], ...], *, origin: str
) -> Sequence[Thing] | Parked:
    """All that it returns, each of one of these kinds; parked otherwise.

    In a thread: it is pure and perhaps long, and the event loop also serves patients' pages.
    """
    found = await asyncio.to_thread(_run, parse, kinds)
    if isinstance(found, _Bug):
        log.error("intake.parser_failed", origin=origin, reason=found.reason, error=found.error)
        return Parked("parser_bug")
    return found


def _run(parse: Callable[[], Sequence[Thing]], kinds: tuple[type[Thing], ...]) -> list[Thing] | _Bug:
    try:
        # Here, not later: an iterator runs the parser's code when it is read, and can be read once.
        things = list(parse())
    # Nobody interrupts or cancels this thread, so all of it is the parser's: a future cannot carry
    # StopIteration, and SystemExit or CancelledError would end whoever waits for it.
    except BaseException as error:  # noqa: BLE001
        return _Bug("raised", type(error).__name__)
    for thing in things:
        if not isinstance(thing, kinds):
            return _Bug("returned", type(thing).__name__)
    return things
