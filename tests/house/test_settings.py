"""The example of the settings loads, shows every part, and every key of it is explained somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from nextvisit.install.plugins import load_plugins
from nextvisit.install.settings import Settings, load_settings
from tests.house.test_clock import models
from tests.house.tree import ROOT

EXAMPLE = ROOT / "config" / "nextvisit.example.yaml"
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


def keys(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key of a mapping, with those above it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*path, str(key))
            yield from keys(inner, (*path, str(key)))


def document() -> Any:
    return YAML(typ="safe").load(EXAMPLE)


# The operator's own words, not ours: names of connections and dates.
OWN_WORDS = {("mis", "clinic"), ("channels", "email"), ("channels", "sms"), ("site", "closed", "2026-12-24")}
WRITTEN = [path for path in keys(document()) if path not in OWN_WORDS]


def settings_models() -> dict[str, list[type[BaseModel]]]:
    """For each key of the models, the models that have it."""
    plugins = load_plugins()
    roots: list[type[BaseModel]] = [Settings]
    roots += [each.settings for each in plugins.mis_adapters.values()]
    roots += [each.settings for each in plugins.channels.values()]
    found: dict[str, list[type[BaseModel]]] = {}
    for model in {model for root in roots for model in models(root)}:
        for key in model.model_fields:
            found.setdefault(key, []).append(model)
    return found


MODELS = settings_models()


def test_the_example_loads() -> None:
    settings = load_settings(EXAMPLE)
    assert settings.booking_mis == "clinic"


def test_the_examples_connections_are_what_their_plugins_want() -> None:
    settings = load_settings(EXAMPLE)
    plugins = load_plugins(settings.pins)
    for connection in settings.mis.values():
        plugins.mis_adapters[connection.adapter].settings.model_validate(connection.settings)
    for channel in settings.channels.values():
        plugins.channels[channel.channel].settings.model_validate(channel.settings)


def test_the_example_shows_every_part_that_has_to_be_there() -> None:
    required = {key for key, field in Settings.model_fields.items() if field.is_required()}
    assert required <= set(document())


@pytest.mark.parametrize("path", WRITTEN, ids=[".".join(path) for path in WRITTEN])
def test_every_key_of_the_example_is_explained(path: tuple[str, ...]) -> None:
    """In docs/operate.md as `key`, or in the docstring of a model that has it."""
    key = path[-1]
    word = re.compile(rf"(?<![\w.]){re.escape(key)}(?!\w)")
    in_docs = f"`{key}`" in OPERATE or f"`{key}:" in OPERATE or f"`{'.'.join(path)}`" in OPERATE
    in_docstring = any(word.search(model.__doc__ or "") for model in MODELS.get(key, []))
    assert in_docs or in_docstring


def test_no_secret_stands_in_the_example() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for key in ("password", "token", "app", "owner"):
        for value in re.findall(rf"^\s*{key}: (.+)$", text, re.MULTILINE):
            assert value.startswith(("file:", "env:"))


def test_the_example_is_where_the_programs_look_for_it() -> None:
    assert Path("config/nextvisit.yaml").parent == EXAMPLE.relative_to(ROOT).parent
