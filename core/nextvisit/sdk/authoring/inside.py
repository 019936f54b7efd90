"""The process that `describe` begins: imports a plugin, and says what it provides or why it does not.

Run as `python -m nextvisit.sdk.authoring.inside MODULE [ROOT]`; answers by JSON. What a plugin prints goes to
standard error.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import inspect
import io
import json
import re
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, get_args

import pluggy

from nextvisit.sdk import hookspecs
from nextvisit.sdk.hookspecs import PROJECT, ChannelPlugin, IntentReaderPlugin, MisAdapterPlugin
from nextvisit.sdk.settings import PluginSettings, SecretRef

HOOKS: Final = {
    "mis_adapters": ("mis", MisAdapterPlugin),
    "channels": ("channel", ChannelPlugin),
    "intent_readers": ("reader", IntentReaderPlugin),
}
SLOW: Final = timedelta(seconds=10)
"""The roles wait for each plugin when they start."""
_SECRET: Final = re.compile(r"(^|_)(password|passphrase|secret|token|key|pin)$")
# Python's own words; what others say may quote what they were given.
_TOLD: Final = (ImportError, SyntaxError, NameError, AttributeError)

Fault = tuple[str, str, str]
"""What, where, right."""


class Broken(Exception):
    """It cannot be said what the module provides."""


def described(module_name: str) -> dict[str, Any]:
    """`provides`: of each plugin its kind, slug and settings. `wrong`: see `Fault`."""
    wrong: list[Fault] = []
    provides: list[dict[str, Any]] = []
    try:
        manager = _registered(module_name, wrong)
        for hook, (kind, made) in HOOKS.items():
            for plugin in _called(manager, hook, made):
                wrong += [(what, f"{plugin.slug}: {where}", right) for what, where, right in _faults(plugin)]
                provides.append(
                    {"kind": kind, "slug": plugin.slug, "settings": list(_fields(plugin.settings))}
                )
    except Broken as broken:
        wrong.append(broken.args[0])
    return {"provides": provides, "wrong": wrong}


def _registered(name: str, wrong: list[Fault]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        began, said = time.monotonic(), io.StringIO()
        with contextlib.redirect_stdout(said):
            module = importlib.import_module(name)
        wrong += _unquiet(name, said.getvalue(), timedelta(seconds=time.monotonic() - began))
        unmarked = [each for each in HOOKS if inspect.isroutine(getattr(module, each, None))]
        manager.register(module, name=name)
    except pluggy.PluginValidationError as error:
        raise Broken((str(error), name, "the arguments that docs/plugin_hooks.md has")) from error
    except (Exception, SystemExit) as error:
        raise Broken(
            (f"importing it failed with {_kind(error)}", _line(error, name), "it imports")
        ) from error
    known = set(HOOKS)
    callers = manager.get_hookcallers(module) or []
    for caller in callers:
        if not caller.has_spec():
            near = difflib.get_close_matches(caller.name, known, 1)
            right = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(sorted(known))}"
            raise Broken((f"there is no hook `{caller.name}`", name, right))
    if forgotten := sorted(set(unmarked) - {caller.name for caller in callers}):
        right = f"`@hookimpl` above `def {forgotten[0]}`, or another name"
        raise Broken((f"its function `{forgotten[0]}` is no hook", name, right))
    if not callers:
        raise Broken(("it implements no hook", name, "`@hookimpl` above each function that is one"))
    return manager


def _unquiet(name: str, said: str, took: timedelta) -> Iterator[Fault]:
    if said:
        yield (
            "importing it prints",
            name,
            "it prints nothing: what a command says may be JSON; log by structlog",
        )
    if took > SLOW:
        right = "it connects to nothing, and loads what is large when it is used"
        yield f"importing it took {took.total_seconds():.0f} s", name, right


def _called(manager: pluggy.PluginManager, hook: str, made: type[Any]) -> list[Any]:
    caller = getattr(manager.hook, hook)
    try:
        results = caller()
        found = [each for result in results for each in result]
    except (Exception, SystemExit) as error:
        raise Broken(
            (f"its hook {hook} failed with {_kind(error)}", _line(error, hook), "a sequence")
        ) from error
    if len(results) != len(caller.get_hookimpls()) or not all(isinstance(each, made) for each in found):
        right = f"a sequence of {made.__name__}"
        raise Broken((f"its hook {hook} returns something else", f"hook {hook}", right))
    return found


def _faults(plugin: Any) -> Iterator[Fault]:
    settings = plugin.settings
    if not (isinstance(settings, type) and issubclass(settings, PluginSettings)):
        yield "its settings are no PluginSettings", "settings", "class …Settings(PluginSettings)"
        return
    config = settings.model_config
    if config.get("extra") != "forbid":
        yield "an unknown key is no fault", settings.__name__, 'leave `extra="forbid"` as it is'
    if not config.get("hide_input_in_errors"):
        yield (
            "its faults quote what was set, perhaps a secret",
            settings.__name__,
            "leave model_config as it is",
        )
    for name, field in settings.model_fields.items():
        if _SECRET.search(name) and field.annotation is str and not _is_reference(field):
            right = "SecretRef, which says where the secret is; another name if it is none"
            yield f"`{name}` holds a secret itself", f"{settings.__name__}.{name}", right


def _fields(settings: Any) -> Iterator[dict[str, Any]]:
    if not (isinstance(settings, type) and issubclass(settings, PluginSettings)):
        return
    for name, field in settings.model_fields.items():
        kind = "SecretRef" if _is_reference(field) else _type(field.annotation)
        yield {"name": name, "type": kind, "required": field.is_required(), "says": field.description or ""}


def _is_reference(field: Any) -> bool:
    (check,) = get_args(SecretRef)[1:]
    return check in field.metadata


def _type(annotation: Any) -> str:
    return (
        annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
    )


def _kind(error: BaseException) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, _TOLD) else name


def _line(error: BaseException, instead: str) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    ours = [
        each for each in traceback.extract_tb(error.__traceback__)
        if each.filename != __file__ and "importlib" not in each.filename and "pluggy" not in each.filename
    ]  # fmt: skip
    return f"{ours[-1].filename}:{ours[-1].lineno}" if ours else instead


if __name__ == "__main__":
    sys.path[:0] = sys.argv[2:]
    with contextlib.redirect_stdout(sys.stderr):
        said = described(sys.argv[1])
    sys.stdout.write(json.dumps(said))
