"""What a verb brings is on the lists of `flow.verbs`: a line that is forgotten there is noticed here."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import get_args

from nextvisit.flow import verbs
from nextvisit.flow.engine import effects, events
from nextvisit.flow.verbs import VERBS, AnyAction, AnyResult

OF_VERBS = [import_module(each.name) for each in pkgutil.iter_modules(verbs.__path__, f"{verbs.__name__}.")]


def brought(*shared: object) -> Iterator[type]:
    """The classes that are defined in the modules of the verbs, or in these."""
    for module in (*OF_VERBS, *shared):
        for each in vars(module).values():
            if isinstance(each, type) and each.__module__ == vars(module)["__name__"]:
                yield each


def tagged(each: type) -> bool:
    """Whether it is one of several that a wire tells apart."""
    return is_dataclass(each) and "kind" in {field.name for field in fields(each)}


def test_each_step_is_listed() -> None:
    assert {each for each in brought() if "verb" in vars(each)} == set(VERBS)


def test_each_action_crosses_the_wire() -> None:
    """One that does not would suspend the journey of the first patient who comes to it."""
    asked = {each for each in brought(effects) if tagged(each) and hasattr(each, "activity")}
    assert asked == set(get_args(AnyAction))


def test_each_result_crosses_the_wire() -> None:
    heard = {each for each in brought(events) if tagged(each) and hasattr(each, "why")}
    assert heard == set(get_args(AnyResult))
