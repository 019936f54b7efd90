"""Keeps one connection's process: begins it, hears it, tells how it ended, and begins it anew, ever later.

One thread of the role does all of it for one connection, from the first beginning on: the kernel ends a
process of ours when the thread that began it ends (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final, assert_never

import structlog

from nextvisit.calls.apart.hearsay import Hearsay
from nextvisit.calls.apart.link import WireEnd
from nextvisit.calls.apart.pending import CallsUnderWay, CallUnderWay, WantsUnderWay
from nextvisit.calls.apart.values import INBOUND, SPAN, SaidError, error_of, load, said_error
from nextvisit.calls.apart.wire import (
    Ask,
    Begin,
    BrokenWire,
    Built,
    Failed,
    Gave,
    Granted,
    Hears,
    KeepPace,
    Logged,
    MetThere,
    NextPage,
    NoMorePages,
    Order,
    Pong,
    Spent,
    Unbuilt,
    Wants,
    Word,
)
from nextvisit.calls.guard import Whose
from nextvisit.calls.troubles import AWAY, DIED, OUT_OF_MEMORY, Trouble, Troubles
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import ConfigError, NextVisitError, RetryLater
from nextvisit.sdk.ports import Inbox, RequestPace

SILENCE: Final = timedelta(seconds=30)
"""So long its event loop may stand still. What holds it in Python is broken off long before."""
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(seconds=30)
_STEADY: Final = timedelta(minutes=5)
_BUILDS_WITHIN: Final = SILENCE + timedelta(seconds=10)
_ENDS_WITHIN: Final = timedelta(seconds=5)
_AT_ONCE: Final = timedelta(0)
_LOOK: Final = 0.02
_NOT_KEPT: Final = SaidError("RetryLater", "plugin.ended", "nobody waits for this any more")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Launch:
    """How a process is begun. command: the socket's number and ours are added. brief: its first frame.

    env: all of its environment but TMPDIR, which is a folder of its own. place: of the connection in the
    settings.
    """

    command: Sequence[str]
    env: Mapping[str, str]
    brief: bytes
    place: str


@dataclass(slots=True)
class Keeper:
    """Of one connection's process. loop: in which its turns are waited for."""

    launch: Launch
    whose: Whose
    troubles: Troubles
    calls: CallsUnderWay = field(init=False)
    loop: asyncio.AbstractEventLoop | None = None
    _pace: RequestPace | None = None
    _link: WireEnd | None = None
    _first: Future[Built] = field(default_factory=Future)
    _is_built: bool = False
    _why: str | None = None
    _is_noted: bool = False
    hearsay: Hearsay = field(init=False)
    _over: threading.Event = field(default_factory=threading.Event)
    _turn: threading.RLock = field(default_factory=threading.RLock)
    _wanted: set[asyncio.Task[None]] = field(default_factory=set)
    _held: WantsUnderWay = field(default_factory=WantsUnderWay)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.calls = CallsUnderWay(f"the process of {self.whose.plugin} ({self.whose.connection})")
        self.hearsay = Hearsay(self.whose, self.troubles)
        name = f"apart {self.whose.connection}"
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    def begin(self) -> Built:
        """The first process, and what it built. Raises what it says of its settings, or ConfigError."""
        self._thread.start()
        try:
            return self._first.result(_BUILDS_WITHIN.total_seconds())
        except BaseException as error:
            self.end()
            if isinstance(error, TimeoutError):
                raise self._unbuilt("it was not built in time") from None
            raise

    def ask(self, method: str, body: bytes, inbox: Inbox | None = None) -> tuple[CallUnderWay, WireEnd]:
        """Begin a call. Raises RetryLater while there is no process."""
        with self._turn:
            one = self.calls.begun(method, body, inbox)
            try:
                return one, self.say(Ask(one.id, method), body)
            except RetryLater:
                self.calls.forget(one)
                raise

    def turn_page(self, pages: CallUnderWay, link: WireEnd) -> CallUnderWay:
        """Begin the call for the next one. Raises RetryLater when the process is another by now."""
        with self._turn:
            if link is not self._link:
                raise RetryLater(DIED, f"{self.calls.explain} ended between two pages")
            one = self.calls.begun(pages.method, b"")
            try:
                link.say(NextPage(one.id, pages.id))
            except RetryLater:
                self.calls.forget(one)
                raise
        return one

    def say(self, order: Order, body: bytes = b"") -> WireEnd:
        """To the process that there is now. Raises RetryLater while there is none."""
        link = self._link
        if link is None or not self._is_built:
            raise RetryLater(AWAY, f"{self.calls.explain} ended, and is begun anew")
        link.say(order, body)
        return link

    def keep_pace(self, pace: RequestPace) -> None:
        """This process and those after it ask here for their turns."""
        with self._turn:
            self._pace = pace
            with suppress(RetryLater):
                self.say(KeepPace())

    def give_up(self, one: CallUnderWay) -> None:
        """On a call that hangs, by ending the process that it hangs in."""
        with self._turn:
            if self._link is not None and self.calls.of(one.id) is not None:
                self._why = f"`{one.method}` did not come back"
                self._link.hang_up()

    def end(self) -> None:
        """The process ends, and none is begun any more."""
        self._over.set()
        with self._turn:
            if (link := self._link) is not None:
                link.hang_up()
        if self._thread.is_alive():
            self._thread.join(_ENDS_WITHIN.total_seconds() * 2)

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._over.is_set():
            began = time.monotonic()
            try:
                how, methods = self._live()
            # The outermost loop: no descriptor, no room, or a folder that cannot be removed.
            except Exception as error:  # noqa: BLE001
                how = f"it could not be begun or cleared away ({type(error).__name__})"
                with self._turn:
                    self._link, self._is_built = None, False
                methods = self.calls.fell(how)
            if self._over.is_set():
                return
            if not self._first.done():
                self._first.set_exception(self._unbuilt(f"its process ended: {how}"))
                return
            self._tell(how, methods)
            if time.monotonic() - began > _STEADY.total_seconds():
                pause = FIRST_PAUSE
            self._over.wait(pause.total_seconds())
            pause = min(pause * 2, LONGEST_PAUSE)

    def _live(self) -> tuple[str, Sequence[str]]:
        """One process, from its beginning to its end: how it ended, and in which calls."""
        folder = tempfile.mkdtemp(prefix="nextvisit-")
        ours, theirs = socket.socketpair()
        try:
            popen, output = _begun(self.launch, theirs, folder)
        except OSError as error:
            ours.close()
            shutil.rmtree(folder, ignore_errors=True)
            return f"it could not be begun ({error.strerror})", ()
        link = WireEnd(ours, output, SILENCE)
        with self._turn:
            self._link, self._is_built, self._is_noted, self._why = link, False, False, None
            link.say(Begin(), self.launch.brief)
            if self._over.is_set():
                link.hang_up()
        try:
            broken = link.run(self._hear, self._note_print)
        # The outermost loop: whatever of ours fails at what it said, the connection comes back.
        except Exception as error:  # noqa: BLE001
            broken = f"what it said was not borne ({type(error).__name__})"
        with self._turn:
            self._link, self._is_built = None, False
        code = _ended(popen, _AT_ONCE if broken else _ENDS_WITHIN)
        how = broken or self._why or _in_words(code)
        methods = self.calls.fell(how)
        link.close()
        shutil.rmtree(folder, ignore_errors=True)
        return how, methods

    def _hear(self, word: Word, body: bytes) -> None:
        match word:
            case Built() | Unbuilt():
                self._take_built(word)
            case Gave() | NoMorePages() | Failed():
                self._take_answer(word, body)
            case Wants():
                self._give(word, body)
            case Hears():
                self._take_hearing(word)
            case MetThere():
                self.hearsay.met(word)
            case Logged(code):
                self.hearsay.logged(code)
            case Spent():
                with self._turn:
                    self._why, self._is_built = OUT_OF_MEMORY, False
            case Pong():  # that it speaks is all
                pass
            case _:
                assert_never(word)

    def _take_answer(self, word: Gave | NoMorePages | Failed, body: bytes) -> None:
        if isinstance(word, Gave):
            self.hearsay.left_out(word.left_out)
        self.calls.answered(word, body)

    def _take_built(self, word: Built | Unbuilt) -> None:
        if isinstance(word, Unbuilt):
            self._why = f"it could not be built anew ({word.error.code})"
            if not self._first.done():
                self._first.set_exception(error_of(word.error))
            return
        with self._turn:
            if self._link is None or self._is_built:
                raise BrokenWire("it was built twice")
            if self._pace is not None:
                self._link.say(KeepPace())
            self._is_built = True
        if not self._first.done():
            self._first.set_result(word)

    def _give(self, word: Wants, body: bytes) -> None:
        link, one = self._link, self.calls.of(word.of)
        if link is None:
            raise BrokenWire("it wants something after its end")
        work: Callable[[], Coroutine[Any, Any, None]] | None = None
        loop = self.loop
        match word.what, load(INBOUND if word.what == "put" else SPAN, body or b"[0]"):
            case "put", RawInbound() as raw:
                if one is not None and (inbox := one.inbox) is not None:
                    loop, work = one.loop, partial(inbox.put, raw)
            case "rest", timedelta() as span if (pace := self._pace) is not None:
                work = partial(pace.rest, span)
            case "turn", _ if (pace := self._pace) is not None:
                work = pace.turn
            case _:
                raise BrokenWire("it wants what nobody gives")
        if work is None or loop is None:
            with suppress(RetryLater):  # it reads nothing, and is ended for that
                link.say(Granted(word.id, _NOT_KEPT))
            return
        self._held.more(len(body))
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._begin_work, work, word.id, link, len(body))

    def _begin_work(
        self, work: Callable[[], Coroutine[Any, Any, None]], number: int, link: WireEnd, size: int
    ) -> None:
        task = asyncio.get_running_loop().create_task(_answered(work, number, link))
        self._wanted.add(task)

        def done(_: object) -> None:
            self._wanted.discard(task)
            self._held.less(size)

        task.add_done_callback(done)

    def _take_hearing(self, word: Hears) -> None:
        one = self.calls.of(word.of)
        if one is None or one.inbox is None or one.loop is None:
            return
        error = None if word.error is None else error_of(word.error)
        if isinstance(error, OSError):
            raise BrokenWire("it is deaf for what is no reason")
        tell = one.inbox.listening if error is None else partial(one.inbox.deaf, error)
        with suppress(RuntimeError):
            one.loop.call_soon_threadsafe(tell)

    def _tell(self, how: str, methods: Sequence[str]) -> None:
        method = methods[0] if len(set(methods)) == 1 else ""
        self.troubles.met(Trouble(self.whose.connection, self.whose.plugin, method, "died", how))

    def _note_print(self) -> None:
        if not self._is_noted:
            self._is_noted = True
            log.warning("plugin.printed", origin=self.whose.connection, source=self.whose.plugin)

    def _unbuilt(self, says: str) -> ConfigError:
        return ConfigError("plugin.broken", says, place=self.launch.place)


