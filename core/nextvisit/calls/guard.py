"""Stands before the plugin of one connection. What the core calls of its ports, it calls here.

A call has a deadline, by page where it gives pages. What comes out of it is an answer that its port promises
or an error of the SDK, whatever the plugin raises, gives, cancels or swallows. What it was met with is
counted.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar, assert_never, cast

from nextvisit.calls.answers import AT_ONCE, AWAITED, IN_PAGES, PARSING, SERVING, Promise
from nextvisit.calls.trace import Trace
from nextvisit.calls.troubles import Trouble, TroubleKind, Troubles
from nextvisit.sdk.blocking import LoopBlocked
from nextvisit.sdk.errors import Bug, NextVisitError, OutcomeUnknown, RetryLater
from nextvisit.sdk.places import line_of, place_of
from nextvisit.sdk.soundness import NO_CODE, Unsound, is_code

Plugin = TypeVar("Plugin")

GRACE: Final = timedelta(seconds=1)
"""For a call that was told to end. One that does not is left behind."""

PAGE: Final = 2
"""So many deadlines for a page: an adapter may ask several times for one."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose calls these are. connection: its slug in the settings. plugin: the plugin's."""

    connection: str
    plugin: str


@dataclass(frozen=True, slots=True)
class _Gave:
    answer: Any


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


@dataclass(frozen=True, slots=True)
class _NoAnswer:
    """Within the deadline."""


_Came = _Gave | _Raised | _NoAnswer
_END: Final = object()


