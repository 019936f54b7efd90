"""Finding plugins: who may be loaded, and that whoever breaks is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from nextvisit.install import plugins
from nextvisit.install.plugins import load_plugins
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import MisAdapterPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS


@dataclass(frozen=True)
class Distribution:
    name: str
    version: str = "1"


@dataclass(frozen=True)
class Point:
    """An entry point whose module is made here."""

    name: str
    hooks: dict[str, Callable[..., Any]]
    fault: BaseException | None = None
    by: str = ""
    module: ModuleType | None = None

    @property
    def dist(self) -> Distribution:
        return Distribution(self.by or f"acme-{self.name}")

    def load(self) -> ModuleType:
        if self.fault is not None:
            raise self.fault
        module = self.module or ModuleType(self.name)
        for hook, run in self.hooks.items():
            setattr(module, hook, run)
        return module


def adapter(slug: str) -> dict[str, Callable[[], Any]]:
    @hookimpl
    def mis_adapters() -> Sequence[MisAdapterPlugin]:
        return (MisAdapterPlugin(slug, PluginSettings, lambda _: None),)  # type: ignore[arg-type,return-value]

    return {"mis_adapters": mis_adapters}


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def these(*points: Point) -> None:
        monkeypatch.setattr(plugins, "entry_points", lambda group: list(points))

    return these


def test_what_is_not_named_is_not_loaded(install: Callable[..., None]) -> None:
    """Not even imported: its module would raise."""
    install(Point("mine", adapter("mine")), Point("theirs", {}, fault=RuntimeError()))
    assert set(load_plugins(["acme-mine"]).mis_adapters) == {"mine"}


def test_a_distribution_is_named_as_pip_names_it(install: Callable[..., None]) -> None:
    install(Point("mine", adapter("mine"), by="Acme.Mine"))
    assert set(load_plugins(["acme_mine"]).mis_adapters) == {"mine"}


def test_a_name_that_nobody_bears_is_told_with_those_that_are_there(install: Callable[..., None]) -> None:
    """Nothing else would say that a catalogue of campaigns is missing."""
    install(Point("mine", adapter("mine")))
    with pytest.raises(ConfigError, match=r"acme-campains.*acme-mine") as caught:
        load_plugins(["acme-mine", "acme-campains"])
    assert caught.value.code == "plugin.absent"


def _in_a_hook() -> dict[str, Callable[[], Any]]:
    @hookimpl
    def channels() -> Sequence[Any]:
        raise ZeroDivisionError

    return {"channels": channels}


def _with_an_unknown_hook() -> dict[str, Callable[[], Any]]:
    @hookimpl
    def chanels() -> Sequence[Any]:
        return ()

    return {"chanels": chanels}


def _with_an_optional_hook(name: str) -> dict[str, Callable[[], Any]]:
    @hookimpl(optionalhook=True)
    def hook() -> Sequence[Any]:
        return ()

    return {name: hook}


def _with_an_argument() -> dict[str, Callable[..., Any]]:
    """Pluggy refuses it when it is registered."""

    @hookimpl
    def channels(config: object) -> Sequence[Any]:
        return (config,)

    return {"channels": channels}


def _answering(what: object) -> dict[str, Callable[[], Any]]:
    @hookimpl
    def channels() -> object:
        return what

    return {"channels": channels}


@pytest.mark.parametrize(
    ("point", "code"),
    [
        (Point("theirs", {}, fault=ImportError("no such module")), "plugin.broken"),
        (Point("theirs", {}, fault=SystemExit("no licence")), "plugin.broken"),
        (Point("theirs", _in_a_hook()), "plugin.broken"),
        (Point("theirs", _with_an_unknown_hook()), "plugin.hook"),
        (Point("theirs", _with_an_argument()), "plugin.hook"),
        (Point("theirs", {"channels": lambda: ()}), "plugin.hook"),
        (Point("theirs", {}), "plugin.hook"),
        (Point("theirs", _answering(None)), "plugin.hook"),
        (Point("theirs", _answering("sms")), "plugin.hook"),
        (Point("theirs", _answering([TEXTS])), "plugin.hook"),
    ],
)
def test_a_plugin_that_breaks_is_named(install: Callable[..., None], point: Point, code: str) -> None:
    install(Point("mine", adapter("mine")), point)
    with pytest.raises(ConfigError, match="theirs") as caught:
        load_plugins()
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("hooks", "says"),
    [
        (_with_an_unknown_hook(), "no hook `chanels`; did you mean `channels`?"),
        (_with_an_optional_hook("mis_adapter"), "no hook `mis_adapter`; did you mean `mis_adapters`?"),
        (
            _with_an_optional_hook("voice"),
            "no hook `voice`; known here: campaign_folders, channels, intent_readers, mis_adapters",
        ),
    ],
)
def test_a_hook_that_would_never_be_called_is_told_with_what_may_be_meant(
    install: Callable[..., None], hooks: dict[str, Callable[[], Any]], says: str
) -> None:
    install(Point("theirs", adapter("his") | hooks))
    with pytest.raises(ConfigError) as caught:
        load_plugins()
    assert says in str(caught.value)


def test_a_slug_is_taken_once(install: Callable[..., None]) -> None:
    install(Point("mine", adapter("his")), Point("theirs", adapter("his")))
    with pytest.raises(ConfigError, match="acme-theirs") as caught:
        load_plugins()
    assert caught.value.code == "plugin.slug_taken"


_SHARED = ModuleType("shared")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Point("mine", adapter("one"), by="acme-one"), Point("mine", adapter("one"), by="acme-two")),
        (
            Point("mine", adapter("one"), by="acme-one", module=_SHARED),
            Point("theirs", adapter("two"), by="acme-two", module=_SHARED),
        ),
    ],
    ids=["one name", "one module"],
)
def test_of_two_plugins_that_are_one_both_are_named(
    install: Callable[..., None], first: Point, second: Point
) -> None:
    install(first, second)
    with pytest.raises(ConfigError, match=r"acme-two.*acme-one") as caught:
        load_plugins()
    assert caught.value.code == "plugin.name_taken"
