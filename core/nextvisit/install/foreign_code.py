"""Somebody else's code, run: of what it raises the kind and the place are told, and nothing that it says.

What it prints is in nobody's output, and what keeps us waiting is named while it does.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Final, NoReturn

import structlog

from nextvisit.sdk.errors import ConfigError, NextVisitError

PATIENCE: Final = timedelta(seconds=10)
"""To import a plugin takes less; who blocks for longer is named, and waited for: nothing can break it off."""
_STDOUT: Final = 1

log = structlog.get_logger()


@contextlib.contextmanager
def watched(place: str, home: Path | None, doing: str, *, configured: bool = False) -> Iterator[None]:
    """Raises ConfigError `plugin.broken` for whatever is raised, exits too, and those that ask nobody.

    home: the plugin's own file or folder. configured: it was given settings: what it says on purpose, by one
    of our errors, is passed on, and a name in any other may be one of their values.
    """
    slow = threading.Timer(PATIENCE.total_seconds(), _name_slow, (place, doing))
    slow.daemon = True
    slow.start()
    try:
        with quiet(place), _not_ended():
            yield
    except KeyboardInterrupt:
        raise
    # A third party's code can raise anything, and `sys.exit` is no Exception.
    except BaseException as error:
        if configured and isinstance(error, NextVisitError):
            raise
        says = f"{doing} failed with {_kind(error, named=not configured)}{_where(error, home)}"
        raise ConfigError("plugin.broken", says, place=place) from error
    finally:
        slow.cancel()


def _name_slow(place: str, doing: str) -> None:
    log.warning("plugin.slow", place=place, state=doing)


@contextlib.contextmanager
def _not_ended() -> Iterator[None]:
    """`os._exit` would end whoever loads a plugin without a word of which it was."""

    def ends(status: int) -> NoReturn:
        raise SystemExit(status)

    kept, os._exit = os._exit, ends
    try:
        yield
    finally:
        os._exit = kept


@contextlib.contextmanager
def quiet(place: str) -> Iterator[None]:
    """Nothing that is printed gets out, by whatever way: a command's own output may be JSON."""
    words = io.StringIO()
    with _kept_apart() as file:
        try:
            with _in_place_of_stdout(file.fileno()), contextlib.redirect_stdout(words):
                yield
        finally:
            if words.getvalue() or os.fstat(file.fileno()).st_size:
                log.warning("plugin.printed", place=place)


def _kept_apart() -> IO[bytes]:
    """A file without a place: a role may have no folder to write in."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("printed"), "w+b")
    else:  # noqa: RET505  # mypy knows what another system has not, in branches alone
        return tempfile.TemporaryFile()


@contextlib.contextmanager
def _in_place_of_stdout(handle: int) -> Iterator[None]:
    try:
        kept = os.dup(_STDOUT)
    except OSError:
        yield  # it is closed
        return
    _flush()
    os.dup2(handle, _STDOUT)
    try:
        yield
    finally:
        _flush()
        os.dup2(kept, _STDOUT)
        os.close(kept)


def _flush() -> None:
    """Of both: what we wrote before belongs to us, and what a plugin wrote to it does not come later."""
    for stream in (sys.stdout, sys.__stdout__):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()


def _kind(error: BaseException, *, named: bool) -> str:
    """The class. What it says itself may quote a secret; a module that is missing is none."""
    missing = f" of {error.name}" if named and isinstance(error, ImportError) and error.name else ""
    return f"{type(error).__name__}{missing}"


def _where(error: BaseException, home: Path | None) -> str:
    """The last place in the plugin's own files."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_file():
        return f", in {error.filename}, line {error.lineno}"
    frames = [
        each
        for each in traceback.extract_tb(error.__traceback__)
        if home is not None and Path(each.filename).is_relative_to(home)
    ]
    return f", in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
