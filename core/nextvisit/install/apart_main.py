"""The program of a connection's process: `python -m nextvisit.install.apart_main SOCKET PARENT`.

It gives up what is not for it before anything of the plugin runs, and ends with whoever began it.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog
import uvloop

from nextvisit.calls.apart.servant import METHODS, OUT_OF_MEMORY, Servant, Voice
from nextvisit.calls.apart.values import said_error
from nextvisit.calls.apart.wire import Begin, Built, Logged, Spent, Unbuilt
from nextvisit.calls.guard import Guard, Whose
from nextvisit.calls.troubles import Troubles
from nextvisit.install.apart import BRIEF, Brief
from nextvisit.install.foreign_code import watched
from nextvisit.install.plugin_parts import refuse_coroutine
from nextvisit.install.plugins import load_plugins, named
from nextvisit.sdk.errors import Bug, NextVisitError
from nextvisit.sdk.hookspecs import ChannelPlugin, MisAdapterPlugin
from nextvisit.watch import seccomp
from nextvisit.watch.landlock import ALL, READ, Right, restrict, version

_PARENT_DEATH_SIGNAL: Final = 1
_BEYOND_DATA: Final = 2 * 1024**3
"""Of addresses: programs' files, and what is kept for a thread and not used. They are no memory."""
_EVENT: Final = re.compile(r"(?=.{1,80}$)[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]{0,80}")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/urandom")


def main() -> None:
    """Until the role hangs up."""
    handle, parent = map(int, sys.argv[1:])
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it ended before we could be tied to it
        os._exit(0)
    voice = Voice(socket.socket(fileno=handle))
    orders = voice.orders()
    first, body = next(orders, (None, b""))
    if not isinstance(first, Begin):
        os._exit(0)
    brief = BRIEF.validate_json(body)
    built = _begun(voice, brief)
    troubles = Troubles()
    whose, patience = Whose(brief.connection, brief.plugin), timedelta(seconds=brief.patience)
    guard = Guard(built, whose, troubles, patience)
    methods = tuple(each for each in METHODS if callable(getattr(built, each, None)))
    name = type(built).__name__
    voice.say(Built(name if _NAME.fullmatch(name) else "Plugin", methods))
    uvloop.run(Servant(voice, guard, troubles).run(orders))


def _begun(voice: Voice, brief: Brief) -> Any:
    """What the plugin builds, once all that is not for it is given up; or the end, told."""
    try:
        _limit(brief.memory)
        _confine(brief)
        _speak(voice)
        sys.path[:] = brief.path
        return _built(brief)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        if isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError):
            voice.say(Spent())
            os._exit(OUT_OF_MEMORY)
        # Ours, for what a plugin raises is named by then; its words are for nobody all the same.
        told = error if isinstance(error, NextVisitError) else Bug("process.broken", type(error).__name__)
        voice.say(Unbuilt(said_error(told)))
        os._exit(1)


def _limit(memory: int) -> None:
    """Data is what is written to: a library's own files and threads' reserved room do not count."""
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, memory + _BEYOND_DATA),  # memory that is shared is no data
        (resource.RLIMIT_FSIZE, memory),  # nor are files that lie in memory
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def _confine(brief: Brief) -> None:
    """Besides what the role has forbidden itself, and what begins in it with it."""
    if version() > 0:
        allowed = dict.fromkeys(brief.opens, READ)
        allowed |= {Path(each): Right.READ_FILE | Right.WRITE_FILE for each in _DEVICES}
        restrict(allowed | {Path(tempfile.gettempdir()): ALL})
    if seccomp.available():
        seccomp.forbid(alone=True)  # else what it begins or makes would outlive it


def _built(brief: Brief) -> Any:
    """What the plugin builds. Raises what it says of its settings, and ConfigError."""
    plugins = load_plugins(brief.pins, wanted={brief.plugin}, trials=brief.trials)
    of_kind: Mapping[str, MisAdapterPlugin | ChannelPlugin] = (
        plugins.mis_adapters if brief.key.startswith("mis.") else plugins.channels
    )
    plugin = named(of_kind, brief.plugin, brief.key, plugins)
    build: Callable[[Any], Any] = plugin.build
    home = plugins.homes.get(brief.plugin)
    with watched(brief.key, home, "its plugin is faulty: its `build`", configured=True):
        built = build(plugin.settings.model_validate(brief.settings))
    refuse_coroutine(built, brief.key)
    return built


def _speak(voice: Voice) -> None:
    """Of what the plugin logs the event is told, and nothing that it says besides."""

    def tell(_: object, __: str, event: MutableMapping[str, Any]) -> NoReturn:
        said = str(event.get("event"))
        if said != "plugin.faulty":  # the role says so itself
            voice.say(Logged(said if _EVENT.fullmatch(said) else "plugin.log"))
        raise structlog.DropEvent

    class _Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            del record
            voice.say(Logged("library.spoke"))

    structlog.configure(processors=[tell], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    logging.basicConfig(level=logging.WARNING, handlers=[_Told()])


if __name__ == "__main__":
    main()
