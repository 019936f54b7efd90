"""What the kits have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Final, TypeVar

import pytest

from nextvisit.sdk.errors import ConfigError, NextVisitError, Rejected, RetryLater
from nextvisit.sdk.testing.suites.calls import Calls, done
from nextvisit.sdk.testing.suites.leaks import Leaks
from nextvisit.sdk.testing.suites.stalls import Stalls
from nextvisit.sdk.testing.suites.verdict import fail, line_of, place_of, require

Plugin = TypeVar("Plugin")

Asked = tuple[str, tuple[object, ...]]
"""A method, and what it is called with."""

WAIT: Final = timedelta(seconds=2)
"""For so long an other side that is asked too often wishes to be left alone."""


class Kit:
    """A class of tests to subclass. deadline: after which a call into the plugin counts as hanging."""

    deadline: ClassVar[timedelta] = timedelta(seconds=30)
    nextvisit_canaries: tuple[str, ...] = ()
    """What `pytest_plugin` withholds from what it shows."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Plugins are asyncio."""
        return "asyncio"

    @cached_property
    def stalls(self) -> Stalls:
        """Where this test's calls block the event loop."""
        return Stalls()

    @property
    def calls(self) -> Calls:
        """Into the plugin."""
        return Calls(self.deadline)

    @asynccontextmanager
    async def using(self, make: Callable[[], Plugin]) -> AsyncIterator[Plugin]:
        """A new plugin, closed in the end."""
        plugin = make()
        try:
            yield plugin
        finally:
            await self.calls.ask(plugin, "close")

    async def does(self, peer: object, what: str, *args: object) -> Any:
        """Let the peer do something."""
        try:
            return await done(getattr(peer, what)(*args))
        except Exception as error:  # noqa: BLE001 - the author's code; what it says may name a patient
            fail(
                f"the peer's `{what}` raised {type(error).__name__}",
                where=line_of(error.__traceback__),
                right="it takes what the plugin gives; perhaps the plugin's refs are not those of the MIS",
            )

    async def refused(
        self, plugin: object, method: str, *args: object, why: str, loggers: tuple[str, ...]
    ) -> NextVisitError:
        """The error of a call that must fail, because of `why`. It and the logs hold nothing that must not be seen."""
        leaks = Leaks(loggers)
        with leaks.watch():
            if method in {"changes", "listing"}:
                answer: Any
                answer, error = await self.calls.collect(plugin, method, *args)
            else:
                answer, error = await self.calls.outcome(plugin, method, *args)
        if error is None:
            fail(
                f"{method} gave {type(answer).__name__} although {why}",
                where=place_of(plugin, method),
                right="it asks the other side, and raises what nextvisit.sdk.errors has for its answer",
            )
        leaks.caught(error)
        leaks.require_none(
            self.nextvisit_canaries,
            f"{type(error).__name__} ({self._withheld(error.code)}) of {method}, or what was logged with it,",
            where=place_of(plugin, method),
        )
        return error

    def _withheld(self, code: str) -> str:
        return (
            "a code that is none"
            if any(each.casefold() in code.casefold() for each in self.nextvisit_canaries)
            else code
        )

    async def answers_check(self, plugin: object, secrets: Iterable[str]) -> None:
        """It says what answered, and nothing that must not be seen."""
        answer = await self.calls.ask(plugin, "check")
        where = place_of(plugin, "check")
        require(
            isinstance(answer, str) and answer.strip(),
            "check says nothing",
            where=where,
            right="what answered: name and version",
        )
        leaks = Leaks()
        leaks.said(str(answer))
        leaks.require_none(secrets, "what check says", where=where)

    async def all_later(
        self, plugin: object, asked: Iterable[Asked], *, right: str, loggers: tuple[str, ...]
    ) -> None:
        """Each of these calls finds nobody there, and says that it may be made again."""
        for method, args in asked:
            error = await self.refused(plugin, method, *args, why="nobody answers", loggers=loggers)
            require(
                isinstance(error, RetryLater),
                f"{method} raises {kind_of(error)} when nobody answers",
                where=place_of(plugin, method),
                right=right,
            )

    async def all_stopped(
        self, plugin: object, asked: Iterable[Asked], *, right: str, loggers: tuple[str, ...]
    ) -> None:
        """Each of these calls has a wrong secret, and says that it is the connection's fault."""
        for method, args in asked:
            error = await self.refused(plugin, method, *args, why="the secret is wrong", loggers=loggers)
            require(
                isinstance(error, ConfigError) or (isinstance(error, Rejected) and error.scope == "account"),
                f"{method} raises {kind_of(error)} when the secret is wrong",
                where=place_of(plugin, method),
                right=right,
            )


def kind_of(error: NextVisitError) -> str:
    """An error in words, without what it says."""
    scope = getattr(error, "scope", None)
    return f"{type(error).__name__} ({error.code}{f', scope {scope}' if scope else ''})"
