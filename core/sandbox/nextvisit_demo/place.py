"""A running demo, opened by a command that looks at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nextvisit.clock import ScaledClock
from nextvisit.install.bootstrap import Appliance, open_appliance
from nextvisit.sdk.errors import ConfigError


@asynccontextmanager
async def open_demo(folder: Path) -> AsyncIterator[Appliance]:
    """On the demo's clock, which comes from its folder, and only for a site whose pages are on this machine.

    No option and no setting makes a real clinic's clock run faster. Raises ConfigError.
    """
    clock_file = folder / "clock.json"
    if not clock_file.exists():
        raise ConfigError("demo.missing", "no demo is running from this folder", place=str(folder))
    clock = ScaledClock.from_json(clock_file.read_text(encoding="utf-8"))
    async with open_appliance(folder / "nextvisit.yaml", clock=clock) as opened:
        if not opened.site.public_url.startswith("http://127.0.0.1:"):
            raise ConfigError("demo.not_local", "a demo's pages are on 127.0.0.1", place="site.public_url")
        yield opened
