"""docs/cli.md, written from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

from tests.cli.commands import Command, walk

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
EXAMPLE = re.compile(r"\n*Example: `(.+)`$")

# Said once, at the top of the page.
SHARED = {"config", "demo", "json", "by"}

HEAD = """# Commands

Written from the commands themselves by `tests/cli/page.py`; do not edit. `--help` behind any
of them says the same.

| option | where | meaning |
| --- | --- | --- |
| `--config FILE`, `-c` | whatever needs an installation | the settings file; else `NEXTVISIT_CONFIG`, else `/etc/nextvisit/nextvisit.yaml` |
| `--demo FOLDER` | whatever looks at an installation | a running demo instead of `--config`; else `NEXTVISIT_DEMO` |
| `--json` | whatever prints data | one JSON document on standard output |
| `--by NAME` | whatever is audited | your name; the account that ran the command stands beside it, and alone if you say nothing |

| ends with | meaning |
| --- | --- |
| 0 | done |
| 1 | checked and found wanting, or refused by the other side |
| 2 | the command was not understood |
| 3 | something has to be configured or corrected; the last line says where |
| 4 | a server does not answer; run it again |
| 70 | a bug of ours |
| 130 | stopped with Ctrl-C |
"""


def page() -> str:
    """The whole document."""
    parts = [HEAD]
    for command in walk():
        if len(command.words) > 1:
            parts += ["\n", *_section(command)]
    return "".join(parts)


def _section(command: Command) -> Iterator[str]:
    if command.is_group:
        yield f"## {command.line}\n\n{command.help}\n"
        return
    level = "##" if len(command.words) == 2 else "###"
    yield f"{level} {' '.join((command.line, *map(_argument, command.arguments)))}\n\n"
    yield f"{EXAMPLE.sub('', command.help)}\n"
    rows = [*map(_argument_row, command.arguments), *map(_option_row, command.options)]
    told = [row for row in rows if row]
    if told:
        yield "\n" + "".join(f"- {row}\n" for row in told)
    example = EXAMPLE.search(command.help)
    if example is not None:
        yield f"\n```sh\n{example[1]}\n```\n"


def _argument(argument: Any) -> str:
    name = str(argument.name).upper()
    many = "…" if argument.nargs == -1 else ""
    return f"{name}{many}" if argument.required else f"[{name}{many}]"


def _argument_row(argument: Any) -> str:
    return f"`{str(argument.name).upper()}`: {_sentence(argument.help)}"


def _option_row(option: Any) -> str:
    if option.name in SHARED or option.name == "help":
        return ""
    names = " / ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    plain = option.default in (None, False) or callable(option.default)
    default = "" if plain else f" Default: `{option.default}`."
    chosen = f"{_choices(option)}{default}"
    return f"{names}: {_sentence(option.help)}{chosen}" if option.help else f"{names}:{chosen}"


def _choices(option: Any) -> str:
    """Of an option that takes one of a few words."""
    of = option.type_descriptor.annotation
    if get_origin(of) is list:
        (of,) = get_args(of)
    is_enum = isinstance(of, type) and issubclass(of, Enum)
    words = [each.value for each in of] if is_enum else get_args(of)
    return f" One of {', '.join(f'`{word}`' for word in words)}." if words else ""


def _sentence(text: str) -> str:
    joined = " ".join(text.split()).rstrip(".")
    is_word = joined[1].islower() or joined[1] == " "
    return f"{joined[0].lower() if is_word else joined[0]}{joined[1:]}."
