"""How much later than asked the event loop comes back: what holds it holds everybody whom the role serves."""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Histogram

_EVERY: Final = 0.5
_BUCKETS: Final = (0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)


async def keep_measuring(registry: CollectorRegistry) -> None:
    """Until it is cancelled."""
    lag = Histogram(
        "nextvisit_event_loop_lag_seconds",
        "How much later than asked this process's event loop came back.",
        buckets=_BUCKETS,
        registry=registry,
    )
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _EVERY
        await asyncio.sleep(_EVERY)
        lag.observe(max(0.0, loop.time() - due))
