"""Wrong plugins: each differs in one thing from the right one of its vendor, and a kit's sentence says in which.

`adapters_….py`, `channels….py` and `readers.py` hold them; `tests/sdk/test_wrong_plugins.py` runs the kits on them, in a
process of its own, and compares what fails and what is said with what `wrong` announces here.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Made = TypeVar("Made", bound=type[Any])


def wrong(says: str, *fails: str) -> Callable[[Made], Made]:
    """Of a plugin: what its kit must say, and the tests that must fail, without their `test_`; no other may."""

    def announced(plugin: Made) -> Made:
        plugin.says, plugin.fails = says, frozenset(f"test_{each}" for each in fails)
        return plugin

    return announced


def announced_in(module: dict[str, Any]) -> Iterator[type[Any]]:
    """The wrong plugins of a module."""
    name = module["__name__"]
    return (each for each in list(module.values()) if "says" in vars_of(each) and each.__module__ == name)


def vars_of(thing: object) -> dict[str, Any]:
    """Its own attributes, if it is a class."""
    return dict(vars(thing)) if isinstance(thing, type) else {}


@contextmanager
def certificates_read_once() -> Iterator[None]:
    """No vendor here speaks TLS, and reading the machine's certificates takes longer than any of these tests."""
    before = ssl.create_default_context
    ssl.create_default_context = functools.cache(before)  # type: ignore[assignment]
    try:
        yield
    finally:
        ssl.create_default_context = before
