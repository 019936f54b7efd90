"""The funnel as it happens: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nextvisit.cli.tables import channel_table
from nextvisit.store.campaigns.report import Report


@dataclass(frozen=True, slots=True)
class Steps:
    """Says what is done, with the seconds since `began` (monotonic)."""

    console: Console
    began: float

    def done(self, text: str) -> None:
        """A finished step."""
        self.say(f"{time.monotonic() - self.began:6.1f} s  {text}")

    def more(self, text: str) -> None:
        """A line more about the step that was done last."""
        self.say(f"{'':8}  {text}")

    def say(self, text: str) -> None:
        """Something worth knowing."""
        self.console.print(f"  {text}", markup=False, highlight=False)


@dataclass(slots=True)
class FunnelDisplay:
    """Shows reports one after the other."""

    console: Console
    zone: ZoneInfo
    first: datetime
    note: str = ""
    _live: Live | None = None
    _said_day: int = -1

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, report: Report, now: datetime) -> None:
        """The present funnel; without a terminal one line for every second day."""
        day = (now - self.first).days
        if self._live is not None:
            self._live.update(self._frame(report, now, day))
        elif day // 2 > self._said_day:
            self._said_day = day // 2
            self.console.print(self._line(report, now, day), markup=False, highlight=False)

    def _line(self, report: Report, now: datetime, day: int) -> str:
        counts = " · ".join(
            f"{each.channel} {each.sent} sent, {each.opened} opened, {each.replied} replied"
            for each in report.channels
            if each.channel is not None
        )
        return (
            f"  day {day:2} ({now.astimezone(self.zone):%a %d.%m. %H:%M})"
            f"  enrolled {report.audience.enrolled}"
            f" · open {report.journeys.open} · {counts or 'nothing sent yet'} · booked {report.bookings.ours}"
        )

    def _frame(self, report: Report, now: datetime, day: int) -> Group:
        heading = Text(f"day {day} · {now.astimezone(self.zone):%A %d %B %Y, %H:%M}", style="bold")
        audience = report.audience
        people = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        people.add_row("enrolled", str(audience.enrolled), "contacted", str(audience.contacted))
        people.add_row("held out", str(audience.held_out), "waiting for their day", str(audience.over_pace))
        people.add_row("under way", str(report.journeys.open), "booked", str(report.bookings.ours))
        return Group(heading, people, channel_table(report), Text(self.note, style="dim"))
