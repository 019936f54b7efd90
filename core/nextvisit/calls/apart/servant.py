"""In a connection's process: calls the plugin as the role says, behind a guard and under an eye."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, assert_never

from nextvisit.calls.answers import AT_ONCE, AWAITED, IN_PAGES, PARSING, SERVING
from nextvisit.calls.apart.values import GIVES, INBOUND, SPAN, TAKES, dump, dump_things, error_of, said_error
from nextvisit.calls.apart.wire import (
    Ask,
    Begin,
    BrokenWire,
    Drop,
    Failed,
    Frames,
    Gave,
    Granted,
    Hears,
    KeepPace,
    MetThere,
    NextPage,
    NoMorePages,
    Order,
    Ping,
    Pong,
    Spent,
    Wants,
    Word,
    frame,
    order_of,
)
from nextvisit.calls.eye import eye_on
from nextvisit.calls.guard import Guard
from nextvisit.calls.troubles import Troubles
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import Bug, NextVisitError, OutcomeUnknown, RetryLater

METHODS: Final = (*AWAITED, *IN_PAGES, *AT_ONCE, *PARSING, *SERVING)
OUT_OF_MEMORY: Final = 137
_PIECE: Final = 256 * 1024
_NOT_SHOWN: Final = re.compile(r"[^ -~]")


@dataclass(slots=True)
class Voice:
    """The process's end of the socket. Any thread may speak."""

    socket: socket.socket
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, word: Word, body: bytes = b"") -> None:
        """Raises BrokenWire when it is larger than may be said. Without a role to hear it, all ends."""
        whole = frame(word, body)
        with self._lock:
            try:
                self.socket.sendall(whole)
            except OSError:
                os._exit(0)

    def orders(self) -> Iterator[tuple[Order, bytes]]:
        """As they come, until the role hangs up."""
        frames = Frames()
        while piece := self.socket.recv(_PIECE):
            yield from map(order_of, frames.cut(piece))


@dataclass(slots=True)
class _Pages:
    """Those of one call. turning: who asks for the next one."""

    method: str
    pages: AsyncIterator[Any]
    turning: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self.turning is not None:
            await asyncio.wait({self.turning})
        if (close := getattr(self.pages, "aclose", None)) is not None:
            await close()


