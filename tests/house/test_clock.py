"""docs/decisions/0006: in production nothing sets the clock's pace. Only the demo can."""

from __future__ import annotations

import ast
import re
import types
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from nextvisit.install.plugins import load_plugins
from nextvisit.install.settings import Settings
from tests.cli.commands import Command, leaves
from tests.house.tree import name, python

PACE = re.compile(r"clock|factor|speed|scale|accelerat|virtual|(^|_)now($|_)|faster|pace_of")
PRODUCTION = [each for each in leaves() if each.words[1] != "demo"]

# Who may speak of a clock that is not the wall's.
MAY_SCALE = ("core/nextvisit/clock.py", "core/sandbox/nextvisit_demo/")
# NAME of each variable that our processes read → why it says nothing about time.
VARIABLES = {
    "NEXTVISIT_CONFIG": "which settings file",
    "NEXTVISIT_DEMO": "which demo's folder a command looks at; no role takes it",
    "NEXTVISIT_DATA_FOLDER": "of which folder a role opens nothing but its own",
    "NEXTVISIT_READY_FILE": "where a role says that it is ready",
    "NEXTVISIT_LEASE_HOLDER": "the name that a gateway holds its leases under",
}
# As they stand in the code; of others' variables: `SUDO_USER` is who became root, beside a name.
ASKED = {"READY_FILE", "LEASE_HOLDER", "DATA_FOLDER", "'SUDO_USER'"}


def models(model: type[BaseModel]) -> set[type[BaseModel]]:
    """A settings model and those inside it."""
    found = {model}
    for field in model.model_fields.values():
        for each in _types(field.annotation):
            if isinstance(each, type) and issubclass(each, BaseModel) and each not in found:
                found |= models(each)
    return found


def _types(annotation: Any) -> list[Any]:
    if isinstance(annotation, types.GenericAlias) or get_args(annotation):
        return [inner for each in get_args(annotation) for inner in _types(each)]
    return [annotation]


def test_no_setting_is_about_the_clock() -> None:
    plugins = load_plugins()
    roots: list[type[BaseModel]] = [Settings]
    roots += [each.settings for each in plugins.mis_adapters.values()]
    roots += [each.settings for each in plugins.channels.values()]
    every = {model for root in roots for model in models(root)}
    assert len(every) > 10
    assert [
        f"{model.__name__}.{key}" for model in every for key in model.model_fields if PACE.search(key)
    ] == []


@pytest.mark.parametrize("command", PRODUCTION, ids=[each.line for each in PRODUCTION])
def test_no_option_of_a_production_command_is_about_the_clock(command: Command) -> None:
    assert [name for name in command.option_names if PACE.search(name)] == []


@pytest.mark.parametrize("role", ["worker", "api", "gateway", "up"])
def test_a_role_knows_its_settings_file_and_no_more(role: str) -> None:
    (command,) = [each for each in leaves() if each.words[1:] == (role,)]
    assert command.option_names - {"--help"} <= {"--config", "-c", "--data"}


def test_no_environment_variable_is_read_but_the_known_ones() -> None:
    """`env:` references name variables too, but only as secrets."""
    read = set()
    for path, tree in python("core", "workflows", "plugins"):
        if name(path) == "core/nextvisit/sdk/settings.py":
            continue
        for node in ast.walk(tree):
            # `place.envvar` is an extension's, read where it is declared.
            if (
                isinstance(node, ast.keyword)
                and node.arg == "envvar"
                and ast.unparse(node.value) != "place.envvar"
            ):
                read.add(ast.literal_eval(node.value))
            if isinstance(node, ast.Constant) and re.fullmatch(r"NEXTVISIT_[A-Z_]+", str(node.value)):
                read.add(node.value)
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}:
                assert ast.unparse(node.args[0]) in ASKED, name(path)
            if isinstance(node, ast.Subscript):
                assert ast.unparse(node.value) != "os.environ", name(path)
    assert read == VARIABLES.keys()


def test_only_the_demo_makes_a_clock_that_is_not_the_walls() -> None:
    """The sandbox is the demo's other side and no part of the appliance."""
    found = {
        name(path)
        for path, tree in python("core", "workflows", "plugins")
        if "nextvisit_sandbox" not in path.parts
        for node in ast.walk(tree)
        if "ScaledClock"
        in (getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None))
    }
    assert found
    assert [each for each in found if not each.startswith(MAY_SCALE)] == []


def test_only_the_demos_role_passes_a_clock_to_a_role() -> None:
    passing = {
        name(path)
        for path, tree in python("core", "workflows")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("run_role")
        if any(keyword.arg == "clock" for keyword in node.keywords)
    }
    assert passing == {"core/sandbox/nextvisit_demo/role.py"}