class Guard:
    """Has the methods of the ports that its plugin has, and so passes for it.

    Whatever else it is asked for is the plugin's.
    """

    def __init__(
        self, plugin: Any, whose: Whose, troubles: Troubles, patience: timedelta, *, traced: bool = False
    ) -> None:
        self.whose = whose
        self._plugin = plugin
        self._troubles = troubles
        self._patience = patience.total_seconds()
        self._folder = _folder_of(plugin)
        self._left_behind: set[asyncio.Task[Any]] = set()
        # Attributes of the instance: each way to ask whether it has a method finds those that it has alone.
        trace = Trace(whose.connection, whose.plugin)
        for methods, stands_for, told in (
            (AWAITED, self._awaited, trace.awaited),
            (IN_PAGES, self._in_pages, trace.in_pages),
            (AT_ONCE, self._at_once, trace.at_once),
            (PARSING, self._parsing, trace.at_once),
            (SERVING, self._serving, trace.awaited),
        ):
            for method in methods:
                if callable(getattr(plugin, method, None)):
                    call = stands_for(method)
                    setattr(self, method, told(method, call) if traced else call)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # whoever copies it asks before it is made
            raise AttributeError(name)
        return getattr(self._plugin, name)

    def is_own(self, file: str) -> bool:
        """Whether it is the plugin's."""
        return file == self._folder or file.startswith(self._folder + "/")

    def held(self, frame: FrameType) -> str | None:
        """The method in which this frame of ours called the plugin. None: it is none, or of another guard."""
        if frame.f_code not in _CALLING or frame.f_locals.get("self") is not self:
            return None
        return str(frame.f_locals["method"])

    def place(self, method: str) -> str:
        """Where it stands."""
        return place_of(self._plugin, method)

    def met(
        self,
        method: str,
        kind: TroubleKind,
        what: str,
        place: str,
        lasted: timedelta = timedelta(0),
        *,
        again: bool = False,
    ) -> None:
        """Count it."""
        trouble = Trouble(self.whose.connection, self.whose.plugin, method, kind, what, place)
        self._troubles.met(trouble, lasted, again=again)

    def _awaited(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any) -> Any:
            calling = asyncio.create_task(self._called(method, args), name=self._name(method))
            return self._promised(
                method, AWAITED[method], await self._within(calling, calling, self._patience)
            )

        return call

    def _in_pages(self, method: str) -> Callable[..., AsyncIterator[Any]]:
        async def call(*args: Any) -> AsyncIterator[Any]:
            wanted: asyncio.Queue[asyncio.Future[_Came]] = asyncio.Queue()
            # One task for all of them: what a plugin opens in one page it may close in a later one.
            turning = asyncio.create_task(self._turned(method, args, wanted), name=self._name(method))
            try:
                while True:
                    page: asyncio.Future[_Came] = asyncio.get_running_loop().create_future()
                    wanted.put_nowait(page)
                    came = await self._within(page, turning, self._patience * PAGE)
                    if isinstance(came, _Gave) and came.answer is _END:
                        return
                    yield self._promised(method, IN_PAGES[method], came)
            finally:
                await self._ended(turning)

        return call

    def _at_once(self, method: str) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            return self._promised(method, AT_ONCE[method], self._run(method, args, lambda answer: answer))

        return call

    def _parsing(self, method: str) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            # Here, not later: an iterator runs the plugin's code when it is read.
            return self._promised(method, Promise(), self._run(method, args, list))

        return call

    def _serving(self, method: str) -> Callable[..., Awaitable[None]]:
        async def call(*args: Any) -> None:
            came = await self._called(method, args)
            # What ends a listener is told by its listener, and as it is: a port that is taken, by its number.
            if isinstance(came, _Raised):
                if isinstance(came.error, NextVisitError):
                    raise without_words(came.error)
                if not isinstance(came.error, OSError):
                    self._note_error(method, came.error)
                raise came.error

        return call

    async def _called(self, method: str, args: tuple[Any, ...]) -> _Came:
        """In a task of its own, which no `sys.exit` of a plugin's leaves."""
        try:
            return _Gave(await getattr(self._plugin, method)(*args))
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - a third party's: whatever it is, it is named
            return _Raised(error)

    async def _turned(
        self, method: str, args: tuple[Any, ...], wanted: asyncio.Queue[asyncio.Future[_Came]]
    ) -> None:
        page = await wanted.get()
        try:
            pages = getattr(self._plugin, method)(*args)
            try:
                async for each in pages:
                    _answer(page, _Gave(each))
                    page = await wanted.get()
            finally:
                if (close := getattr(pages, "aclose", None)) is not None:
                    await close()
            _answer(page, _Gave(_END))
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - as above
            _answer(page, _Raised(error))

    def _run(self, method: str, args: tuple[Any, ...], read: Callable[[Any], Any]) -> _Came:
        try:
            return _Gave(read(getattr(self._plugin, method)(*args)))
        except KeyboardInterrupt as error:
            if threading.current_thread() is threading.main_thread():
                raise
            return _Raised(error)
        except BaseException as error:  # noqa: BLE001 - as above
            return _Raised(error)

    async def _within(self, answer: asyncio.Future[_Came], task: asyncio.Task[Any], patience: float) -> _Came:
        """What `task` makes of `answer` in time; after that, or once we are cancelled, it ends."""
        try:
            await asyncio.wait({answer, task}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._ended(task)
            raise
        in_time = answer.done() or task.done()
        if not in_time:
            await self._ended(task)
        # Told to end, it may still say what became of it.
        if answer.done() and not answer.cancelled():
            return answer.result()
        # In time, nobody has cancelled it but itself.
        return _Raised(asyncio.CancelledError()) if in_time else _NoAnswer()

    async def _ended(self, task: asyncio.Task[Any]) -> None:
        if task.done():
            return
        task.cancel()
        self._left_behind.add(task)
        task.add_done_callback(self._left_behind.discard)
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task}, timeout=GRACE.total_seconds())

    def _promised(self, method: str, promise: Promise, came: _Came) -> Any:
        match came:
            case _Gave(answer) if not promise.sound(answer):
                what = name_of(type(answer))
                place = self.place(method)
                self.met(method, "returned", what, place)
                says = f"`{method}` gave a {what} that is not what its port promises ({place})"
                raise self._refusal(promise, "returned", says)
            case _Gave(answer) if promise.each is not None:
                return self._sound_ones(method, promise.each, answer)
            case _Gave(answer):
                return answer
            case _NoAnswer():
                place = self.place(method)
                lasted = self._patience * (PAGE if method in IN_PAGES else 1)
                self.met(method, "slow", "", place, timedelta(seconds=lasted))
                says = f"`{method}` of {self.whose.plugin} did not come back within {lasted:g} seconds"
                raise (OutcomeUnknown if promise.acts else RetryLater)("plugin.slow", says)
            case _Raised(NextVisitError() as error):
                raise without_words(error)
            case _Raised(error):
                place = self._note_error(method, error)
                says = f"`{method}` failed with {name_of(type(error))} at {place}"
                how = "blocked" if isinstance(error, LoopBlocked) else "raised"
                # Alone: the plugin's own error would be shown with it, and its text may quote a patient.
                raise self._refusal(promise, how, says) from None
            case _:
                assert_never(came)

    def _refusal(self, promise: Promise, how: str, says: str) -> NextVisitError:
        code, message = f"plugin.{how}", f"the plugin {self.whose.plugin}: {says}"
        return OutcomeUnknown(code, message) if promise.acts else Bug(code, message)

    def _sound_ones(self, method: str, sound: Callable[[Any], bool], answer: Any) -> Any:
        kept = [each for each in answer if sound(each)]
        if len(kept) < len(answer):
            self.met(method, "unsound", "", self.place(method))
        return kept

    def _note_error(self, method: str, error: BaseException) -> str:
        """Where it was raised."""
        place = line_of(error.__traceback__, self.is_own) or self.place(method)
        if not isinstance(error, LoopBlocked):  # who broke it off has told for how long
            self.met(method, "raised", name_of(type(error)), place)
        return place

    def _name(self, method: str) -> str:
        return f"{method} {self.whose.connection}"


