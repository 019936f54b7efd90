"""Calls into a plugin. What it raises against its port is said in words, and nothing of what the error holds."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NoReturn

from nextvisit.sdk.blocking import LoopBlocked
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.testing.suites.verdict import fail, line_of, place_of

Does = Callable[..., Any]
"""Something that a peer does when it is called; it may be a coroutine function."""

Outcome = tuple[Any, NextVisitError | None]
"""What a call gave, or which of the SDK's errors it raised."""

MOST_PAGES = 10_000


async def done(answer: Any) -> Any:
    """What a peer's `Does` gives, once it is done."""
    return await answer if inspect.isawaitable(answer) else answer


class Calls:
    """The calls of one suite. deadline: of one call; the core's is shorter, but no kit measures a machine."""

    def __init__(self, deadline: timedelta) -> None:
        self._deadline = deadline.total_seconds()

    async def outcome(self, plugin: object, method: str, *args: object) -> Outcome:
        """See `Outcome`; an answer of a method that is not to wait is taken as it is."""

        async def called() -> Any:
            return await done(getattr(plugin, method)(*args))

        return await self._outcome(plugin, method, called())

    async def ask(self, plugin: object, method: str, *args: object) -> Any:
        """What the call gave; it has no reason to fail."""
        answer, error = await self.outcome(plugin, method, *args)
        if error is not None:
            unwanted(plugin, method, error)
        return answer

    async def collect(
        self, plugin: object, method: str, *args: object
    ) -> tuple[list[Any], NextVisitError | None]:
        """All that an asynchronous iterator gives, and the error that ended it."""
        found: list[Any] = []

        async def drain() -> None:
            async for one in getattr(plugin, method)(*args):
                found.append(one)
                if len(found) > MOST_PAGES:
                    fail(
                        f"{method} gave {MOST_PAGES} pages and did not end",
                        where=place_of(plugin, method),
                        right="it ends when there is no more now; sdk.page_walk ends circles of links",
                    )

        _, error = await self._outcome(plugin, method, drain())
        return found, error

    async def collected(self, plugin: object, method: str, *args: object) -> list[Any]:
        """As `collect`; it has no reason to fail."""
        found, error = await self.collect(plugin, method, *args)
        if error is not None:
            unwanted(plugin, method, error)
        return found

    async def _outcome(self, plugin: object, method: str, called: Awaitable[Any]) -> Outcome:
        try:
            async with asyncio.timeout(self._deadline) as limit:
                return await called, None
        except NextVisitError as error:
            return None, error
        except TimeoutError as error:
            if not limit.expired():
                _foreign(plugin, method, error)
        except (Exception, LoopBlocked) as error:  # noqa: BLE001 - whatever it is, it is the plugin's and is named
            _foreign(plugin, method, error)
        fail(
            f"{method} did not come back within {self._deadline:.0f} s",
            where=place_of(plugin, method),
            right="every wait has an end: a time-out of its own, and then RetryLater or OutcomeUnknown",
        )


def ask_now(plugin: object, method: str, *args: object) -> Any:
    """What a method that does not wait gave; it has no reason to fail."""
    answer, error = outcome_now(plugin, method, *args)
    if error is not None:
        unwanted(plugin, method, error)
    return answer


def outcome_now(plugin: object, method: str, *args: object) -> Outcome:
    """As `Calls.outcome`, of a method that does not wait."""
    try:
        return getattr(plugin, method)(*args), None
    except NextVisitError as error:
        return None, error
    except (Exception, LoopBlocked) as error:  # noqa: BLE001 - as above
        _foreign(plugin, method, error)


def unwanted(plugin: object, method: str, error: NextVisitError) -> NoReturn:
    """Of an error where there was none to be."""
    fail(
        f"{method} raised {type(error).__name__} ({error.code}), and had no reason to",
        where=f"{place_of(plugin, method)}, raised at {line_of(error.__traceback__)}",
        right="the other side runs and does what it is asked",
    )


def _foreign(plugin: object, method: str, error: BaseException) -> NoReturn:
    if isinstance(error, LoopBlocked):
        fail(
            f"{method} blocks the event loop: nothing else of its role runs meanwhile",
            where=f"{place_of(plugin, method)}, blocked at {line_of(error.__traceback__)}",
            right="await whatever waits; what can only block goes to asyncio.to_thread",
        )
    fail(
        f"{method} raised {type(error).__name__}, which is no error of nextvisit.sdk.errors",
        where=f"{place_of(plugin, method)}, raised at {line_of(error.__traceback__)}",
        right="what a library raises is translated where it is raised, `from None` if it quotes a patient",
    )
