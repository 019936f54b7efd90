"""How a kit says what is wrong: a sentence, where, and what right looks like.

No assertion is bare, and no traceback is printed: it would quote values, and those are patients'.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import TracebackType
from typing import NoReturn

import pytest

from nextvisit.sdk import places
from nextvisit.sdk.places import place_of


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


def line_of(traceback: TracebackType | None) -> str:
    """The innermost line of a traceback that is the plugin's own: neither ours nor a library's."""
    return places.line_of(traceback, is_own) or "an unknown line"


def is_own(file: str) -> bool:
    """Whether a file is the plugin author's."""
    path = Path(file)
    return (
        not file.startswith("<")
        and "site-packages" not in path.parts
        and not path.is_relative_to(_SDK)
        and not path.is_relative_to(_STANDARD)
    )


__all__ = ["fail", "is_own", "lacks", "lacks_relay", "line_of", "place_of", "require"]

_SDK = Path(__file__).parents[2]
_STANDARD = Path(inspect.__file__).parent
