"""Tables that more than one command prints."""

from __future__ import annotations

from rich.table import Table

from nextvisit.store.campaigns.report import Report


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
