"""How a kit says what is wrong: a sentence, where, and what right looks like.

No assertion is bare, and no traceback is printed: it would quote values, and those are patients'.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import TracebackType
from typing import NoReturn

import pytest


def fail(wrong: str, *, where: str, right: str) -> NoReturn:
    """End the test with these words and nothing else."""
    # Not `pytest.fail`: it would show the error that led here, which is the plugin's.
    raise pytest.fail.Exception(f"{wrong}\n  where: {where}\n  right: {right}", pytrace=False) from None


def require(held: object, wrong: str, *, where: str, right: str) -> None:
    """As `fail`, unless it is so."""
    if not held:
        fail(wrong, where=where, right=right)


def lacks(what: str, need: str) -> NoReturn:
    """Skip, with what the author could add. Skipped tests are listed at the end of the run."""
    pytest.skip(f"{what}: {need}")


def lacks_relay(what: str, name: str) -> NoReturn:
    """As `lacks`, of trouble that can be made before any server."""
    lacks(what, f"give it `{name}`; nextvisit.sdk.testing.fault_proxy has one for any protocol")


def place_of(plugin: object, method: str) -> str:
    """The method and the line that it stands at."""
    owner = type(plugin).__name__
    found = inspect.unwrap(getattr(type(plugin), method, type(plugin)))
    try:
        file = inspect.getsourcefile(found)
        line = inspect.getsourcelines(found)[1]
    except (OSError, TypeError):
        return f"{owner}.{method}"
    return f"{owner}.{method}, {_short(file)}:{line}"


def line_of(traceback: TracebackType | None) -> str:
    """The innermost line of a traceback that is the plugin's own: neither ours nor a library's."""
    found = "an unknown line"
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if is_own(file):
            found = f"{_short(file)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found


def is_own(file: str) -> bool:
    """Whether a file is the plugin author's."""
    path = Path(file)
    return (
        not file.startswith("<")
        and "site-packages" not in path.parts
        and not path.is_relative_to(_SDK)
        and not path.is_relative_to(_STANDARD)
    )


def _short(file: str | None) -> str:
    if file is None:
        return "?"
    path = Path(file)
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.name


_SDK = Path(__file__).parents[2]
_STANDARD = Path(inspect.__file__).parent
