"""How commands speak: a table for people, `--json` for programs, faults to standard error."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

_PIPE_WIDTH = 160
"""A pipe has no width, and whoever reads it by program or with grep wants a row in one line."""

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID() | Path():
            return str(value)
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case str() | int() | float() | bool() | None:
            return value
        case bytes():
            return value.hex()
        case Sequence() | set() | frozenset():
            return [plain(each) for each in value]
        case _:
            return str(value)


def emit_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def emit_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """A table, or the sentence `empty`."""
    if not rows:
        console.print(empty)
        return
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None)
    for place, column in enumerate(columns):
        # An id that is broken over lines cannot be copied into the next command.
        whole = any(isinstance(row[place], UUID | datetime) for row in rows)
        table.add_column(column, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(_cell(each) for each in row))
    console.print(table)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(plain(value))


def say(text: str) -> None:
    """A sentence for people."""
    console.print(text, markup=False)


def complain(text: str) -> None:
    """A sentence for people on standard error."""
    sys.stderr.write(f"{text}\n")
