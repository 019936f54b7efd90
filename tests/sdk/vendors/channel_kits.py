"""The kit for each of some channels for Pigeon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from nextvisit.sdk.testing.suites import ChannelPeer, ChannelSuite
from tests.sdk.vendors.peers import pigeon_peer
from tests.sdk.vendors.pigeon import CAPABILITIES
from tests.sdk.wrong import announced_in


def kit_of(channel: Any) -> type[ChannelSuite]:
    """A class as an author would write it."""

    class TestChannel(ChannelSuite):
        # What never comes back is not waited for as long as an author's busy machine is.
        deadline = timedelta(seconds=6 if getattr(channel, "hangs", False) else 30)

        @asynccontextmanager
        async def peer(self) -> AsyncIterator[ChannelPeer]:
            async with pigeon_peer(channel, getattr(channel, "capabilities", CAPABILITIES)) as peer:
                yield peer

    return TestChannel


def kits_of(module: dict[str, Any]) -> dict[str, type[ChannelSuite]]:
    """For the wrong ones of a module, under the names that pytest looks for."""
    return {f"Test{each.__name__}": kit_of(each) for each in announced_in(module)}
