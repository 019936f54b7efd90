"""Conformance kits. Subclass one, give it a peer, and pytest finds its tests in your class.

    class TestMyChannel(ChannelSuite):
        @asynccontextmanager
        async def peer(self): ...

Their assertions are rewritten by pytest like your own. May import the SDK and pytest; only tests and
benches may import it.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "nextvisit.sdk.testing.suites.channel",
    "nextvisit.sdk.testing.suites.mis",
    "nextvisit.sdk.testing.suites.reader",
)

from nextvisit.sdk.testing.suites.channel import ChannelPeer, ChannelSuite
from nextvisit.sdk.testing.suites.mis import MisAdapterSuite, MisPeer
from nextvisit.sdk.testing.suites.reader import IntentReaderSuite

__all__ = ["ChannelPeer", "ChannelSuite", "IntentReaderSuite", "MisAdapterSuite", "MisPeer"]
