"""Tables for people. Apart from the other words, because what draws them takes its time to load."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nextvisit.cli.output import plain, say
from nextvisit.desk.reports import Report
from nextvisit.sdk.printable import shown

_PIPE_WIDTH = 160
"""A pipe has no width, and whoever reads it by program or with grep wants a row in one line."""

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def emit_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    empty: str,
    zone: ZoneInfo | None = None,
) -> None:
    """A table, or the sentence `empty`. Instants are shown in `zone`, which their column's heading names."""
    if not rows:
        say(empty)
        return
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None)
    for place, column in enumerate(columns):
        # An id that is broken over lines cannot be copied into the next command.
        instants = any(isinstance(row[place], datetime) for row in rows)
        whole = instants or any(isinstance(row[place], UUID) for row in rows)
        heading = f"{column} ({zone})" if instants and zone is not None else column
        table.add_column(heading, overflow="fold", no_wrap=whole)
    for row in rows:
        # Not as rich's own markup, by which a value could be a link.
        table.add_row(*(Text(shown(_cell(each, zone))) for each in row))
    console.print(table)


def _cell(value: Any, zone: ZoneInfo | None) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(plain(value))


def channel_table(report: Report) -> Table:
    """Messages by channel."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("channel", "planned", "sent", "delivered", "opened", "replied", "skipped", "unknown"):
        table.add_column(column, justify="left" if column == "channel" else "right")
    for each in report.channels:
        table.add_row(
            "none possible" if each.channel is None else str(each.channel),
            *(
                str(count)
                for count in (
                    each.planned, each.sent, each.delivered, each.opened,
                    each.replied, each.skipped, each.unknown,
                )
            ),
        )  # fmt: skip
    return table
