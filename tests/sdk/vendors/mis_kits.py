"""The kit for each of some adapters for Ambulo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from nextvisit.sdk.testing.suites import MisAdapterSuite, MisPeer
from tests.sdk.vendors.peers import ambulo_peer
from tests.sdk.wrong import announced_in


def kit_of(adapter: Any) -> type[MisAdapterSuite]:
    """A class as an author would write it."""

    class TestAdapter(MisAdapterSuite):
        # What never comes back is not waited for as long as an author's busy machine is.
        deadline = timedelta(seconds=6 if getattr(adapter, "hangs", False) else 30)

        @asynccontextmanager
        async def peer(self) -> AsyncIterator[MisPeer]:
            async with ambulo_peer(adapter) as peer:
                yield peer

    return TestAdapter


def kits_of(module: dict[str, Any]) -> dict[str, type[MisAdapterSuite]]:
    """For the wrong ones of a module, under the names that pytest looks for."""
    return {f"Test{each.__name__}": kit_of(each) for each in announced_in(module)}
