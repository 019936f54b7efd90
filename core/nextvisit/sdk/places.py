"""Where in a plugin's own files something is, for sentences and logs: a file and a line are nobody's data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

IsOwn = Callable[[str], bool]
"""Whether a file is the plugin's: neither ours nor a library's."""


def place_of(plugin: object, method: str) -> str:
    """The method and the line that it stands at."""
    owner = type(plugin).__name__
    found = inspect.unwrap(getattr(type(plugin), method, type(plugin)))
    try:
        file = inspect.getsourcefile(found)
        line = inspect.getsourcelines(found)[1]
    except (OSError, TypeError):
        return f"{owner}.{method}"
    return f"{owner}.{method}, {short(file)}:{line}"


def line_of(traceback: TracebackType | None, is_own: IsOwn) -> str:
    """The innermost line of a traceback that is the plugin's own; empty when none is."""
    found = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if is_own(file):
            found = f"{short(file)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found


def own_line(frame: FrameType | None, is_own: IsOwn) -> str:
    """The innermost line of the plugin's on a stack; empty when the plugin is not running."""
    while frame is not None:
        if is_own(frame.f_code.co_filename):
            name = frame.f_code.co_filename.rpartition("/")[2]
            return f"{frame.f_code.co_qualname}, {name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def short(file: str | None) -> str:
    """A file as people know it."""
    if file is None:
        return "?"
    path = Path(file)
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.name