@dataclass(slots=True)
class Servant:
    """Of one plugin. troubles: the guard's, told on as they come."""

    voice: Voice
    guard: Guard
    troubles: Troubles
    _calls: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _pages: dict[int, _Pages] = field(default_factory=dict)
    _wanted: dict[int, asyncio.Future[None]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=itertools.count)
    # Let go when there is no other memory to say so with.
    _reserve: bytearray | None = field(default_factory=lambda: bytearray(1024 * 1024))

    async def run(self, orders: Iterator[tuple[Order, bytes]]) -> None:
        """Until the role hangs up, with which the process ends, whatever is under way."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            with suppress(OSError, RuntimeError):
                for order, body in orders:
                    loop.call_soon_threadsafe(self._do, order, body)
            os._exit(0)

        threading.Thread(target=hear, name="orders", daemon=True).start()
        with eye_on({"": self.guard}):
            await asyncio.Event().wait()

    def _do(self, order: Order, body: bytes) -> None:
        match order:
            case Ask():
                self._ask(order, body)
            case NextPage():
                self._go(order.id, self._turned(order))
            case Drop():
                self._drop(order.id)
            case Granted():
                self._take_answer(order)
            case KeepPace():
                self._keep_pace()
            case Ping():
                self.tell()
                self.voice.say(Pong())
            case Begin():
                raise BrokenWire("it has begun")
            case _:
                assert_never(order)

    def _ask(self, order: Ask, body: bytes) -> None:
        method = order.method
        args = TAKES[method].validate_json(body)
        if method in IN_PAGES:
            self._pages[order.id] = _Pages(method, getattr(self.guard, method)(*args))
        elif method in PARSING:
            self._parse(order.id, method, args)
        elif method in SERVING:
            self._go(order.id, self._served(order.id, method))
        elif method == "receive":
            self._answer(order.id, lambda: dump(GIVES[method], self.guard.receive(*args)))
        else:
            self._go(order.id, self._awaited(order.id, method, args))

    def _parse(self, number: int, method: str, args: tuple[Any, ...]) -> None:
        def work() -> None:
            self._answer(number, lambda: dump_things(getattr(self.guard, method)(*args)))

        try:
            # No pool's: one that hangs is left behind, and others are read beside it.
            threading.Thread(target=work, name=method, daemon=True).start()
        except RuntimeError:  # there is no memory for one more
            self.end_spent()

    def _go(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._calls[number] = task
        task.add_done_callback(lambda _: self._calls.pop(number, None))

    async def _awaited(self, number: int, method: str, args: tuple[Any, ...]) -> None:
        await self._answered(number, method, getattr(self.guard, method)(*args))

    async def _served(self, number: int, method: str) -> None:
        await self._answered(number, method, getattr(self.guard, method)(_InboxThere(self, number)))

    async def _turned(self, order: NextPage) -> None:
        pages = self._pages.get(order.of)
        if pages is None:
            self._fail(order.id, RetryLater("plugin.ended", "nobody wants these pages"))
            return
        pages.turning = asyncio.current_task()
        try:
            page = await anext(pages.pages)
        except StopAsyncIteration:
            self.voice.say(NoMorePages(order.id))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the guard's: ours, or cancelled
            self._fail(order.id, error)
        else:
            self._answer(order.id, lambda: dump(GIVES[pages.method], page))
        self.tell()

    async def _answered(self, number: int, method: str, call: Awaitable[Any]) -> None:
        try:
            found = await call
        # The guard lets through what ends a listener, and that nobody waits any more.
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001
            self._fail(number, error)
        else:
            self._answer(number, lambda: dump(GIVES[method], found))

    def _answer(self, number: int, give: Callable[[], bytes]) -> None:
        try:
            body = give()
            self.voice.say(Gave(number, self._left_out()), body)
        except MemoryError:
            self.end_spent()
        except Exception as error:  # noqa: BLE001 - an answer that cannot be written down is told as one
            self._fail(number, error)
            return
        self.tell()

    def _fail(self, number: int, error: BaseException) -> None:
        spent = self._tell_met()
        match error:
            case NextVisitError() if spent:
                says = f"{error}".partition(": ")[2]
                out = OutcomeUnknown if isinstance(error, OutcomeUnknown) else Bug
                told: NextVisitError | OSError = out("plugin.memory", f"out of memory: {says}")
            case NextVisitError() | OSError():
                told = error
            case asyncio.CancelledError() if (task := self._calls.get(number)) and task.cancelling():
                told = RetryLater("plugin.ended", "nobody waits for it any more")
            case _:
                told = Bug("plugin.raised", f"it ended with {type(error).__name__}")
        if spent:
            self._reserve = None
            self.voice.say(Spent())  # first, so that nobody asks any more
        self.voice.say(Failed(number, said_error(told)))
        if spent:
            os._exit(OUT_OF_MEMORY)

    def _left_out(self) -> dict[str, int]:
        try:
            counted: Mapping[str, int] = self.guard.left_out() if hasattr(self.guard, "left_out") else {}
        except NextVisitError:
            return {}
        return {_shown(code): times for code, times in counted.items()}

    def _drop(self, number: int) -> None:
        if (task := self._calls.get(number)) is not None:
            task.cancel()
        if (pages := self._pages.pop(number, None)) is not None:
            self._go(number, pages.close())

    def _take_answer(self, order: Granted) -> None:
        wanted = self._wanted.pop(order.to, None)
        if wanted is None or wanted.done():
            return
        if order.error is None:
            wanted.set_result(None)
        else:
            wanted.set_exception(error_of(order.error))

    async def want(self, wants: Callable[[int], Wants], body: bytes = b"") -> None:
        """Say so, and wait until it is done. Raises what became of it."""
        number = next(self._ids)
        self._wanted[number] = asyncio.get_running_loop().create_future()
        self.voice.say(wants(number), body)
        await self._wanted[number]

    def _keep_pace(self) -> None:
        """Who cannot be held back is not let go on."""
        try:
            self.guard.keep_pace(_PaceThere(self))
        except NextVisitError:
            self.tell()
            os._exit(1)

    def tell(self) -> None:
        """What the plugin was met with. It ends here if that was for want of memory."""
        if self._tell_met():
            self.end_spent()

    def _tell_met(self) -> bool:
        """Whether memory was used up."""
        met = self.troubles.take()
        for each in met:
            of = each.trouble
            what, place = _shown(of.what), _shown(of.place)
            self.voice.say(MetThere(of.method, of.kind, what, place, each.times, each.longest))
        return any(each.trouble.what == MemoryError.__name__ for each in met)

    def end_spent(self) -> None:
        """What is left of a process whose memory is used up cannot be relied on."""
        self._reserve = None
        self.voice.say(Spent())
        os._exit(OUT_OF_MEMORY)


@dataclass(frozen=True, slots=True)
class _InboxThere:
    """The role's, of one call."""

    servant: Servant
    of: int

    async def put(self, raw: RawInbound) -> None:
        """Committed when it returns. Raises RetryLater."""
        await self.servant.want(lambda number: Wants(number, "put", self.of), dump(INBOUND, raw))

    def listening(self) -> None:
        """See `Inbox`."""
        self.servant.voice.say(Hears(self.of))

    def deaf(self, why: NextVisitError) -> None:
        """See `Inbox`."""
        self.servant.voice.say(Hears(self.of, said_error(why)))


@dataclass(frozen=True, slots=True)
class _PaceThere:
    """The role's, which is that of all processes together."""

    servant: Servant

    async def turn(self) -> None:
        """See `RequestPace`."""
        await self.servant.want(lambda number: Wants(number, "turn"))

    async def rest(self, span: timedelta) -> None:
        """See `RequestPace`."""
        await self.servant.want(lambda number: Wants(number, "rest"), dump(SPAN, span))


def _shown(text: str) -> str:
    return _NOT_SHOWN.sub("?", text)[:200]
