"""Stands in a role for a plugin that is in a process of its own, with the methods that the plugin has.

A guard stands before it as before any plugin. `parse` and `receive` block whoever calls them, so they are
called in a thread; all others are coroutines.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from nextvisit.calls.answers import AWAITED, IN_PAGES, PARSING, SERVING
from nextvisit.calls.apart.keeper import Keeper, Launch
from nextvisit.calls.apart.link import WireEnd
from nextvisit.calls.apart.pending import CallUnderWay, PagesEnd
from nextvisit.calls.apart.values import TAKES, dump
from nextvisit.calls.apart.wire import Drop
from nextvisit.calls.guard import Whose
from nextvisit.calls.troubles import AWAY, Troubles
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.ports import Inbox, RequestPace

PARSES_WITHIN: Final = timedelta(seconds=90)
"""Whoever asked has given up long before; what hangs then takes its process along, and nothing else."""
RECEIVES_WITHIN: Final = timedelta(seconds=5)
BACK_WITHIN: Final = timedelta(seconds=10)
"""So long who asks waits for a process that has ended to be there again."""
_LOOK: Final = 0.05
_ENDS_WITHIN: Final = timedelta(milliseconds=800)
"""Of a call that nobody waits for any more: less than the guard waits for us."""
_STOPS_WITHIN: Final = timedelta(seconds=5)
"""Of a listener, which takes leave of the other side."""


class Apart:
    """Has the methods of the ports that its plugin has. A subclass bears the name of the plugin's class."""

    def __init__(self, keeper: Keeper, methods: frozenset[str]) -> None:
        self.keeper = keeper
        for names, stands_for in (
            (AWAITED.keys(), self._awaited),
            (IN_PAGES.keys(), self._in_pages),
            (PARSING, self._parsing),
            (SERVING, self._serving),
        ):
            for name in methods & names:
                setattr(self, name, stands_for(name))
        own: Mapping[str, Callable[..., Any]] = {
            "close": self._close,
            "receive": self._receive,
            "left_out": self._left_out,
            "keep_pace": self._keep_pace,
        }
        for name in methods & own.keys():
            setattr(self, name, own[name])

    def _awaited(self, method: str) -> Callable[..., Any]:
        async def call(*args: Any) -> Any:
            one, _ = await self._asked(method, dump(TAKES[method], *args))
            return await self._answer(one, _ENDS_WITHIN)

        return call

    def _in_pages(self, method: str) -> Callable[..., AsyncIterator[Any]]:
        async def call(*args: Any) -> AsyncIterator[Any]:
            pages, link = await self._asked(method, dump(TAKES[method], *args))
            try:
                while True:
                    try:
                        page = await self._answer(self.keeper.turn_page(pages, link), _ENDS_WITHIN)
                    except PagesEnd:
                        return
                    yield page
            finally:
                self.keeper.calls.forget(pages)
                with suppress(RetryLater):
                    link.say(Drop(pages.id))

        return call

    def _parsing(self, method: str) -> Callable[..., Any]:
        def call(raw: Any) -> Any:
            one, _ = self.keeper.ask(method, dump(TAKES[method], raw))
            try:
                return one.answer.result(PARSES_WITHIN.total_seconds())
            except TimeoutError:
                self.keeper.give_up(one)
                return one.answer.result()

        return call

    def _receive(self, request: Any) -> Any:
        until = time.monotonic() + RECEIVES_WITHIN.total_seconds()
        body = dump(TAKES["receive"], request)
        while True:
            try:
                one, _ = self.keeper.ask("receive", body)
                return one.answer.result(max(0, until - time.monotonic()))
            except TimeoutError:
                raise RetryLater("plugin.slow", f"{self.keeper.calls.explain} does not answer") from None
            except RetryLater as error:
                if error.code != AWAY or time.monotonic() > until:
                    raise
            time.sleep(_LOOK)

    def _serving(self, method: str) -> Callable[..., Any]:
        async def call(inbox: Inbox) -> None:
            self.keeper.loop = asyncio.get_running_loop()
            one, _ = self.keeper.ask(method, dump(TAKES[method]), inbox)
            await self._answer(one, _STOPS_WITHIN)

        return call

    async def _close(self) -> None:
        try:
            with suppress(RetryLater):  # there is nobody to close
                await self._awaited("close")()
        finally:
            await asyncio.to_thread(self.keeper.end)

    def _left_out(self) -> Mapping[str, int]:
        return self.keeper.hearsay.taken_left_out()

    def _keep_pace(self, pace: RequestPace) -> None:
        self.keeper.keep_pace(pace)

    async def _asked(self, method: str, body: bytes) -> tuple[CallUnderWay, WireEnd]:
        """Of whoever comes just when it is begun anew the wait is short, and nothing was sent in vain."""
        loop = self.keeper.loop = asyncio.get_running_loop()
        until = loop.time() + BACK_WITHIN.total_seconds()
        while True:
            try:
                return self.keeper.ask(method, body)
            except RetryLater as error:
                if error.code != AWAY or loop.time() > until:
                    raise
            await asyncio.sleep(_LOOK)

    async def _answer(self, one: CallUnderWay, patience: timedelta) -> Any:
        """Of a call. Cancelled, the call is dropped there too, and may still say what became of it."""
        answer = asyncio.wrap_future(one.answer)
        answer.add_done_callback(_seen)  # of one that comes when nobody waits any more
        try:
            await asyncio.wait({answer})
        except asyncio.CancelledError:
            with suppress(RetryLater):
                self.keeper.say(Drop(one.id))
            await asyncio.wait({answer}, timeout=patience.total_seconds())
            if not answer.done() or answer.exception() is not None:
                raise
        return answer.result()


def _seen(answer: asyncio.Future[Any]) -> None:
    if not answer.cancelled():
        answer.exception()


def begun(launch: Launch, whose: Whose, troubles: Troubles) -> Any:
    """The plugin, in a process of its own. Raises what the process says of its settings, or ConfigError."""
    keeper = Keeper(launch, whose, troubles)
    built = keeper.begin()
    # Places are told by the class; its file and line are known to the process alone, which tells them.
    kind = type(built.name, (Apart,), {"__module__": "nextvisit_apart"})
    return kind(keeper, frozenset(built.methods))


def end(plugin: object) -> None:
    """Its process, if it has one and is of no use."""
    if isinstance(plugin, Apart):
        plugin.keeper.end()


def is_apart(plugin: object) -> bool:
    """Whether it, or what stands behind its guard, is in a process of its own."""
    return isinstance(getattr(plugin, "keeper", None), Keeper)