_CALLING: Final = frozenset({Guard._called.__code__, Guard._turned.__code__, Guard._run.__code__})  # noqa: SLF001
"""Where the plugin is called from."""


def _answer(page: asyncio.Future[_Came], came: _Came) -> None:
    if not page.done():
        page.set_result(came)


def _folder_of(plugin: object) -> str:
    """Of its package, or the file of a plugin that is one."""
    try:
        file = Path(inspect.getfile(type(plugin)))
    except (OSError, TypeError):
        return "/nowhere"
    # The fakes that we bring are in no package of their own.
    if type(plugin).__module__.startswith("nextvisit."):
        return str(file)
    folder = file.parent
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return str(folder if (folder / "__init__.py").exists() else file)


def guarded(
    plugin: Plugin, whose: Whose, troubles: Troubles, patience: timedelta, *, traced: bool = False
) -> Plugin:
    """It, with a guard before it. patience: for one call, or for one page of it. traced: see `Trace`."""
    return cast("Plugin", Guard(plugin, whose, troubles, patience, traced=traced))


_A_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_.]*[0-9]{0,2}")


def without_words(error: NextVisitError) -> NextVisitError:
    """It, with a code that is one: codes are kept, logged and shown in the clear, and may quote nobody."""
    if not is_code(error.code):
        error.code = NO_CODE
        error.args = (NO_CODE,)
    return error


def name_of(kind: type) -> str:
    """The class, unless its name is more than one."""
    return kind.__name__ if _A_NAME.fullmatch(kind.__name__) else "a class that has no name"


def tell_unsound(plugin: object, method: str, fault: Unsound) -> None:
    """Of what `method` gave, something breaks a rule. Counted where the plugin has a guard."""
    if isinstance(plugin, Guard):
        plugin.met(method, "unsound", fault.code, plugin.place(method))


def tell_slow(plugin: object, method: str, patience: timedelta) -> None:
    """It did not come back. Counted where the plugin has a guard."""
    if isinstance(plugin, Guard):
        plugin.met(method, "slow", "", plugin.place(method), patience)