def _begun(launch: Launch, theirs: socket.socket, folder: str) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and where what it prints comes out."""
    output, prints = os.pipe()
    try:
        popen = subprocess.Popen(  # noqa: S603  our own program
            [*launch.command, str(theirs.fileno()), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=prints,
            stderr=prints,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            umask=0o077,
            env={**launch.env, "TMPDIR": folder},
        )
    except OSError:
        os.close(output)
        raise
    finally:
        os.close(prints)
        theirs.close()
    return popen, output


def _ended(popen: subprocess.Popen[bytes], patience: timedelta) -> int:
    """Its exit code, and that of nobody whom it began: they end with it."""
    until = time.monotonic() + patience.total_seconds()
    # Not reaped before: its number is also that of the group, which would be somebody else's.
    while os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > until:
            popen.kill()
        time.sleep(_LOOK)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(popen.pid, signal.SIGKILL)
    return popen.wait()


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


async def _answered(work: Callable[[], Coroutine[Any, Any, None]], number: int, link: WireEnd) -> None:
    # Whatever else it meets, it is not kept: what was said to be kept is acknowledged, and lost.
    error: SaidError | None = _NOT_KEPT
    try:
        await work()
        error = None
    except NextVisitError as raised:
        error = said_error(raised)
    finally:
        with suppress(RetryLater):
            link.say(Granted(number, error))
